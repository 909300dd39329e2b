/** Values that a setting of etcd takes. */
type Kind = 'count' | 'number' | 'duration' | 'switch' | 'text' | 'origins' | readonly string[];

/** A flag of etcd's that a spec may set: what it takes, what it is, and the first version that has it. */
export interface Setting {
  kind: Kind;
  about: string;
  from?: string;
}

const levels = ['debug', 'info', 'warn', 'error', 'panic', 'fatal'] as const;
const versions = ['TLS1.2', 'TLS1.3'] as const;

/**
 * By the name of the flag, without `--`: etcd --help of 3.5.16, 3.5.35, 3.6.16 and 3.7.3 (2026-11-30), to which a test holds it. What 3.5 has
 * as `--experimental-…` is not here: the flag has another name in 3.6, and the old one does not exist in 3.7.
 */
export const ETCD_SETTINGS: Readonly<Record<string, Setting>> = {
  'auth-token': {
    kind: 'text',
    about: 'Kind of token for authenticated clients: `simple`, or `jwt,…` with its options',
  },
  'auth-token-ttl': { kind: 'count', about: 'Seconds for which a token is good' },
  'auto-compaction-mode': { kind: ['periodic', 'revision'], about: 'How old revisions are counted for compaction' },
  'auto-compaction-retention': { kind: 'text', about: 'Revisions to keep: a duration (`8h`), hours, or their number' },
  'backend-batch-interval': {
    kind: 'duration',
    about: 'Longest time before a transaction of the database is committed',
  },
  'backend-batch-limit': { kind: 'count', about: 'Most operations before it is committed' },
  'backend-bbolt-freelist-type': { kind: ['map', 'array'], about: 'How the database keeps its free pages' },
  'bcrypt-cost': { kind: 'count', about: 'Cost of hashing passwords' },
  'bootstrap-defrag-threshold-megabytes': {
    kind: 'count',
    about: 'Megabytes that a defragmentation at the start has to free to be done',
    from: '3.6.0',
  },
  'cipher-suites': { kind: 'text', about: 'Cipher suites of TLS 1.2, with commas' },
  'client-cert-allowed-hostname': { kind: 'text', about: 'Name that certificates of clients have to have as a SAN' },
  'compact-hash-check-time': {
    kind: 'duration',
    about: 'Time between comparisons of hashes with other members',
    from: '3.6.0',
  },
  'compaction-batch-limit': {
    kind: 'count',
    about: 'Most revisions that one batch of a compaction deletes',
    from: '3.6.0',
  },
  'compaction-sleep-interval': { kind: 'duration', about: 'Pause between these batches', from: '3.6.0' },
  'corrupt-check-time': { kind: 'duration', about: 'Time between checks for corruption; `0s`: none', from: '3.6.0' },
  cors: { kind: 'origins', about: 'Origins that browsers may call from, with commas' },
  'distributed-tracing-address': { kind: 'text', about: 'Where traces are sent, HOST:PORT', from: '3.6.0' },
  'distributed-tracing-instance-id': { kind: 'text', about: "This member's ID in traces", from: '3.6.0' },
  'distributed-tracing-sampling-rate': { kind: 'number', about: 'Traces kept of a million', from: '3.6.0' },
  'distributed-tracing-service-name': { kind: 'text', about: 'Name of the service in traces', from: '3.6.0' },
  'downgrade-check-time': { kind: 'duration', about: 'Time between checks of a downgrade', from: '3.6.0' },
  'election-timeout': {
    kind: 'count',
    about: 'Milliseconds without a leader before an election: at least five heartbeats',
  },
  'enable-distributed-tracing': { kind: 'switch', about: 'Whether requests are traced (OpenTelemetry)', from: '3.6.0' },
  'enable-pprof': { kind: 'switch', about: 'Whether profiles are served to clients' },
  'feature-gates': { kind: 'text', about: 'Features switched on or off, `NAME=true` with commas', from: '3.6.0' },
  'grpc-keepalive-interval': { kind: 'duration', about: 'Time between pings to a client that is silent' },
  'grpc-keepalive-min-time': { kind: 'duration', about: 'Least time between pings that a client may send' },
  'grpc-keepalive-timeout': { kind: 'duration', about: 'Time for an answer before the connection is closed' },
  'heartbeat-interval': { kind: 'count', about: 'Milliseconds between heartbeats of the leader' },
  'host-whitelist': { kind: 'text', about: 'Host names that plain HTTP requests may be for, with commas' },
  'initial-election-tick-advance': { kind: 'switch', about: 'Whether a start shortens the first election' },
  'log-format': { kind: ['json', 'console'], about: 'Form of the log', from: '3.6.0' },
  'log-level': { kind: levels, about: 'Least level that is logged' },
  'max-concurrent-streams': { kind: 'count', about: 'Most streams that one client has open' },
  'max-request-bytes': { kind: 'count', about: 'Most bytes of a request' },
  'max-snapshots': { kind: 'number', about: 'Snapshot files to keep; 0: all' },
  'max-txn-ops': { kind: 'count', about: 'Most operations in a transaction' },
  'max-wals': { kind: 'number', about: 'Log files to keep; 0: all' },
  metrics: { kind: ['basic', 'extensive'], about: 'Detail of the metrics' },
  'pre-vote': { kind: 'switch', about: 'Whether a member asks before it starts an election' },
  'quota-backend-bytes': { kind: 'number', about: 'Bytes of the database above which writes are refused; 0: 2 GiB' },
  'raft-read-timeout': { kind: 'duration', about: 'Time for reading from a peer' },
  'raft-write-timeout': { kind: 'duration', about: 'Time for writing to a peer' },
  'snapshot-catchup-entries': { kind: 'count', about: 'Log entries kept for a member that is behind', from: '3.6.0' },
  'snapshot-count': { kind: 'count', about: 'Committed transactions between snapshots' },
  'tls-max-version': { kind: versions, about: 'Newest version of TLS that is spoken' },
  'tls-min-version': { kind: versions, about: 'Oldest version of TLS that is spoken' },
  'warning-apply-duration': { kind: 'duration', about: 'Time above which applying a request is logged', from: '3.6.0' },
  'warning-unary-request-duration': { kind: 'duration', about: 'Time above which a request is logged', from: '3.6.0' },
  'watch-progress-notify-interval': {
    kind: 'duration',
    about: 'Time between notes to watchers that nothing happens',
    from: '3.6.0',
  },
};

