/** What the sidekicks know of their host and cluster: /etc/quorumgate/cluster.env and /run/quorumgate/host.env. */
export interface Settings {
  cluster: string;
  size: number;
  scheme: 'http' | 'https';
  datacenter: string;
  domain: string;
  peerPort: number;
  clientPort: number;
  metricsPort: number;
  dataDirectory: string;
  discovery: 'committed' | 'srv';
  name: string;
  address: string;
  /** Paths of PEM files that peers know this host by; undefined under plain http. */
  tls: TlsFiles | undefined;
  /** The same for the client port. */
  clientTls: TlsFiles | undefined;
  /** Seconds of silence after which a host that waits may take a member's place; 0: never. */
  replaceDeadAfter: number;
}

export interface TlsFiles {
  cert: string;
  key: string;
  ca: string;
}

/** Throws with the names of the variables that are missing. */
export function readSettings(env: Record<string, string | undefined>): Settings {
  const missing: string[] = [];
  const get = (name: string): string => {
    const value = env[name];
    if (value === undefined || value === '') missing.push(name);
    return value ?? '';
  };
  const scheme = get('QG_SCHEME') === 'https' ? 'https' : 'http';
  const files = (prefix: string): TlsFiles | undefined =>
    scheme === 'https'
      ? { cert: get(`${prefix}CERT_FILE`), key: get(`${prefix}KEY_FILE`), ca: get(`${prefix}TRUSTED_CA_FILE`) }
      : undefined;
  const settings: Settings = {
    cluster: get('QG_CLUSTER'),
    size: Number(get('QG_SIZE')),
    scheme,
    datacenter: get('QG_DATACENTER'),
    domain: get('QG_DOMAIN'),
    peerPort: Number(get('QG_PEER_PORT')),
    clientPort: Number(get('QG_CLIENT_PORT')),
    metricsPort: Number(get('QG_METRICS_PORT')),
    dataDirectory: get('QG_DATA_DIR'),
    discovery: get('QG_DISCOVERY') === 'srv' ? 'srv' : 'committed',
    name: get('QG_NAME'),
    address: get('QG_ADDRESS'),
    tls: files('ETCD_PEER_'),
    clientTls: files('ETCD_'),
    replaceDeadAfter: Number(get('QG_REPLACE_DEAD_AFTER')),
  };
  if (missing.length > 0) {
    throw new Error(`not set: ${missing.join(', ')} (from /etc/quorumgate/cluster.env and /run/quorumgate/host.env)`);
  }
  return settings;
}

/** The article's tags: `_etcd-server._tcp.CLUSTER`, with `-ssl` under TLS, the names that etcd itself asks for. */
export function tagOf(settings: Settings, type: 'server' | 'client'): string {
  return `_etcd-${type}${settings.scheme === 'https' ? '-ssl' : ''}._tcp.${settings.cluster}`;
}

/** Where etcd and etcdctl look with `--discovery-srv`: `CLUSTER.etcd3.service.DC.DOMAIN`. */
export function discoveryDomain(settings: Settings): string {
  return `${settings.cluster}.etcd3.service.${settings.datacenter}.${settings.domain}`;
}

/** The name whose SRV records are the servers. */
export function serverSrvName(settings: Settings): string {
  return `${tagOf(settings, 'server')}.etcd3.service.${settings.datacenter}.${settings.domain}`;
}

/**
 * The peer URL of a host, letter by letter as it is hashed into its member ID: by address, or, where etcd itself asks
 * DNS, by the name that Consul gives to an address.
 */
export function peerUrl(settings: Settings, address: string, port: number): string {
  if (settings.discovery === 'committed') return `${settings.scheme}://${address}:${port}`;
  const hex = address.split('.').map((part) => Number(part).toString(16).padStart(2, '0'));
  return `${settings.scheme}://${hex.join('')}.addr.${settings.datacenter}.${settings.domain}:${port}`;
}

/** The address in a peer URL of either form. */
export function addressIn(url: string): string {
  const { hostname } = new URL(url);
  const hex = /^([0-9a-f]{8})\.addr\./.exec(hostname)?.[1];
  return hex === undefined ? hostname : [...Buffer.from(hex, 'hex')].join('.');
}
