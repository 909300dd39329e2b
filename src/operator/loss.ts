import { readKeys } from '../sidekick/shared/consul.ts';
import type { ClusterRecord } from '../sidekick/shared/record.ts';
import { addressIn, type Settings } from '../sidekick/shared/settings.ts';
import { nearest } from '../spec/suggest.ts';
import { type Departed, type Host, readDeparted, readHosts } from './catalog.ts';
import type { Reason } from './operator-error.ts';
import { type Answer, probePort } from './probe.ts';

/** All that can be seen of where data may be left. */
export interface Situation {
  record: ClusterRecord | undefined;
  /** Consul's ModifyIndex of the record; 0 when there is none. */
  modified: number;
  /** Incarnations of retired disks. */
  retired: string[];
  /** Every registered host, alive or not. */
  hosts: Host[];
  /** Machines that have left Consul, members of this cluster or not. */
  departed: Departed[];
  /** What the peer ports of hosts and of the record's members say, by `address:port`. */
  answers: Record<string, Answer>;
}

function portOf(url: string): string {
  return `${addressIn(url)}:${new URL(url).port}`;
}

/** Looks at Consul, then at every peer port that there is or was. */
export async function look(settings: Settings): Promise<Situation> {
  const [{ value }, hosts, departed] = await Promise.all([
    readKeys(settings.cluster),
    readHosts(settings),
    readDeparted(),
  ]);
  const members = value.record?.members.map((member) => portOf(member.peer_url)) ?? [];
  const ports = [...new Set([...hosts.map(({ address, port }) => `${address}:${port}`), ...members])];
  const answers = ports.map(async (port) => {
    const [address = '', number = ''] = port.split(':');
    return [port, await probePort(address, Number(number))] as const;
  });
  return { ...value, hosts, departed, answers: Object.fromEntries(await Promise.all(answers)) };
}

const running = (port: string) => ({
  why: `something listens at its peer port ${port}: etcd runs there`,
  remedy: 'Nothing is lost while etcd has its data. docs/operations.md says how to save it, and then move it away.',
});

function againstHost({ node: about, address, port, alive, meta }: Host, seen: Situation, lost: string[]): Reason[] {
  const at = `${address}:${port}`;
  if (seen.answers[at] === 'answers') return [{ about, ...running(at) }];
  const state = meta.state ?? 'unknown';
  if (!alive) {
    if (lost.includes(about)) return [];
    const why = `it is registered but not alive; when it was last seen its state was \`${state}\``;
    return [{ about, why, remedy: `Start it, or, if the machine and its disk are destroyed, say so: --lost ${about}` }];
  }
  if (lost.includes(about)) {
    const remedy = `Leave out --lost ${about}: it is for machines that are destroyed.`;
    return [{ about, why: 'it is alive, and named as lost', remedy }];
  }
  if (state === 'member') {
    const remedy =
      'Start etcd on it; or, if its data is gone, let it say so: systemctl restart etcd-register-server. ' +
      'docs/operations.md says how to save data, and then move it away.';
    return [{ about, why: `it has data of cluster ${meta.cid || 'unknown'}`, remedy }];
  }
  if (state !== 'empty' && state !== 'launched') {
    const remedy = 'Restart etcd-register-server.service on it.';
    return [{ about, why: `it does not say whether it has data (state \`${state}\`)`, remedy }];
  }
  if (seen.answers[at] === 'closed') return [];
  const why = `it is alive, but its peer port ${at} cannot be reached from here: etcd may run there`;
  return [{ about, why, remedy: 'Run the command where members reach each other: on one of the hosts.' }];
}

/** Members of the old list of whom Consul knows nothing, by name or by disk. */
export function absentMembers({ record, hosts }: Situation): ClusterRecord['members'] {
  const isThere = (name: string, incarnation: string) =>
    hosts.some(({ node, meta }) => node === name || meta.incarnation === incarnation);
  return record?.members.filter(({ name, incarnation }) => !isThere(name, incarnation)) ?? [];
}

