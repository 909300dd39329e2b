import type { Member, Membership } from '../shared/ports.ts';
import { isPeerUrl } from '../shared/record.ts';
import type { Reply } from './http.ts';
import { fieldsOf, listOf, parseJson, textOf } from './json.ts';
import { visible } from './text.ts';

/** More members than any cluster of etcd has. */
const MOST = 20;

/** 16 hex digits of an ID as etcd's JSON gateway writes it, a decimal string. */
export function idOf(value: unknown, what: string): string {
  const id = BigInt(textOf(value, what, /^\d{1,20}$/)).toString(16);
  if (id.length > 16 || id === '0') throw new Error(`${what} is no ID`);
  return id.padStart(16, '0');
}

/** The inverse of it. */
export const decimal = (id: string): string => BigInt(`0x${id}`).toString();

/** One member, by what its ID is called there. */
export function memberOf(value: unknown, idName: 'id' | 'ID'): Member {
  const member = fieldsOf(value, 'a member');
  const id = idOf(member[idName], "a member's ID");
  const texts = (name: string) =>
    listOf(member[name], `${name} of ${id}`, MOST).map((url) => textOf(url, `a URL of ${id}`, /^.{0,2000}$/s));
  const all = texts('peerURLs');
  const peerUrls = all.filter(isPeerUrl);
  if (peerUrls.length === 0) throw new Error(`member ${id} has no peer URL of use: ${visible(all.join(' '), 100)}`);
  const name = textOf(member.name ?? '', `the name of ${id}`, /^/);
  return {
    id,
    // Whoever runs a member names it; a name of no use hides nobody.
    name: /^[\w.-]{0,128}$/.test(name) ? name : id,
    peerUrls,
    // That there are any is what counts.
    clientUrls: texts('clientURLs').map((url) => visible(url)),
    isLearner: member.isLearner === true,
  };
}

/** A list of members, none twice. */
export function membersOf(value: unknown, idName: 'id' | 'ID'): Member[] {
  const members = listOf(value, 'the list of members', MOST).map((member) => memberOf(member, idName));
  if (members.length === 0) throw new Error('it lists no member');
  if (new Set(members.map(({ id }) => id)).size < members.length) throw new Error('it lists a member twice');
  return members;
}

/** A peer port's answer at `/members`: IDs are bare numbers there, of more digits than JavaScript's have. */
export function peerMembershipOf({ status, headers, body }: Reply): Membership {
  const cluster = headers['x-etcd-cluster-id'];
  if (typeof cluster !== 'string' || !/^(?!0*$)[0-9a-f]{1,16}$/.test(cluster)) throw new Error('no etcd');
  if (status !== 200) throw new Error(`status ${status}`);
  const members = membersOf(parseJson(body.replace(/"id"\s*:\s*(\d+)/g, '"id":"$1"')), 'id');
  return { clusterId: cluster.padStart(16, '0'), members };
}

/** The JSON gateway's answer to `member/list`. */
export function membershipOf(value: unknown): Membership {
  const { header, members } = fieldsOf(value, 'the answer');
  const { cluster_id } = fieldsOf(header, 'its header');
  return { clusterId: idOf(cluster_id, 'its cluster ID'), members: membersOf(members, 'ID') };
}

/** etcd's own words for why not. */
export function refusalOf({ status, body }: Reply): string {
  try {
    const { message, error } = fieldsOf(parseJson(body), 'the answer');
    const words = message ?? error;
    if (typeof words === 'string' && words !== '') return visible(words, 200);
  } catch {
    // Not etcd's.
  }
  return `status ${status}`;
}