/** Flags that no spec may set, each with what says it instead, or why not. Patterns of whole names. */
const OWNED_SETTINGS: readonly (readonly [flag: RegExp, why: string])[] = [
  [/^name$/, 'the host has one name in Consul and in etcd'],
  [/^(data|wal)-dir$/, '`etcd.dataDirectory` says where, and the gate reads its log there'],
  [
    /^listen-metrics-urls$/,
    "`etcd.metricsPort` is on 127.0.0.1, where the health check is; `etcd.metricsAt: host` has it on the host's address too",
  ],
  [
    /^(listen|advertise)-/,
    '`etcd.peerPort`, `etcd.clientPort` and `address` say where, and the members are known by that',
  ],
  [
    /^initial-(?!election)/,
    'the record that all hosts have agreed on says it: another list or token is another cluster',
  ],
  [/^discovery/, '`etcd.discovery` says how members find each other'],
  [
    /^(cert-file|key-file|trusted-ca-file|client-cert-auth|peer-(cert-file|key-file|trusted-ca-file|client-cert-auth))$/,
    '`tls` names the files',
  ],
  [/^peer-cert-allowed-/, '`tls.peer.allowedHostname` and `tls.peer.allowedCommonName` say it'],
  [/^(peer|client)-crl-file$/, '`tls.peer.crl` and `tls.client.crl` say it'],
  [/^(peer-)?client-(cert|key)-file$/, 'a member shows the certificate of `tls` on both sides'],
  [/^(peer-)?auto-tls$|^self-signed|^peer-skip-client-san/, 'members would no longer know whom they speak to'],
  [/^strict-reconfig-check$/, 'without it a change of the members may lose the quorum'],
  [/^(force-new-cluster|unsafe-no-fsync)$/, 'it loses acknowledged writes'],
  [/^max-learners$/, 'hosts join one at a time'],
  [/^enable-grpc-gateway$/, 'sidekicks ask etcd through it'],
  [/^(logger|log-outputs|log-rotation-config-json|enable-log-rotation)$/, "the journal has etcd's log"],
  [/^socket-reuse-/, 'two etcds would answer at one port'],
  [/^memory-mlock$/, 'the sandbox of its unit does not let it'],
  [/^(enable-v2|v2-deprecation|proxy.*)$/, 'newer versions do not have it'],
  [/^experimental-/, 'it has another name in etcd 3.6 and does not exist in 3.7'],
];

/** Why a flag may not be set; undefined: it is none of these. */
export const ownerOf = (flag: string): string | undefined => OWNED_SETTINGS.find(([one]) => one.test(flag))?.[1];
