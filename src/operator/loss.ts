import { visible } from '../sidekick/host/text.ts';
import { allRecords, type Keys, sortKeys } from '../sidekick/shared/keys.ts';
import { addressIn, type Settings } from '../sidekick/shared/settings.ts';
import { nearest } from '../spec/suggest.ts';
import {
  accountable,
  called,
  isDiskOf,
  isLost,
  isRetired,
  isRetiredDisk,
  saidEmpty,
  saysNow,
  saysOfDisk,
} from './account.ts';
import type { Machine, OperatorPorts, Probe } from './host/ports.ts';
import { type Host, sortHosts } from './hosts.ts';
import { type Known, type KnownMember, knownOf } from './known.ts';
import type { Reason } from './operator-error.ts';

/** All that can be seen of where data may be left. */
export interface Situation {
  keys: Keys;
  /** Every registered host, alive or not. */
  hosts: Host[];
  /** Registrations that no host of this cluster can have made. */
  odd: Reason[];
  /** Machines that have left Consul, members of this cluster or not. */
  departed: Machine[];
  /** The words of the peer ports of hosts and members, by `address:port`. */
  answers: Record<string, Probe>;
  /** Seconds since 1970. */
  now: number;
}

function portOf(url: string): string {
  return `${addressIn(url)}:${new URL(url).port}`;
}

/** Every peer URL that Consul's keys name: of whichever lineage, to be asked who is there. */
function urlsIn(keys: Keys): string[] {
  const found = allRecords(keys);
  const listed = [...keys.lists.values()].flatMap(({ list }) => list.members.flatMap((member) => member.peer_urls));
  return [...found.flatMap(({ record }) => record.members.map((member) => member.peer_url)), ...listed];
}

/** Anybody may write into the catalog that a host is well, and has no data: its agent is asked as well. */
const isThere = ({ node, address }: Host, machines: readonly Machine[]) =>
  machines.some((machine) => machine.alive && machine.node === node && machine.address === address);

/** Looks at Consul, then at every peer port that there is or was. */
export async function look(settings: Settings, { consul, etcd, clock }: OperatorPorts): Promise<Situation> {
  const [read, registrations, machines] = await Promise.all([consul.keys(), consul.registrations(), consul.machines()]);
  const keys = sortKeys(settings.cluster, read.value);
  const { hosts: entries, odd } = sortHosts(settings, registrations);
  const hosts = entries.map((host) => ({ ...host, alive: host.alive && isThere(host, machines) }));
  const departed = machines.filter(({ alive }) => !alive);
  const ports = new Set([...hosts.map(({ address, port }) => `${address}:${port}`), ...urlsIn(keys).map(portOf)]);
  const answers = [...ports].map(async (port) => {
    const [address = '', number = ''] = port.split(':');
    return [port, await etcd.probe(address, Number(number))] as const;
  });
  const said = Object.fromEntries(await Promise.all(answers));
  return { keys, hosts, odd, departed, answers: said, now: clock.date() };
}

const saving =
  'docs/operations.md, "A majority is lost, and a disk with data is left", says how to save it and move it away.';

const running = (port: string) => ({
  why: `something listens at its peer port ${port}: etcd runs there`,
  remedy: `Nothing is lost while etcd has its data. ${saving}`,
});

const destroyed = (name: string) => `or, if that disk is destroyed, say so: --lost ${name}`;

/** The objection of each state of a disk, but the empty one, to giving it up. That one may be forged, and accounts for no member. */
function againstState({ node, meta }: Host, settings: Settings): { why: string; remedy: string } | undefined {
  const directory = settings.dataDirectory;
  switch (meta.state) {
    case 'empty':
    case 'launched':
      return undefined;
    case 'member':
      return {
        why: `it has data of cluster ${meta.cid ?? 'unknown'}`,
        remedy: `Start etcd on it; or, if its data is gone, let it say so: systemctl restart etcd-register-server. ${saving}`,
      };
    case 'remains':
      return {
        why: `${directory}/member on it holds remains of etcd's data, and no log that can be read`,
        remedy: `See what ${directory}/member/snap/db on ${node} holds. ${saving}`,
      };
    case 'missing':
      return {
        why: 'its volume is missing: the data directory is on another filesystem than the one that its member was launched on',
        remedy: `Is its volume mounted on ${node}? Mount it, and restart etcd-register-server there. If the volume is destroyed: rm /var/lib/quorumgate-etcd/place.json there, then the same; the member is then to be named by --lost.`,
      };
    default:
      return {
        why: 'it does not say whether it has data',
        remedy: `Restart etcd-register-server.service on ${node}.`,
      };
  }
}

