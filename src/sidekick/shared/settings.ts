/** The sidekicks' knowledge of their host and cluster: /etc/quorumgate/cluster.env and /run/quorumgate/host.env. */
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
  /** The data directory is to be a volume: on the host's own disk there is none. */
  volume: boolean;
  discovery: 'committed' | 'srv';
  name: string;
  address: string;
  /** Paths of PEM files that peers know this host by; undefined under plain http. */
  tls: TlsFiles | undefined;
  /** A name that the certificates of peers alone have, as DNS SAN or as common name; undefined: their CA tells them from clients. */
  peerHostname: string | undefined;
  peerCommonName: string | undefined;
  /** TLS files of the client port. */
  clientTls: TlsFiles | undefined;
  /** Public halves of the operator's keys: base64url, 32 bytes each. What none of them has signed proves nothing. */
  operatorKeys: string[];
  /** Seconds of silence after which a host that waits may take a member's place; 0: never. */
  replaceDeadAfter: number;
}

export interface TlsFiles {
  cert: string;
  key: string;
  ca: string;
  /** Of revoked certificates, in DER. */
  crl?: string | undefined;
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
  const files = (prefix: string, crl: string | undefined): TlsFiles | undefined =>
    scheme === 'https'
      ? { cert: get(`${prefix}CERT_FILE`), key: get(`${prefix}KEY_FILE`), ca: get(`${prefix}TRUSTED_CA_FILE`), crl }
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
    volume: Boolean(env.QG_VOLUME),
    discovery: get('QG_DISCOVERY') === 'srv' ? 'srv' : 'committed',
    name: get('QG_NAME'),
    address: get('QG_ADDRESS'),
    tls: files('ETCD_PEER_', env['ETCD_PEER_CRL_FILE']),
    peerHostname: env['ETCD_PEER_CERT_ALLOWED_HOSTNAME'],
    peerCommonName: env['ETCD_PEER_CERT_ALLOWED_CN'],
    clientTls: files('ETCD_', env['ETCD_CLIENT_CRL_FILE']),
    replaceDeadAfter: Number(get('QG_REPLACE_DEAD_AFTER')),
    operatorKeys: (env.QG_OPERATOR_KEYS ?? '').split(',').filter(Boolean),
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

/** The name by which peers call the host at this address: just that, or, where etcd itself asks DNS, the name that Consul gives to it. */
export function peerHost(settings: Settings, address: string): string {
  if (settings.discovery === 'committed') return address;
  const hex = address.split('.').map((part) => Number(part).toString(16).padStart(2, '0'));
  return `${hex.join('')}.addr.${settings.datacenter}.${settings.domain}`;
}

/** The peer URL of a host, letter by letter as it is hashed into its member ID. */
export function peerUrl(settings: Settings, address: string, port: number): string {
  return `${settings.scheme}://${peerHost(settings, address)}:${port}`;
}

/** The address in a peer URL of either form. */
export function addressIn(url: string): string {
  const { hostname } = new URL(url);
  const hex = /^([0-9a-f]{8})\.addr\./.exec(hostname)?.[1];
  return hex === undefined ? hostname : [...Buffer.from(hex, 'hex')].join('.');
}
