import type { Identity } from '../shared/identity.ts';
import { ConsulError, type Data, type Place, type Ports } from '../shared/ports.ts';
import { lineageOf } from '../shared/record.ts';
import { type Settings, tagOf } from '../shared/settings.ts';

export function serviceId(settings: Settings, type: 'server' | 'client'): string {
  return `${settings.name}-${type}`;
}

/** A disk's state as its host says it. Launched without data: about to start, or the data is gone. */
function stateOf(
  { state }: Data,
  { phase }: Identity,
  place: Place | undefined,
  isMissing: boolean | undefined,
): string {
  if (state === 'log') return 'member';
  if (isMissing) return 'missing';
  return state === 'remains' ? 'remains' : phase === 'launched' || place !== undefined ? 'launched' : 'empty';
}

/**
 * The registration as a server: this host is there. No check depends on etcd, which does not run before all are there; a dead
 * host leaves the answers by Consul's own node check.
 *
 * @param isMissed the catalog does not have it. An agent (1.14.11) that is told the same again takes for granted that it has told the
 * catalog, and looks only a minute or two later: what it could not tell has to differ.
 */
export async function putRegistration(
  settings: Settings,
  { consul, disk, clock }: Ports,
  isMissed = false,
): Promise<void> {
  const data = disk.data();
  const identity = disk.identity();
  const place = data.state === 'log' ? undefined : disk.place();
  const here = data.state !== 'log' && (place || settings.volume) ? disk.here() : undefined;
  const location = here?.location;
  const isMissing = (place && place.location !== location) || (settings.volume && here?.mounted === false);
  const { incarnation, record, memberId, nonce, seen } = identity;
  // The disk of this incarnation was here, and is here no more, or without its log: wiped, not lost.
  const isWiped =
    place !== undefined && place.location === location && !(disk.mark() === nonce && place.nonce === nonce);
  await consul.register({
    ID: serviceId(settings, 'server'),
    Name: 'etcd3',
    Tags: [tagOf(settings, 'server')],
    Address: settings.address,
    Port: settings.peerPort,
    Meta: {
      incarnation,
      state: stateOf(data, identity, place, isMissing),
      size: String(settings.size),
      scheme: settings.scheme,
      cid: record?.cluster_id ?? '',
      lineage: record ? lineageOf(record) : (place?.lineage ?? ''),
      member: data.state === 'log' ? data.memberId : (memberId ?? ''),
      wiped: isWiped ? place.incarnation : '',
      former: isWiped ? place.memberId : '',
      ...(seen && { seen }),
      ...(isMissed && { again: String(clock.now()) }),
    },
  });
}

/** The outcome, or why Consul did not say. */
export function orCause<T>(work: Promise<T>): Promise<T | string> {
  return work.catch((error: unknown) => {
    if (error instanceof ConsulError) return error.message;
    throw error;
  });
}
