import { createHash } from 'node:crypto';

function firstBytes(...parts: (string | Uint8Array)[]): string {
  const hash = createHash('sha1');
  for (const part of parts) hash.update(part);
  return hash.digest('hex').slice(0, 16);
}

/** etcd's member ID: a function of the member's peer URLs and the cluster's token. */
export function memberId(peerUrls: readonly string[], token: string): string {
  return firstBytes([...peerUrls].sort().join(''), token);
}

/** etcd's cluster ID: a function of the member IDs alone. Computed here anew, not with what the hosts run. */
export function clusterId(members: readonly { peerUrls: readonly string[] }[], token: string): string {
  const ids = members.map((member) => memberId(member.peerUrls, token)).sort();
  return firstBytes(...ids.map((id) => Buffer.from(id, 'hex')));
}
