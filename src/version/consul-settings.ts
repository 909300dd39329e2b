const TLS = '`consul.tls` says it';
const SECRET = 'a secret comes to the host by a file: `consul.encrypt`, `consul.tokens`';
const HERE = "units, sidekicks and etcd ask Consul at this host's loopback, at its own ports";
const NAME = 'the host tells its name and address itself';
const SERVERS = '`consul.servers` says it';
const REGISTERED = 'what is registered on a host the sidekicks say, and a token may be in it';
const ONE = 'all hosts of a cluster are in one pool of agents';
const RECORD = 'a restarted agent must not take its host out of the answers';

/**
 * Keys of an agent's configuration that a spec may not set, with dots, and why: another key says it, or what a cluster needs hangs on it. Whatever lies below one is
 * owned as well. By Consul's reference of agent configuration (developer.hashicorp.com, 2026-11-30).
 */
const OWNED: Readonly<Record<string, string>> = {
  datacenter: '`consul.datacenter` says it',
  domain: '`consul.domain` says it',
  server: SERVERS,
  disable_remote_exec: 'whoever may write an event would run programs on the host',
  service: REGISTERED,
  services: REGISTERED,
  check: REGISTERED,
  checks: REGISTERED,
  acl_token: SECRET,
  acl_agent_token: SECRET,
  acl_agent_master_token: SECRET,
  acl_master_token: SECRET,
  acl_replication_token: SECRET,
  auto_config: SECRET,
  auto_encrypt: TLS,
  cloud: SECRET,
  encrypt_verify_incoming: '`consul.encrypt` is for all that agents say',
  encrypt_verify_outgoing: '`consul.encrypt` is for all that agents say',
  verify_incoming_https: TLS,
  read_replica: SERVERS,
  non_voting_server: SERVERS,
  partition: ONE,
  segment: ONE,
  segments: ONE,
  serf_lan: NAME,
  advertise_addr_ipv4: NAME,
  advertise_addr_ipv6: NAME,
  session_ttl_min: "the join lock's session lives for 15 s",
  'dns_config.a_record_limit': 'fewer answers than members are no answer',
  bootstrap: 'it would make a Consul of one server',
  bootstrap_expect: '`consul.servers` and `cluster.size` say it',
  retry_join: '`consul.join` says it',
  start_join: '`consul.join` says it',
  node_name: NAME,
  node_id: NAME,
  bind_addr: NAME,
  advertise_addr: NAME,
  client_addr: HERE,
  addresses: HERE,
  'ports.http': HERE,
  'ports.dns': HERE,
  'ports.grpc_tls': 'nothing here uses the service mesh',
  'connect.enabled': 'nothing here uses the service mesh',
  data_dir: 'the unit has it',
  recursors: "the host's own name servers are found as it boots",
  encrypt: SECRET,
  'acl.tokens': SECRET,
  'acl.enabled': '`consul.tokens` says it',
  'acl.default_policy': '`consul.tokens` says it',
  tls: TLS,
  ca_file: TLS,
  ca_path: TLS,
  cert_file: TLS,
  key_file: TLS,
  verify_incoming: TLS,
  verify_incoming_rpc: TLS,
  verify_outgoing: TLS,
  verify_server_hostname: TLS,
  leave_on_terminate: RECORD,
  skip_leave_on_interrupt: RECORD,
  rejoin_after_leave: RECORD,
  'dns_config.enable_truncate': 'without it an answer that does not fit loses members',
  'dns_config.enable_additional_node_meta_txt': 'records that nobody asked for leave no room for members',
  'dns_config.udp_answer_limit': 'fewer answers than members are no answer',
  'dns_config.only_passing': 'members register before they run',
  enable_script_checks: 'whoever may register a service would run programs on the host',
  enable_local_script_checks: 'whoever may write a file of configuration would run programs on the host',
};

/** Why a key is not for a spec, with dots where it lies within others, in whatever case: Consul heeds none. Undefined: it may be set. */
export function ownerOfConsul(path: string): string | undefined {
  const name = path.toLowerCase();
  return Object.entries(OWNED).find(([owned]) => name === owned || name.startsWith(`${owned}.`))?.[1];
}

/** Whether some of what lies below a key is not for a spec: another value than a mapping would take that away. */
export const holdsOwned = (path: string): boolean =>
  Object.keys(OWNED).some((owned) => owned.startsWith(`${path.toLowerCase()}.`));
