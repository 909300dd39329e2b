import { programSources, runsPods } from '../plan/environment.ts';
import type { Plan, Role } from '../plan/plan.ts';
import { secretList } from '../plan/secrets.ts';
import type { Spec } from '../spec/defaults.ts';
import { handedFrom, sourceOf, wantedFiles } from '../spec/delivered.ts';
import { portRules } from './aws/ports.ts';

/** Something that has to be there before a host boots. */
export interface Need {
  kind: 'network' | 'upload' | 'right' | 'image' | 'package' | 'fetch' | 'file' | 'device' | 'consul' | 'port';
  /** Of whose hosts; of all where it is missing. */
  role?: Role;
  items: readonly string[];
  /** For people, after `before a host boots, `. */
  text: string;
}

const one = (kind: Need['kind'], role: Role, items: readonly string[], text: (list: string) => string): Need[] => {
  const all = [...new Set(items)];
  return all.length === 0 ? [] : [{ kind, role, items: all, text: text(all.join(', ')) }];
};

/** Targets without a package manager: their images have what `package` asks for. */
const WITHOUT_PACKAGES = ['container-linux', 'flatcar', 'fedora-coreos'];

/** Programs, by how they come. `fetch` has the places alone: what a firewall has to let through. */
function programs(spec: Spec, role: Role, targets: readonly string[]): Need[] {
  const sources = programSources(spec, role);
  const from = (word: string) => sources.flatMap(([name, source]) => (source === word ? [name] : []));
  const urls = sources.flatMap(([, source]) => (typeof source === 'object' ? [source.url] : []));
  const { baseUrl } = spec.documents;
  const images = [role === 'etcd' ? spec.etcd : undefined, spec.consul].flatMap((program) =>
    program?.runtime === 'static-pod' && program.image !== undefined ? [program.image.replace(/@.*/, '')] : [],
  );
  const places = [...urls, ...(baseUrl === undefined ? [] : [baseUrl])].map((url) => new URL(url).origin);
  const proxies = [spec.environment?.httpProxy, spec.environment?.httpsProxy].flatMap((url) => url ?? []);
  const by = proxies.length === 0 ? '' : `, by ${[...new Set(proxies)].join(' and ')}`;
  const stock = (list: string) =>
    /\b(consul|etcd)\b/.test(list) ? ' (a stock image has not; `release` or `url` under `programs` brings them)' : '';
  const alone = targets.every((name) => WITHOUT_PACKAGES.includes(name));
  return [
    ...one(
      'image',
      role,
      [...from('image'), ...(alone ? from('package') : [])],
      (list) => `have in the image of ${role} hosts: ${list}${stock(list)}`,
    ),
    ...one(
      'package',
      role,
      alone ? [] : from('package'),
      (list) => `let ${role} hosts install from their distribution: ${list}${by}`,
    ),
    ...one('fetch', role, places, (list) => `let ${role} hosts fetch from: ${list}${by}`),
    ...one('fetch', role, images, (list) => `let ${role} hosts pull: ${list}${by}`),
  ];
}

/** Files that the spec names by their paths, and carries none of. */
function files(spec: Spec, { role, files: planned }: Plan): Need[] {
  const { tls, consul, kubernetes } = spec;
  const sides = tls === 'off' || role !== 'etcd' ? [] : [tls.peer, tls.client];
  const ofTls = sides.flatMap(({ cert, key, ca, crl }) => [cert, key, ca, ...(crl === undefined ? [] : [crl])]);
  const secrets = secretList(spec, role)
    .split('\n')
    .flatMap((line) => line.split(' ').slice(1));
  const joined =
    runsPods(spec, role) && kubernetes.mode === 'joined' ? [kubernetes.bootstrapKubeconfig, kubernetes.clientCa] : [];
  const given = new Set(planned.map(({ path }) => path));
  const from = sourceOf(spec);
  const isBrought = (path: string) => from !== undefined && (path.startsWith(from) || handedFrom(path) !== undefined);
  const all = [...ofTls, ...secrets, ...Object.values<string>(consul.tls ?? {}), ...joined].filter(
    (path) => !given.has(path) && !isBrought(path),
  );
  return [...one('file', role, all, (list) => `bring to ${role} hosts: ${list}`), ...brought(spec, role)];
}

/** Files that `secrets` brings, by their names. */
function brought(spec: Spec, role: Role): Need[] {
  const how = {
    image: `have secrets in /etc/quorumgate-secrets of ${role} hosts`,
    credentials: `hand ${role} hosts as credentials of systemd, quorumgate. before each name`,
  };
  const { secrets } = spec;
  const text =
    typeof secrets === 'object'
      ? `have in the archive that brings secrets to ${role} hosts`
      : how[secrets as keyof typeof how];
  return one('file', role, wantedFiles(spec, role === 'etcd'), (list) => `${text}: ${list} (docs/secrets.md)`);
}

/** Devices with a filesystem, for the mounts that a spec asks for. */
const devices = ({ role, units }: Plan): Need[] =>
  one(
    'device',
    role,
    units.flatMap(({ pointer, content }) =>
      pointer?.includes('/mounts/') ? (/^What=(\/dev\/.*)$/m.exec(content)?.slice(1) ?? []) : [],
    ),
    (list) => `have a filesystem on ${role} hosts at: ${list}`,
  );

function ports(spec: Spec, { role }: Plan): Need[] {
  const rules = portRules(spec).filter(({ to }) => to === role);
  const from = (who: string) =>
    [...new Set(rules.filter((rule) => rule.from === who).map(({ protocol, port }) => `${protocol} ${port}`))].sort();
  const senders = [...new Set(rules.map((rule) => rule.from))];
  return one(
    'port',
    role,
    senders.flatMap((who) => from(who)),
    () => `open on ${role} hosts: ${senders.map((who) => `${from(who).join(', ')} from ${who}`).join('; ')}`,
  );
}

function existing({ consul }: Spec): Need[] {
  if (consul.servers !== 'existing') return [];
  const text = `have Consul's servers at ${consul.join.join(', ')}, datacenter ${consul.datacenter}`;
  return [{ kind: 'consul', items: consul.join, text }];
}

/** Programs that nothing secures: said each time. */
function unsecured({ tls, consul }: Spec): Need[] {
  const { servers, encrypt, tls: between, tokens } = consul;
  const open = (file: unknown, what: string) => (file === undefined ? [what] : []);
  const ofConsul =
    tokens === undefined
      ? ['Consul']
      : [...open(encrypt, "Consul's gossip"), ...open(between, "what Consul's agents ask its servers")];
  // How a Consul that is there already is secured, others know.
  const items = [...(tls === 'off' ? ['etcd'] : []), ...(servers === 'existing' ? [] : ofConsul)];
  if (items.length === 0) return [];
  const text = `keep everybody else out of the hosts' network: nothing secures ${items.join(' and ')}, and who reaches a host may change all that is there (docs/secrets.md)`;
  return [{ kind: 'network', items, text }];
}

/** Targets whose hosts are on one machine, behind no firewall. */
const LOCAL = ['vagrant', 'compose'];

/** Everything that has to be there before a host boots, but for uploads and rights, which targets tell of. */
export function needs(spec: Spec, plans: readonly Plan[], targets: readonly string[]): Need[] {
  const isLocal = targets.every((name) => LOCAL.includes(name));
  return [
    ...unsecured(spec),
    ...existing(spec),
    ...plans.flatMap((plan) => [
      ...programs(spec, plan.role, targets),
      ...files(spec, plan),
      ...devices(plan),
      ...(isLocal ? [] : ports(spec, plan)),
    ]),
  ];
}
