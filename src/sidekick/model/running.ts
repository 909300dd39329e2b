import type { Wal } from './log.ts';
import { type Host, volumeOf, type World } from './world.ts';

/** The logs of a cluster's running members, of all or of those in one net. */
export function running(world: World, cluster: string, net?: number): Wal[] {
  const wals: Wal[] = [];
  for (const { etcd, net: at } of world.hosts) {
    if (etcd?.wal.clusterId === cluster && (net === undefined || at === net)) wals.push(etcd.wal);
  }
  return wals;
}

/** Members that run at one of these peer URLs, and can be asked. */
export function knowers(world: World, host: Host, cluster: string, urls: readonly string[]): Wal[] {
  return world.hosts.flatMap(({ etcd, net }) => {
    const isThere = etcd?.wal.clusterId === cluster && net === host.net && urls.includes(etcd.url);
    return etcd && isThere ? [etcd.wal] : [];
  });
}

/** Whether a member runs where the file beside a host's data, which may have gone back, has its cluster's members. */
export function knowsAnybody(world: World, host: Host, cluster: string): boolean {
  const { list, record } = volumeOf(host).identity ?? {};
  const urls = list?.members.flatMap(({ peer_urls: those }) => those) ?? record?.members.map((one) => one.peer_url);
  return knowers(world, host, cluster, urls ?? []).length > 0;
}
