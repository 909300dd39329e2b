import { memberIdOf } from '../sidekick/shared/record.ts';
import { type ClusterView, holdersOf, type MemberView } from './cluster.ts';
import { type Host, REMOVAL } from './hosts.ts';
import type { Reason } from './operator-error.ts';

type View = Pick<ClusterView, 'members' | 'known' | 'hosts'>;

const nameOf = ({ name, id }: MemberView) => name || id;

const incarnationsOf = (hosts: readonly Host[]): string[] => [
  ...new Set(hosts.flatMap(({ meta }) => meta.incarnation ?? [])),
];

/** Disks that a member was launched on by the records of this cluster. */
function recordedFor({ id }: MemberView, { known }: View): string[] {
  const listed = known.records.flatMap((record) =>
    record.members.filter(({ incarnation }) => memberIdOf(record, incarnation) === id),
  );
  return [...new Set(listed.map(({ incarnation }) => incarnation))];
}

/** Hosts that hold a member, or are where it is. */
const hostsFor = (member: MemberView, hosts: readonly Host[]): Host[] => [
  ...holdersOf(member, hosts),
  ...hosts.filter(({ node, peerUrl }) => node === member.name || member.peerUrls.includes(peerUrl)),
];

/** Another that has this disk by any word, and by which; undefined when nobody has. */
function otherOn(disk: string, member: MemberView, view: View): string | undefined {
  const own = hostsFor(member, view.hosts);
  for (const other of view.members) {
    if (other.id === member.id) continue;
    if (recordedFor(other, view).includes(disk)) return `${nameOf(other)}, by the record`;
    const host = hostsFor(other, view.hosts).find((one) => one.meta.incarnation === disk && !own.includes(one));
    if (host !== undefined) return `${nameOf(other)}, by the registration of ${host.node}`;
  }
  const others = view.hosts.filter((host) => host.meta.incarnation === disk && !own.includes(host));
  return others[0] && `the host ${others[0].node}, by its registration`;
}

const remedyFor = (hosts: readonly string[]) =>
  `Anybody may have written it: restart etcd-register-server.service on ${hosts.join(' and ')}, which puts its own words back, and run the command again. Where a host is gone, remove its entry from Consul's catalog, with its NODE and ID: ${REMOVAL}`;

/** Why what Consul says of a member's disk cannot be right; undefined when all words agree. */
export function disputeOver(member: MemberView, view: View): Reason | undefined {
  const about = nameOf(member);
  const holders = holdersOf(member, view.hosts);
  const [first, second] = incarnationsOf(holders);
  if (second !== undefined) {
    const why = `${holders.map(({ node }) => node).join(' and ')} both say that they hold it, on different disks`;
    return { about, why, remedy: 'End the one that is a copy, and restart etcd-register-server on the other.' };
  }
  const recorded = recordedFor(member, view);
  // A member ID is of one launch on one disk: a host that was wiped joins as another member.
  const disagreeing = recorded.find((one) => first !== undefined && one !== first);
  if (disagreeing !== undefined) {
    const why = `its host says that it runs on the disk ${first}, and the record that it was launched on ${disagreeing}`;
    return { about, why, remedy: remedyFor(holders.map(({ node }) => node)) };
  }
  const disk = diskOf(member, view);
  const other = disk === undefined ? undefined : otherOn(disk, member, view);
  if (other === undefined) return undefined;
  const why = `the disk ${disk} is said to be its own, and that of ${other}`;
  const hosts = view.hosts.filter(({ meta }) => meta.incarnation === disk).map(({ node }) => node);
  return { about, why, remedy: remedyFor([...new Set([...holders.map(({ node }) => node), ...hosts])]) };
}

/**
 * The incarnation of the disk that the member runs on, as far as anybody knows: by the host that says that it holds this very member,
 * or by the record that made it. Never that of a host which only has its address or name.
 */
export function diskOf(member: MemberView, view: View): string | undefined {
  const [first] = incarnationsOf(holdersOf(member, view.hosts));
  const former = view.hosts.find(({ meta }) => meta.former === member.id)?.meta.wiped;
  return first ?? recordedFor(member, view)[0] ?? former;
}

/** Each member of whose disk Consul says two things, as a line. */
export const disputes = (view: View): string[] =>
  view.members.flatMap((member) => {
    const found = disputeOver(member, view);
    return found === undefined ? [] : [`${found.about}: ${found.why}`];
  });
