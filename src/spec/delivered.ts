import type { Written } from './defaults.ts';

type Off<T> = Exclude<T, 'off' | undefined>;
type Tls = Off<Written['tls']>;
type Consul = Written['consul'];

/** Files that secure a cluster, each by its path on a host. */
export interface Secured {
  tls: 'off' | Tls;
  consul: { encrypt?: string; tls?: Off<Consul['tls']>; tokens?: Off<Consul['tokens']> };
}

/** Where root hands files on to the one program that reads them: a folder of each one's user. */
const HANDED = '/run/quorumgate';
const OWNERS = ['etcd', 'consul'] as const;
export type Owner = (typeof OWNERS)[number];

/** Where files of a delivery lie, before they are handed on: what stands before the name of each. */
const SOURCES = {
  image: '/etc/quorumgate-secrets/',
  credentials: '/run/credentials/quorumgate-secrets.service/quorumgate.',
  fetched: '/run/quorumgate/delivered/',
};

/** The beginning of the paths of a spec's delivered files; undefined: nothing is delivered. */
export function sourceOf({ secrets }: { secrets?: Written['secrets'] | undefined }): string | undefined {
  if (secrets === undefined || secrets === 'off') return undefined;
  return typeof secrets === 'object' ? SOURCES.fetched : SOURCES[secrets];
}

const handed = (owner: Owner, name: string) => `${HANDED}/${owner}/${name}`;

/** The file of a delivery that a path is handed on from, and whose it is then; undefined: the user brings what is there. */
export function handedFrom(path: string): { owner: Owner; name: string } | undefined {
  const [, owner, name] = /^\/run\/quorumgate\/(\w+)\/([^/]+)$/.exec(path) ?? [];
  const known = OWNERS.find((one) => one === owner);
  return known && name !== undefined ? { owner: known, name } : undefined;
}

const PEER = { cert: 'peer.crt', key: 'peer.key', ca: 'peer-ca.crt' };
const CLIENT = { cert: 'server.crt', key: 'server.key', ca: 'client-ca.crt' };
const AGENT = { cert: 'consul.crt', key: 'consul.key', ca: 'consul-ca.crt' };

const placed = <Names extends Record<string, string>>(owner: Owner, names: Names) =>
  Object.fromEntries(Object.entries(names).map(([kind, name]) => [kind, handed(owner, name)])) as Names;

/** Of a value that may say otherwise, or say `off`. */
const or = <T>(own: T | 'off' | undefined, otherwise: T | undefined): T | undefined =>
  own === 'off' ? undefined : (own ?? otherwise);

/** The files that secure a cluster: what the spec says of each, else those that its secrets bring. */
export function delivered({ secrets, tls, consul }: Pick<Written, 'secrets' | 'tls' | 'consul'>): Secured {
  const from = sourceOf({ secrets });
  const isOn = from !== undefined;
  const { ca } = placed('consul', AGENT);
  // Whether servers that are there already ask for a certificate, only who has them knows.
  const agent = consul.servers === 'existing' ? { ca } : placed('consul', AGENT);
  const at = (name: string) => `${from}${name}`;
  const encrypt = or(consul.encrypt, isOn ? at('gossip') : undefined);
  const between = or(consul.tls, isOn ? agent : undefined);
  const tokens = or(consul.tokens, isOn ? { agent: at('agent'), dns: at('dns'), sidekick: at('sidekick') } : undefined);
  return {
    tls: tls ?? (isOn ? { peer: placed('etcd', PEER), client: placed('etcd', CLIENT) } : 'off'),
    consul: { ...(encrypt && { encrypt }), ...(between && { tls: between }), ...(tokens && { tokens }) },
  };
}

/** Where a delivered file lies before it is handed on; a path of the user's own stays. */
export function broughtTo(spec: { secrets?: Written['secrets'] | undefined }, path: string): string {
  const [from, name] = [sourceOf(spec), handedFrom(path)?.name];
  return from === undefined || name === undefined ? path : `${from}${name}`;
}

/** A spec whose secrets are in the image, by whatever they came. */
export function inImage<T extends Secured & Pick<Written, 'secrets'>>(spec: T): T {
  const from = sourceOf(spec);
  const moved = (path: string) =>
    from !== undefined && path.startsWith(from) ? SOURCES.image + path.slice(from.length) : path;
  const { encrypt, tokens } = spec.consul;
  const entries = Object.entries(tokens ?? {}).map(([name, path]) => [name, moved(path)]);
  const consul = {
    ...spec.consul,
    ...(encrypt && { encrypt: moved(encrypt) }),
    ...(tokens && { tokens: Object.fromEntries(entries) as typeof tokens }),
  };
  return { ...spec, secrets: 'image', consul };
}

/** Names of the files that a delivery has to have for a role's hosts, sorted. */
export function wantedFiles(spec: Secured & Pick<Written, 'secrets'>, isMember: boolean): string[] {
  const from = sourceOf(spec);
  if (from === undefined) return [];
  const { tls, consul } = spec;
  const { peer, client } = tls === 'off' ? { peer: {}, client: {} } : tls;
  const paths = [
    ...(isMember ? [...Object.values(peer), ...Object.values(client)] : []),
    ...Object.values(consul.tls ?? {}),
  ];
  const handedOn = paths.flatMap((path) => handedFrom(path)?.name ?? []);
  const { agent, dns, sidekick } = consul.tokens ?? {};
  const words = [consul.encrypt, agent, dns, ...(isMember ? [sidekick] : [])];
  const own = words.flatMap((path) => (path?.startsWith(from) ? [path.slice(from.length)] : []));
  return [...new Set([...handedOn, ...own])].sort();
}
