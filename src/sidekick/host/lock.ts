import { keyPrefix } from '../shared/keys.ts';
import { type Agent, checked } from './agent.ts';
import { fromBase64 } from './catalog.ts';
import { fieldsOf, listOf, textOf } from './json.ts';

/** Milliseconds that one and the same holder may keep others waiting: a change takes a few seconds. */
const HOLDER = 60_000;
/** And all of them together: a whole cluster changes in less. */
const ALL = 300_000;
/** The session of a host that goes on without the join lock. */
const beside = 'beside:';

/**
 * The join lock of a cluster. It only keeps hosts out of each other's way: safety does not rest on it, and whoever may
 * write there may hold it. So it delays, and never blocks.
 */
export class Lock {
  readonly #agent: Agent;
  readonly #key: string;
  readonly #now: () => number;
  /** Since when, and until when, it has been waited for any holder. */
  #waits = { since: 0, until: Number.NEGATIVE_INFINITY };
  #holder = { is: '', since: 0 };

  constructor(agent: Agent, cluster: string, now: () => number) {
    this.#agent = agent;
    this.#key = `/v1/kv/${keyPrefix(cluster)}lock`;
    this.#now = now;
  }

  /** The session, or undefined while another is waited for. */
  async acquire(owner: string, session?: string): Promise<string | undefined> {
    const id = session?.startsWith(beside) ? undefined : session;
    if (id !== undefined && (await this.#put(`/v1/session/renew/${id}`, '', [404])).status === 404) return undefined;
    if (id === undefined) {
      const held = await this.#read();
      // A gate that was killed leaves its own behind, which Consul would keep for up to twice its time.
      if (held?.owner === owner) await this.release(held.session);
      else if (held !== undefined) return this.#wait(held, session);
    }
    const mine = id ?? (await this.#create(owner));
    if ((await this.#put(`${this.#key}?acquire=${mine}`, owner)).body.trim() === 'true') return mine;
    await this.release(mine);
    return undefined;
  }

  /** Ends the session, and with it the join lock. */
  async release(session: string): Promise<void> {
    if (!session.startsWith(beside)) await this.#put(`/v1/session/destroy/${session}`);
  }

  #put(path: string, body = '', others: readonly number[] = []) {
    return this.#agent.request(path, { method: 'PUT', body }, others);
  }

  async #create(owner: string): Promise<string> {
    // No check of the node: Consul makes that one minutes after it has heard of a wiped host.
    // As good as no delay, which Consul's documents do not allow.
    const terms = { Name: `etcd-ready ${owner}`, TTL: '15s', LockDelay: '1ms', NodeChecks: [] };
    const reply = await this.#put('/v1/session/create', JSON.stringify(terms));
    return checked(reply, (value) => sessionOf(fieldsOf(value, 'the session').ID));
  }

  async #read(): Promise<{ owner: string; session: string; modified: string } | undefined> {
    const reply = await this.#agent.request(`${this.#key}?consistent`, {}, [404]);
    if (reply.status === 404) return undefined;
    return checked(reply, (value) => {
      const { Session, Value, ModifyIndex } = fieldsOf(listOf(value, 'the lock', 1)[0], 'the lock');
      if (Session === undefined || Session === '') return undefined;
      return { owner: fromBase64(Value, 'the lock'), session: sessionOf(Session), modified: String(ModifyIndex) };
    });
  }

  /** Of another's lock: its turn, or, once it has had it for too long, a session in name only. */
  #wait({ session, modified }: { session: string; modified: string }, mine: string | undefined): string | undefined {
    const now = this.#now();
    if (now - this.#waits.until > HOLDER) this.#waits.since = now;
    this.#waits.until = now;
    const is = `${beside}${session} ${modified}`;
    if (this.#holder.is !== is) this.#holder = { is, since: now };
    if (mine === is || now - this.#holder.since >= HOLDER || now - this.#waits.since >= ALL) return is;
    return undefined;
  }
}

function sessionOf(value: unknown): string {
  return textOf(value, 'the ID of a session', /^[\w-]{1,64}$/);
}
