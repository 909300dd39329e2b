import { segments } from './pointer.ts';

/** What to paste where a required key is missing; by the last key, or the last two. */
const SNIPPETS: Readonly<Record<string, string>> = {
  version: 'version: 1',
  cluster: 'cluster: {name: mycluster, size: 3}',
  'cluster/name': 'name: mycluster',
  size: 'size: 3',
  targets: 'targets: [aws]',
  address: 'address: {metadata: ec2}',
  consul: 'consul: {servers: members, join: [10.0.0.11, 10.0.0.12, 10.0.0.13]}',
  servers: 'servers: members',
  join: 'join: [10.0.0.11, 10.0.0.12, 10.0.0.13]',
  etcd: 'etcd: {version: 3.5.16}',
  'etcd/version': 'version: 3.5.16',
  tls: 'tls: off',
  peer: 'peer: {cert: /etc/etcd/peer.crt, key: /etc/etcd/peer.key, ca: /etc/etcd/peer-ca.crt}',
  'peer/cert': 'cert: /etc/etcd/peer.crt',
  'peer/key': 'key: /etc/etcd/peer.key',
  'peer/ca': 'ca: /etc/etcd/peer-ca.crt',
  client: 'client: {cert: /etc/etcd/server.crt, key: /etc/etcd/server.key, ca: /etc/etcd/client-ca.crt}',
  'client/cert': 'cert: /etc/etcd/server.crt',
  'client/key': 'key: /etc/etcd/server.key',
  'client/ca': 'ca: /etc/etcd/client-ca.crt',
  index: 'index: releases.json',
  url: 'url: "https://example.com/program.tar.gz"',
  'sidekick/url': 'url: "https://example.com/etcd-sidekick.cjs"',
  sha256: 'sha256: …',
  base: 'base: localhost/quorumgate-base',
};

export function snippet(pointer: string): string {
  const names = segments(pointer);
  const last = names.at(-1) ?? '';
  return SNIPPETS[names.slice(-2).join('/')] ?? SNIPPETS[last] ?? `${last}: …`;
}
