import { isMember, isReplaced } from './guard.ts';
import type { Program } from './program.ts';
import { knowsAnybody } from './running.ts';
import { urlOf } from './settings.ts';
import { breach, type Host, volumeOf, type World } from './world.ts';

/**
 * Whether a host has the data of a member of a cluster, and nothing that is true speaks against its start: its gate may be held back by
 * nobody.
 */
export function mayRun(world: World, program: Program): boolean {
  const { host } = program;
  const volume = volumeOf(host);
  const { log, identity } = volume;
  if (log === undefined || !isMember(world, log)) return false;
  if (identity?.phase !== 'launched' || identity.machineId !== host.root.machineId) return false;
  const { record, memberId, peerUrl } = identity;
  // Of a launch that was given up: whose the log is only the file outside it tells.
  if (memberId === undefined && host.root.place && host.root.place.memberId !== log.memberId) return false;
  if ((record?.cluster_id ?? log.clusterId) !== log.clusterId || (memberId ?? log.memberId) !== log.memberId)
    return false;
  if (peerUrl !== undefined && peerUrl !== urlOf(world, host.address)) return false;
  if (world.retired.has(identity.incarnation) || world.rolledBack.has(log.clusterId)) return false;
  if (world.discovery === 'srv' && !world.agreed.has(log.clusterId)) return false;
  return !isReplaced(world, { own: record, cluster: log.clusterId });
}

/**
 * In plain http, where everybody may listen at the port of a host whose etcd is down, and no true member can be reached that says
 * otherwise, where this host knows of one: nobody can tell.
 */
export function isOverheard(world: World, host: Host, { clusterId }: { clusterId: string }): boolean {
  return world.scheme === 'http' && world.strangers.size > 0 && !knowsAnybody(world, host, clusterId);
}

/** A gate that naps over the data of a member is held back by words. */
export function guardNap(world: World, program: Program): void {
  if (program.kind !== 'gate' || !program.isAlive || !mayRun(world, program)) return;
  const { log } = volumeOf(program.host);
  if (log && isOverheard(world, program.host, log)) program.mayRun = false;
  if (!program.mayRun) return;
  const said = program.host.said.get('gate');
  breach(world, `${program.host.name} has the data of a member, and does not start: ${said}`);
}
