import { launchKey } from '../shared/keys.ts';
import type { Member, Ports } from '../shared/ports.ts';
import { type ClusterRecord, initialCluster, lineageOf } from '../shared/record.ts';
import { discoveryDomain, peerUrl, type Settings } from '../shared/settings.ts';
import { orCause, putRegistration } from './registration.ts';

/** The member that etcd is started as, from an empty log. */
export interface Launched {
  record: ClusterRecord;
  memberId: string;
}

/**
 * Spends the launch of a member: once on this disk, once outside the data directory, once in Consul. Whether it could be spent tells
 * only reading Consul again: false when another disk was that member before. Interrupted at any point it begins again.
 */
export async function spend(settings: Settings, ports: Ports, { record, memberId }: Launched): Promise<boolean> {
  const { consul, disk } = ports;
  const identity = disk.identity();
  const isAgain = identity.memberId === memberId && disk.mark() === identity.nonce;
  const nonce = (isAgain && identity.nonce) || ports.random();
  // Remains of this very launch, or, where a verified cluster has added this host, of another life.
  if (disk.data().state === 'remains') {
    // First: what is moved may be all that says so.
    if (isAgain) disk.setMark(nonce);
    disk.setAside(isAgain ? nonce : (identity.memberId ?? 'unknown'));
  }
  disk.setMark(nonce);
  const { incarnation, machineId } = identity;
  const at = peerUrl(settings, settings.address, settings.peerPort);
  const since = ports.clock.date();
  disk.saveIdentity({ incarnation, machineId, phase: 'launched', record, memberId, peerUrl: at, nonce, since });
  const lineage = lineageOf(record);
  disk.savePlace({ ...disk.here(), incarnation, nonce, memberId, lineage, generation: record.generation });
  const key = launchKey(settings.cluster, lineage, memberId);
  const spent = consul.put(key, JSON.stringify({ nonce, log: false }), 0).then(() => consul.keys());
  // From now on this host is no candidate for another list, should Consul lose this one.
  const [{ value }] = await Promise.all([spent, orCause(putRegistration(settings, ports))]);
  return value.find((entry) => entry.key === key)?.value === JSON.stringify({ nonce, log: false });
}

/** One of the members that the record lists. Throws when a snapshot that it starts from cannot be used. */
export function startNew(settings: Settings, { disk }: Ports, { record }: Launched): void {
  if (record.snapshot !== undefined) {
    disk.restore(record);
    disk.decide({ ETCD_INITIAL_CLUSTER_STATE: 'existing' });
    return;
  }
  const list =
    settings.discovery === 'srv'
      ? { ETCD_DISCOVERY_SRV: discoveryDomain(settings) }
      : { ETCD_INITIAL_CLUSTER: initialCluster(record) };
  disk.decide({ ...list, ETCD_INITIAL_CLUSTER_TOKEN: record.token, ETCD_INITIAL_CLUSTER_STATE: 'new' });
}

/** A member that was added. The list must be the cluster's own; names do not count in it, but must not be the same. */
export function startExisting({ name: own }: Settings, { disk }: Ports, memberId: string, members: Member[]): void {
  const name = (member: Member) => (member.id === memberId ? own : `member-${member.id}`);
  const list = members.flatMap((member) => member.peerUrls.map((url) => `${name(member)}=${url}`));
  disk.decide({ ETCD_INITIAL_CLUSTER: list.join(','), ETCD_INITIAL_CLUSTER_STATE: 'existing' });
}
