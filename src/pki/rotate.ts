import { IoError } from '../io/io-error.ts';
import { fresh, markOf, place, spread } from './authority.ts';
import { AUTHORITIES, type AuthorityName, type Issued, type Kept, liveIn, type State } from './state.ts';
import type { Store } from './store.ts';

/** Lines of what a command has done, and what the user does now. */
export interface Outcome {
  done: string[];
  next: string;
}

const said = ({ folder, pair, ends }: Issued) => `${folder}/${pair}.crt, until ${ends.slice(0, 10)}`;

/** Days that a CA is good for. */
export const CA_DAYS = 3650;

const ORDER = 'one host at a time, each when the one before is healthy';

async function anew(store: Store, certificates: readonly Issued[], now: Date): Promise<string[]> {
  const lines: string[] = [];
  for (const { folder, pair, wish, days } of certificates)
    lines.push(`issued ${said(await place(store, { folder, pair, wish, days }, now))}`);
  return lines;
}

/** New keys and certificates in the place of those that end within these days. */
export async function renew(store: Store, within: number, now: Date): Promise<Outcome> {
  const due = AUTHORITIES.flatMap((name) => liveIn(store.state(name))).filter(
    ({ ends }) => Date.parse(ends) - now.getTime() < within * 86_400_000,
  );
  const done = await anew(store, due, now);
  const next =
    done.length > 0 ? 'Bring the files to their hosts: programs read them at each connection.' : 'None is due.';
  return { done, next };
}

/**
 * The next of three steps from one CA to another: both are trusted; the new one signs; the former is dropped. Between them the user brings files to
 * hosts, for who does not trust both loses its peers.
 *
 * @param own the user's own next CA, for the first step
 */
export function rotateAuthority(store: Store, name: AuthorityName, own: Kept | undefined, now: Date): Promise<Outcome> {
  const state = store.state(name);
  if (own && (state.next || state.old))
    throw new IoError(`The CA for ${name} is being rotated already.`, 'Finish that first: without --existing.');
  if (state.next) return sign(store, name, state, state.next, now);
  return state.old ? drop(store, name, state, now) : trust(store, name, state, own, now);
}

async function trust(
  store: Store,
  name: AuthorityName,
  state: State,
  own: Kept | undefined,
  now: Date,
): Promise<Outcome> {
  if (state.sign !== undefined && own === undefined)
    throw new IoError(
      `A command signs for ${name}: its next CA is not made here.`,
      'Give its certificate: --existing FILE.',
    );
  if (own?.key === undefined && own && state.sign === undefined)
    throw new IoError(`There is no key to sign for ${name} with.`, `Give it: --existing ${name}=CERT,KEY.`);
  const next = own ?? (await fresh(state.title, name, CA_DAYS, now));
  await store.save(name, { ...state, next });
  await spread(store, name, now);
  return {
    done: [`1 of 3: made the next CA for ${name}; both are in the bundles`],
    next: `Bring the bundles to all hosts and clients, and restart what reads them, ${ORDER}. Then run this again.`,
  };
}

async function sign(store: Store, name: AuthorityName, state: State, next: Kept, now: Date): Promise<Outcome> {
  const { next: _, ...rest } = state;
  await store.save(name, { ...rest, current: next, old: state.current.cert });
  await spread(store, name, now);
  return {
    done: [`2 of 3: the next CA for ${name} signs now`, ...(await anew(store, liveIn(store.state(name)), now))],
    next: 'Bring the certificates and keys to their hosts. Then run this again.',
  };
}

async function drop(store: Store, name: AuthorityName, state: State, now: Date): Promise<Outcome> {
  const by = markOf(state.current.cert);
  // It was killed before all were issued.
  const left = liveIn(state).filter((one) => one.by !== by);
  if (left.length > 0) {
    return {
      done: [`2 of 3: the next CA for ${name} signs now`, ...(await anew(store, left, now))],
      next: 'Bring the certificates and keys to their hosts. Then run this again.',
    };
  }
  const { old: _, ...rest } = state;
  await store.save(name, rest);
  await spread(store, name, now);
  return {
    done: [`3 of 3: the former CA for ${name} is no longer in the bundles`],
    next: `Bring the bundles to all hosts and clients, and restart what reads them, ${ORDER}.`,
  };
}