function againstHost(host: Host, seen: Situation, settings: Settings, lost: readonly string[]): Reason[] {
  const { node: about, address, port, alive, meta } = host;
  const at = `${address}:${port}`;
  if (seen.answers[at] === 'answers') return [{ about, ...running(at) }];
  if (!alive) {
    if (lost.includes(about)) return [];
    const why = `it is registered but not alive; when it was last seen its state was \`${meta.state ?? 'unknown'}\``;
    return [{ about, why, remedy: `Start ${about}, ${destroyed(about)}` }];
  }
  const state = againstState(host, settings);
  if (state !== undefined) return [{ about, ...state }];
  if (seen.answers[at] === 'closed') return [];
  const why = `it is alive, but its peer port ${at} cannot be reached from here: etcd may run there`;
  return [{ about, why, remedy: 'Run the command where members reach each other: on one of the hosts.' }];
}

/** An operator has signed that its disk is retired, no list has it, and it is off. */
function isDone(host: Host, { keys }: Situation, known: Known, settings: Settings): boolean {
  if (host.alive || known.incomplete !== undefined) return false;
  if (!isRetiredDisk(host.meta.incarnation, keys, settings)) return false;
  return !known.members.some((member) => isDiskOf(host, member));
}

/** Hosts with the data of another cluster of this name, which Consul knows as one: none of this one's business. */
function isForeign({ meta, peerUrl }: Host, known: Known, { keys }: Situation): boolean {
  const { lineage } = known;
  if (meta.lineage === undefined || lineage === undefined || meta.lineage === lineage) return false;
  if (!keys.records.has(meta.lineage)) return false;
  return !accountable(known).some((member) => member.peerUrls.includes(peerUrl) || meta.member === member.id);
}

/** The hosts that are this cluster's, or nobody's yet. */
const ownHosts = (seen: Situation, known: Known): Host[] => seen.hosts.filter((host) => !isForeign(host, known, seen));

/** A look at it, the operator's words, and the hosts that are this cluster's. */
interface Asked {
  seen: Situation;
  known: Known;
  settings: Settings;
  lost: readonly string[];
  hosts: readonly Host[];
}

/** All that is needed to name disks of which a host alone says that they are empty. */
function naming(names: readonly string[], { seen, known, lost, hosts }: Asked): string {
  const machines = [...hosts, ...seen.departed].map(({ node }) => node);
  const isKnown = (name: string) =>
    machines.includes(name) || accountable(known).some((member) => isLost(member, known, [name]));
  const all = [...new Set([...lost.filter(isKnown), ...names])].sort().join(' ');
  return `Consul's word for an empty disk may be anybody's: look at the disks themselves. If nothing is left on them, say so: --lost ${all}`;
}

function againstMember(member: KnownMember, asked: Asked): Reason[] {
  const { seen, known, settings, lost, hosts } = asked;
  const about = called(member, known);
  const isTaken = (port: string) => hosts.some(({ address, port: own }) => `${address}:${own}` === port);
  const port = member.peerUrls.map(portOf).find((one) => seen.answers[one] === 'answers');
  if (port !== undefined && !isTaken(port)) return [{ about, ...running(port) }];
  if (isLost(member, known, lost) || isRetired(member.id, seen.keys, settings)) return [];
  const empty = saidEmpty(known, hosts, seen.keys, settings);
  const says = saysNow(member, hosts);
  if ('source' in member) {
    const why = `member ${member.id} is ${member.source}, and is not accounted for: ${says}`;
    const remedy = empty.includes(about) ? naming(empty, asked) : `If its disk is gone, say so: --lost ${about}`;
    return [{ about, why, remedy }];
  }
  const why = `member ${member.id} of the last list is not accounted for: ${says}`;
  const remedy = empty.includes(about) ? naming(empty, asked) : `Start ${about} with its disk, ${destroyed(about)}`;
  return [{ about, why, remedy }];
}

/** Hosts of a cluster that they alone remember: each of them may have been a member. */
function againstUnlisted(asked: Asked): Reason[] {
  const { known, lost, hosts } = asked;
  if (known.lineage === undefined || accountable(known).length > 0) return [];
  const unnamed = hosts.filter((host) => saysOfDisk(host) !== undefined && !lost.includes(host.node));
  const names = unnamed.map(({ node }) => node);
  return unnamed.map((host) => {
    const why = `it says that ${saysOfDisk(host)}, and may have been a member: ${known.incomplete}`;
    return { about: host.node, why, remedy: naming(names, asked) };
  });
}

