import { segments } from './pointer.ts';
import { mapping, type SchemaNode, words } from './schema-tree.ts';

/** What a string must look like, in words: a pattern tells a user nothing. By the last key, or the last two. */
const FORMS: Readonly<Record<string, string>> = {
  'cluster/name': 'lower-case letters, digits and `-`, starting and ending with a letter or digit',
  operatorKeys: 'a public half: 43 letters, digits, `-` or `_`, as `quorumgate key public` prints it',
  targets: 'the name of a target, for example `aws`',
  interface: 'the name of a network interface, for example `eth1`',
  cidr: 'an IPv4 network with its prefix length, for example `10.0.0.0/16`',
  url: 'a URL that starts with `https://` or `http://` and holds no spaces',
  sha256: '64 lower-case hex digits, as `sha256sum` prints them',
  baseUrl: 'a URL of `https://` or `http://`, a host and a plain path, without user, query or `%`',
  join: 'an address, a host name, or `provider=NAME key=value …`; no spaces at its ends',
  datacenter: 'lower-case letters, digits, `-` and `_`, starting and ending with a letter or digit',
  domain: 'a DNS name in lower case without a final dot, for example `consul`',
  image: 'the name of an image with its digest, `NAME@sha256:…`, without spaces',
  clusterDns: 'an IPv4 address, for example `10.96.0.10`',
  clusterDomain: 'a DNS name in lower case without a final dot, for example `cluster.local`',
  labels: '`KEY=VALUE` as Kubernetes has labels, for example `example.com/role=etcd`',
  taints: '`KEY=VALUE:EFFECT` as Kubernetes has taints, for example `example.com/etcd=:NoSchedule`',
  'consul/version': 'three numbers with dots, for example `1.20.1`',
  index: 'a URL that starts with `https://`, `http://` or `s3://`, or a path',
  versions: 'a version, for example `1.8.0.3`: letters, digits and `.+_-`',
  base: 'an image by its digest, `NAME@sha256:…`, or `localhost/NAME`',
  'etcd/version': 'three numbers with dots, starting with 3, for example `3.5.16`',
};
const PATH = 'an absolute path of letters, digits and `._/@+-`, without a final `/`';

/** What `expected` reads in "Write …" for the string at `pointer`. */
export function stringForm(pointer: string): string {
  const names = segments(pointer).filter((segment) => !/^\d+$/.test(segment));
  const last = names.at(-1) ?? '';
  return FORMS[names.slice(-2).join('/')] ?? FORMS[last] ?? FORMS[names.at(-2) ?? ''] ?? PATH;
}

/** What may stand at a place, in words: `a number`, "`off` or a mapping with `peer` and `client`". */
export function expected(node: SchemaNode): string {
  const choices = words(node).map((word) => `\`${String(word)}\``);
  const inner = mapping(node);
  const properties = Object.keys(inner.properties ?? {});
  const holds = inner.required?.length ? inner.required : properties;
  const map = properties.length > 0 ? [`a mapping with ${list(holds.map((name) => `\`${name}\``))}`] : [];
  const text = node.then?.type === 'string' ? ['a string'] : [];
  const ways = [...choices, ...text, ...map];
  if (ways.length > 1) return `${ways.slice(0, -1).join(', ')} or ${ways.at(-1)}`;
  if (ways[0] !== undefined) return ways[0];
  if (node.const !== undefined) return `\`${String(node.const)}\``;
  if (node.type === 'array') return 'a list';
  if (node.type === 'integer') return 'a whole number';
  return node.type === 'number' ? 'a number' : 'a string';
}

/** What stands there, in words. */
export function kindOf(value: unknown): string {
  if (value === null) return 'empty';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a mapping';
  return `a ${typeof value}`;
}

export function list(words: readonly string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`;
}
