import { createHash } from 'node:crypto';

// etcd: server/etcdserver/api/membership/member.go computeMemberID, cluster.go genID. Names are not hashed.
function firstEight(data: Buffer | string): Buffer {
  return createHash('sha1').update(data).digest().subarray(0, 8);
}

/** Member ID of a bootstrap member with one peer URL, 16 hex digits. */
export function memberId(peerUrl: string, token: string): string {
  return firstEight(peerUrl + token).toString('hex');
}

/** Cluster ID, 16 hex digits, that etcd gives to a cluster bootstrapped from these peer URLs and this token. */
export function clusterId(peerUrls: readonly string[], token: string): string {
  const members = peerUrls.map((url) => Buffer.from(memberId(url, token), 'hex')).sort(Buffer.compare);
  return firstEight(Buffer.concat(members)).toString('hex');
}