/** Members of the old list in whose name another machine is there now, at another address and with another disk. */
export function formerMembers({ record, hosts }: Situation): ClusterRecord['members'] {
  const isItself = (member: ClusterRecord['members'][number], { meta, peerUrl }: Host) =>
    meta.incarnation === member.incarnation || peerUrl === member.peer_url;
  const named = record?.members.filter(({ name }) => hosts.some(({ node }) => node === name)) ?? [];
  return named.filter((member) => !hosts.some((host) => isItself(member, host)));
}

/**
 * Everything that speaks against all data being lost, as far as can be seen. Pure.
 *
 * @param lost hosts that the operator says are destroyed with their disks
 */
export function reasonsAgainstLoss(seen: Situation, lost: string[]): Reason[] {
  const reasons = seen.hosts.flatMap((host) => againstHost(host, seen, lost));
  const absent = absentMembers(seen);
  const taken = new Set(seen.hosts.map(({ address, port }) => `${address}:${port}`));
  for (const { name: about, peer_url } of absent) {
    const port = portOf(peer_url);
    if (seen.answers[port] === 'answers' && !taken.has(port)) {
      reasons.push({ about, ...running(port) });
    } else if (!lost.includes(about)) {
      const remedy = `Start it, or, if the machine and its disk are destroyed, say so: --lost ${about}`;
      reasons.push({ about, why: 'it is a member of the old list and is not registered', remedy });
    }
  }
  const names = [...seen.hosts, ...seen.departed].map(({ node }) => node);
  const known = [...new Set([...names, ...absent.map(({ name }) => name)])].sort();
  for (const about of lost.filter((name) => !known.includes(name))) {
    const meant = nearest(about, known);
    const remedy = `${meant ? `Did you mean ${meant}? ` : ''}Known are ${known.join(', ') || 'none'}.`;
    reasons.push({ about, why: 'no such host is known, and it is named as lost', remedy });
  }
  return reasons;
}

/** Machines of which nobody can say any more whether they held data: the operator has to know. */
export function unknownMachines({ departed, hosts, record }: Situation): Departed[] {
  const known = [...hosts.map(({ node }) => node), ...(record?.members.map(({ name }) => name) ?? [])];
  return departed.filter(({ node }) => !known.includes(node));
}

/** Hosts that may be members of a new list: alive, without data, not retired. */
export function candidatesOf({ hosts, retired }: Situation): Host[] {
  const may = ({ alive, meta }: Host) => alive && ['empty', 'launched'].includes(meta.state ?? '');
  return hosts.filter((host) => may(host) && !retired.includes(host.meta.incarnation ?? ''));
}

/**
 * That candidates differ from each other, and speak the scheme of the spec.
 *
 * @param size what they all have to be booted for; without it any size will do, as after growing
 */
export function reasonsAgainstCandidates(candidates: Host[], { scheme }: Settings, size?: number): Reason[] {
  const reasons: Reason[] = [];
  for (const { node: about, meta } of candidates) {
    const wanted = size ?? meta.size;
    if (meta.size === String(wanted) && meta.scheme === scheme) continue;
    const why = `it was booted for size ${meta.size} and ${meta.scheme}, the spec says ${wanted} and ${scheme}`;
    reasons.push({ about, why, remedy: 'Give the spec that the hosts were booted with, or boot them with this one.' });
  }
  for (const [what, of] of [
    ['name', (host: Host) => host.node],
    ['address', (host: Host) => host.peerUrl],
    ['disk', (host: Host) => host.meta.incarnation ?? ''],
  ] as const) {
    for (const [index, host] of candidates.entries()) {
      const other = candidates.slice(0, index).find((earlier) => of(earlier) === of(host));
      if (other === undefined) continue;
      const why = `it and ${other.id} are registered with the same ${what} (${of(host)})`;
      reasons.push({ about: host.id, why, remedy: 'Give each host its own name, address and disk.' });
    }
  }
  return reasons;
}
