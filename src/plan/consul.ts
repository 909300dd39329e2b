import type { Spec } from '../spec/defaults.ts';
import { VERSIONS } from '../version/facts.ts';
import { isIn } from '../version/range.ts';
import { SOCKET } from './environment.ts';
import type { Role } from './plan.ts';

/**
 * ACLs: what no token allows is denied, by an agent that is no server too: it answers some requests itself, and allows them by default (`/v1/agent/leave`,
 * 1.14.11, 2026-11-30). The tokens themselves come to the host by files (units/scripts/secrets.sh).
 */
const aclOf = ({ consul: { tokens, runtime } }: Spec): object => ({
  ...(tokens && { acl: { enabled: true, default_policy: 'deny' } }),
  // Tokens are rights enough.
  ...(tokens &&
    runtime === 'service' && { addresses: { http: `127.0.0.1 unix://${SOCKET}` }, unix_sockets: { mode: '666' } }),
});

/** A server is verified by the name that only servers have, and shown a certificate where there is one. */
function tlsOf({ consul: { tls, version } }: Spec, isServer: boolean): object {
  if (tls === undefined) return {};
  const pair = tls.cert === undefined ? {} : { cert_file: tls.cert, key_file: tls.key };
  const files = { ca_file: tls.ca, ...pair, verify_outgoing: true };
  if (version !== undefined && isIn(version, VERSIONS.consulHasTlsStanza)) {
    const defaults = { ...files, ...(isServer ? { verify_incoming: true } : {}) };
    return { tls: { defaults, internal_rpc: { verify_server_hostname: true } } };
  }
  return { ...files, ...(isServer ? { verify_incoming_rpc: true } : {}), verify_server_hostname: true };
}

type Json = Readonly<Record<string, unknown>>;
const isMapping = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Two configurations in one, mapping by mapping. A rule sees to it that the second takes nothing of the first's that matters. */
function merged(one: Json, other: Json): Json {
  const added = Object.entries(other).map(([key, value]): [string, unknown] => {
    const before = one[key];
    return [key, isMapping(before) && isMapping(value) ? merged(before, value) : value];
  });
  return { ...one, ...Object.fromEntries(added) };
}

/** Consul's agent configuration, the same for every host of a role. */
export function consulConfig(spec: Spec, role: Role): string {
  const { servers, count, join, datacenter, domain, version, settings = {} } = spec.consul;
  const isServer = role === 'consul-server' || servers === 'members';
  const cloud = join.some((one) => one.startsWith('provider='));
  const hasMesh = isServer && version !== undefined && isIn(version, VERSIONS.consulHasMesh);
  const config = {
    datacenter,
    domain,
    server: isServer,
    ...(isServer ? { bootstrap_expect: role === 'consul-server' ? count : spec.cluster.size } : {}),
    retry_join: join,
    // The default is 30 s: a boot's worth of waiting for one host that was late. Cloud APIs are asked less often.
    retry_interval: cloud ? '10s' : '500ms',
    // A restarted agent must not take its host's records out of the answers.
    leave_on_terminate: false,
    skip_leave_on_interrupt: true,
    rejoin_after_leave: true,
    disable_update_check: true,
    // Nothing here uses the mesh: no CA, and no port for it. An older agent does not start with a key that it does not know.
    ...(hasMesh ? { connect: { enabled: false }, ports: { grpc_tls: -1 } } : {}),
    // Production timing of elections; the default is five times slower.
    performance: { raft_multiplier: 1 },
    ...aclOf(spec),
    ...tlsOf(spec, isServer),
    dns_config: {
      // Without it, an answer that does not fit loses records and does not say so.
      enable_truncate: true,
      enable_additional_node_meta_txt: false,
      udp_answer_limit: 8,
    },
  };
  return `${JSON.stringify(merged(config, settings), null, 1)}\n`;
}
