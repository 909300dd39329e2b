import type { Keys } from '../sidekick/shared/keys.ts';
import { isSigned, retiredText } from '../sidekick/shared/proof.ts';
import type { Settings } from '../sidekick/shared/settings.ts';
import type { Host } from './hosts.ts';
import type { FormerMember, Known, KnownMember } from './known.ts';

// Whoever may write into Consul may write what a host says, and a list that is shorter. Neither accounts for a member: only the
// operator's word does, or an operator's signature.

/** Everybody who has to be accounted for before data may be given up. */
export const accountable = ({ members, former }: Known): (KnownMember | FormerMember)[] => [...members, ...former];

/** Whether a host says that it has, or had at the very place where it has none now, the disk of the member. */
export function isDiskOf({ meta }: Host, { id, incarnation }: KnownMember): boolean {
  if (meta.member === id || meta.former === id) return true;
  return incarnation !== undefined && (meta.incarnation === incarnation || meta.wiped === incarnation);
}

/** Whether an operator has signed that the disk of this member is retired. */
export const isRetired = (id: string, keys: Keys, { cluster, operatorKeys }: Settings): boolean =>
  [...keys.retired].some(
    ([incarnation, { member, proof }]) =>
      member === id && isSigned(retiredText(cluster, incarnation, member), proof, operatorKeys),
  );

/** Whether an operator has signed that this very disk is retired. */
export function isRetiredDisk(incarnation: string | undefined, keys: Keys, settings: Settings): boolean {
  const mark = keys.retired.get(incarnation ?? '');
  if (mark === undefined || incarnation === undefined) return false;
  return isSigned(retiredText(settings.cluster, incarnation, mark.member), mark.proof, settings.operatorKeys);
}

/** By its name, where that means it alone and is no option of a command; one and the same host may have been several members. */
export function called(member: KnownMember | FormerMember, { members, former }: Known): string {
  const { id, name, peerUrls } = member;
  const isNamed = (other: KnownMember) => other.name === name;
  const isFormer = 'source' in member;
  const isElsewhere = (other: KnownMember) => isNamed(other) && !other.peerUrls.some((url) => peerUrls.includes(url));
  const alone = (isFormer ? former : members).filter(isNamed).length === 1;
  return /^\w/.test(name) && alone && !(isFormer && members.some(isElsewhere)) ? name : id;
}

/** Whether the operator has named it as lost. */
export const isLost = (member: KnownMember, known: Known, lost: readonly string[]): boolean =>
  lost.includes(member.id) || lost.includes(called(member, known));

const isWithout = ({ alive, meta }: Host) => alive && (meta.state === 'empty' || meta.state === 'launched');

/** Words of a host's own about its disk, where it says that no data is there. */
export function saysOfDisk(host: Host): string | undefined {
  if (!isWithout(host)) return undefined;
  return host.meta.state === 'empty' ? 'its disk is empty' : 'etcd was launched on its disk and has no log there';
}

/** The words of a member's host now. */
export function saysNow(member: KnownMember, hosts: readonly Host[]): string {
  const own = hosts.filter((host) => isDiskOf(host, member));
  const words = own.map(saysOfDisk).find((text) => text !== undefined);
  if (words !== undefined) return `its host says that ${words}`;
  const [host] = own;
  if (host !== undefined) return `its host ${host.node} is ${host.alive ? 'alive' : 'not alive'}`;
  const { name, peerUrls } = member;
  const namesake = hosts.find(({ node, peerUrl }) => node === name || peerUrls.includes(peerUrl));
  const other = namesake && `; the disk of ${namesake.node} is another (${namesake.meta.incarnation ?? 'unknown'})`;
  return `no host has its disk${other ?? ''}`;
}

/** Members whose hosts say that no data is left, by the names to call them by: a hint, which anybody can forge. */
export const saidEmpty = (known: Known, hosts: readonly Host[], keys: Keys, settings: Settings): string[] => [
  ...new Set(
    accountable(known)
      .filter(({ id }) => !isRetired(id, keys, settings))
      .filter((member) => hosts.some((host) => isDiskOf(host, member) && isWithout(host)))
      .map((member) => called(member, known)),
  ),
];

/** Lines for each name that the operator has said: who was meant, and what is seen of it now. */
export function lostLines(known: Known, hosts: readonly Host[], lost: readonly string[]): string[] {
  return lost.flatMap((name) => {
    const word = `${name}: its disk is destroyed, or holds no data`;
    const meant = accountable(known).filter((member) => isLost(member, known, [name]));
    if (meant.length === 0) return [word];
    return meant.map((member) => {
      const former = 'source' in member ? `, ${member.source}` : '';
      return `${word} (member ${member.id} at ${member.peerUrls.join()}${former}; ${saysNow(member, hosts)})`;
    });
  });
}