/** Machines of which nobody can say whether they were members: only the operator can, where no list does. */
function unknownMachines({ departed }: Situation, known: Known, hosts: readonly Host[]): Machine[] {
  if (known.incomplete === undefined) return [];
  const names = [...hosts.map(({ node }) => node), ...accountable(known).map(({ name }) => name)];
  return departed.filter(({ node }) => !names.includes(node));
}

/** Names that nobody has. */
function againstWords(lost: readonly string[], seen: Situation, known: Known): Reason[] {
  const members = accountable(known).flatMap((member) => [called(member, known), member.id]);
  const names = [...ownHosts(seen, known), ...seen.departed].map(({ node }) => node);
  const all = [...new Set([...names, ...accountable(known).map((member) => called(member, known))])].sort();
  return lost
    .filter((name) => !names.includes(name) && !members.includes(name))
    .map((name) => {
      const meant = nearest(name, all);
      const remedy = `${meant ? `Did you mean ${meant}? ` : ''}Known are ${all.join(', ') || 'none'}.`;
      return { about: visible(name), why: 'no such host is known, and it is named as lost', remedy };
    });
}

/**
 * Everything that speaks against all data being lost, as far as can be seen. Pure.
 *
 * @param lost members, machines, that the operator says are destroyed with their disks: besides a signature nothing else accounts
 * for a member
 */
export function reasonsAgainstLoss(
  seen: Situation,
  known: Known,
  settings: Settings,
  lost: readonly string[],
): Reason[] {
  const hosts = ownHosts(seen, known);
  const asked = { seen, known, settings, lost, hosts };
  const machines = unknownMachines(seen, known, hosts).filter(({ node }) => !lost.includes(node));
  const speaking = hosts
    .filter((host) => !isDone(host, seen, known, settings))
    .map((host) => ({ host, reasons: againstHost(host, seen, settings, lost) }))
    .filter(({ reasons }) => reasons.length > 0);
  const isSaid = (member: KnownMember) => speaking.some(({ host }) => isDiskOf(host, member));
  return [
    ...seen.odd,
    ...speaking.flatMap(({ reasons }) => reasons),
    ...accountable(known)
      .filter((member) => !isSaid(member))
      .flatMap((member) => againstMember(member, asked)),
    ...againstUnlisted(asked),
    ...machines.map(({ node, address }) => ({
      about: node,
      why: `it (${address}) has left Consul, and may have been a member: ${known.incomplete}`,
      remedy: `Start it; or, if its disk is destroyed or it never was a member, say so: --lost ${node}`,
    })),
    ...againstWords(lost, seen, known),
  ];
}

/** Hosts that may be members of a new list: alive, without data, not retired. */
export function candidatesOf(seen: Situation, known: Known): Host[] {
  const may = ({ alive, meta }: Host) => alive && (meta.state === 'empty' || meta.state === 'launched');
  return ownHosts(seen, known).filter((host) => may(host) && !seen.keys.retired.has(host.meta.incarnation ?? ''));
}

/**
 * That candidates differ from each other, and speak the scheme of the spec.
 *
 * @param size what they all have to be booted for; without it any size will do, as after growing
 */
export function reasonsAgainstCandidates(candidates: Host[], { scheme }: Settings, size?: number): Reason[] {
  const reasons: Reason[] = [];
  for (const { node: about, meta } of candidates) {
    if (meta.incarnation === undefined) {
      reasons.push({
        about,
        why: 'it does not say which disk it has',
        remedy: `Restart etcd-register-server.service on ${about}.`,
      });
    }
    const wanted = String(size ?? meta.size);
    if (meta.size === wanted && meta.scheme === scheme) continue;
    const why = `it was booted for size ${meta.size} and ${meta.scheme}, the spec says ${wanted} and ${scheme}`;
    reasons.push({ about, why, remedy: 'Give the spec that the hosts were booted with, or boot them with this one.' });
  }
  for (const [what, of] of [
    ['name', (host: Host) => host.node],
    ['address', (host: Host) => host.peerUrl],
    ['disk', (host: Host) => host.meta.incarnation ?? host.id],
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

/** The knowledge of the situation's cluster. Pure. */
export const knownIn = (settings: Settings, { keys, hosts, now }: Situation, lineage?: string): Known | Reason =>
  knownOf(settings, keys, hosts, lineage, now);
