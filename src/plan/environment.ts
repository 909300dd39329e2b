import type { Spec } from '../spec/defaults.ts';
import { isScript, type ProgramSource, type SidekickSource } from '../spec/schema/program.ts';
import type { Role } from './plan.ts';

function lines(values: Record<string, string | number>): string {
  return Object.entries(values)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('');
}

/** Where the sidekicks find their token: units/scripts/secrets.sh puts it there, for their user alone. */
const TOKEN = '/run/quorumgate/token';

/** A socket in a folder in which Consul's user alone can make one: who has the port while no agent does gets no token. */
export const SOCKET = '/run/consul/http.sock';

/** Variables that differ between specs, for units and sidekicks. */
export function settings({ cluster, etcd, consul, tls }: Spec): Record<string, string | number> {
  return {
    QG_CLUSTER: cluster.name,
    QG_SIZE: cluster.size,
    QG_SCHEME: tls === 'off' ? 'http' : 'https',
    QG_DATACENTER: consul.datacenter,
    QG_DOMAIN: consul.domain,
    QG_PEER_PORT: etcd.peerPort,
    QG_CLIENT_PORT: etcd.clientPort,
    QG_METRICS_PORT: etcd.metricsPort,
    QG_DATA_DIR: etcd.dataDirectory,
    ...(etcd.volume && { QG_VOLUME: etcd.volume.device ?? 'mount' }),
    QG_DISCOVERY: etcd.discovery,
    QG_REPLACE_DEAD_AFTER: etcd.replaceDeadAfter,
    ...(consul.tokens && { CONSUL_HTTP_TOKEN_FILE: TOKEN }),
    // Of a pod's folders the host has none.
    ...(consul.tokens && consul.runtime === 'service' && { CONSUL_HTTP_ADDR: `unix://${SOCKET}` }),
    ...(cluster.operatorKeys.length > 0 && { QG_OPERATOR_KEYS: cluster.operatorKeys.join(',') }),
  };
}

/** etcd's own variables, wherever it runs: as a service, in a container, in a static pod. */
export function etcdEnvironment({ tls, etcd }: Spec): Record<string, string> {
  const own = Object.entries(etcd.settings ?? {}).map(([flag, value]) => [
    `ETCD_${flag.toUpperCase().replaceAll('-', '_')}`,
    String(value),
  ]);
  const settings = Object.fromEntries(own) as Record<string, string>;
  if (tls === 'off') return settings;
  const { allowedHostname, allowedCommonName } = tls.peer;
  return {
    ...settings,
    ETCD_CERT_FILE: tls.client.cert,
    ETCD_KEY_FILE: tls.client.key,
    ETCD_TRUSTED_CA_FILE: tls.client.ca,
    ETCD_CLIENT_CERT_AUTH: 'true',
    ETCD_PEER_CERT_FILE: tls.peer.cert,
    ETCD_PEER_KEY_FILE: tls.peer.key,
    ETCD_PEER_TRUSTED_CA_FILE: tls.peer.ca,
    ETCD_PEER_CLIENT_CERT_AUTH: 'true',
    ...(tls.client.crl === undefined ? {} : { ETCD_CLIENT_CRL_FILE: tls.client.crl }),
    ...(tls.peer.crl === undefined ? {} : { ETCD_PEER_CRL_FILE: tls.peer.crl }),
    ...(allowedHostname === undefined ? {} : { ETCD_PEER_CERT_ALLOWED_HOSTNAME: allowedHostname }),
    ...(allowedCommonName === undefined ? {} : { ETCD_PEER_CERT_ALLOWED_CN: allowedCommonName }),
  };
}

/** /etc/quorumgate/cluster.env. */
export function clusterEnvironment(spec: Spec, role: Role): string {
  const [from, argument] = Object.entries(spec.address)[0] ?? ['', ''];
  const address = { QG_ADDRESS_FROM: from, QG_ADDRESS_ARGUMENT: argument };
  if (role === 'consul-server') return lines(address);
  const { device, filesystem } = spec.etcd.volume ?? {};
  const volume = device && filesystem && { QG_VOLUME_FILESYSTEM: filesystem };
  return lines({ ...address, ...settings(spec), ...volume, ...etcdEnvironment(spec) });
}

/** Whether a role's host mounts the volume of its data itself. */
export const mountsVolume = ({ etcd }: Spec, role: Role): boolean =>
  role === 'etcd' && etcd.volume?.device !== undefined;

/** Whether anything on a role's host runs as a static pod. */
export function runsPods({ etcd, consul }: Spec, role: Role): boolean {
  return consul.runtime === 'static-pod' || (role === 'etcd' && etcd.runtime === 'static-pod');
}

/** The sidekicks as a program that comes like others; undefined where they are a file of the plan. */
function programOf(sidekick: SidekickSource): ProgramSource | undefined {
  if (sidekick === 'inline') return undefined;
  if (sidekick === 'release') return sidekick;
  const { url, sha256 } = sidekick;
  if (sha256 === undefined) throw new Error('the sidekicks are planned before their hash is known');
  return { url, sha256 };
}

/** Programs that a role's host needs, and how it comes by them: no Node for a single executable, else Node before what it runs. */
export function programSources(spec: Spec, role: Role): [name: string, source: ProgramSource][] {
  const { sidekick, consul, etcd, socat, node, kubelet, containerd } = spec.programs;
  const isMember = role === 'etcd';
  const rows: [wanted: boolean, name: string, source: ProgramSource | undefined][] = [
    [spec.consul.runtime === 'service', 'consul', consul],
    [isMember && spec.etcd.runtime === 'service', 'etcd', etcd],
    [true, 'socat', socat],
    [isMember && (sidekick === 'inline' || isScript(sidekick)), 'node', node],
    [isMember, 'etcd-sidekick', programOf(sidekick)],
    [runsPods(spec, role), 'kubelet', kubelet],
    [runsPods(spec, role), 'containerd', containerd],
  ];
  return rows.flatMap(([wanted, name, source]) => (wanted && source !== undefined ? [[name, source]] : []));
}

/** /etc/quorumgate/programs: what units/scripts/program.sh and packages.sh read. */
export function programList(spec: Spec, role: Role): string {
  return programSources(spec, role)
    .map(([name, source]) => {
      if (source === 'release') throw new Error(`${name} is planned before its release was looked up`);
      return typeof source === 'string' ? `${name} ${source}\n` : `${name} url ${source.url} ${source.sha256}\n`;
    })
    .join('');
}

/** Whether a host takes anything from its distribution. */
export function wantsPackages(spec: Spec): boolean {
  return programSources(spec, 'etcd').some(([, source]) => source === 'package');
}
