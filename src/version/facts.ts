/** Something that is so of some versions of a program, and what quorumgate refuses or does differently for it. */
export interface Fact {
  program: 'etcd' | 'Consul' | 'systemd' | 'Node';
  /** The first version of which it is so; undefined: of every older one too. */
  from?: string;
  /** The first version of which it is no longer so, or the first of each line that was mended; undefined: of every newer one too. */
  before?: string | readonly string[];
  /** The day on which support for these versions ends. As of a day before, that is no problem yet. */
  ends?: string;
  /** Code of the diagnostic that a spec gets for it. Those that `allow` lifts are made of the rows alone. */
  code?:
    | 'etcd-too-old'
    | 'etcd-corrupts'
    | 'srv-needs-tls'
    | 'etcd-unsupported'
    | 'etcd-insecure'
    | 'etcd-faulty'
    | 'consul-too-old'
    | 'consul-dns-broken'
    | 'consul-unsupported'
    | 'consul-insecure';
  what: string;
  source: string;
  date: string;
}

/**
 * The day as of which the table was read. Nothing looks at a clock: the same spec gives the same answer, until this day and what
 * follows from it are brought up to date.
 */
export const AS_OF = '2026-11-29';

/** The versions that examples and remedies name: the newest that are maintained and have none of the faults below. */
export const NEWEST = {
  etcd: {
    version: '3.7.3',
    source:
      'the Go module go.etcd.io/etcd/server/v3 v3.7.3; etcd-io/etcd, CHANGELOG-3.6.md has its sister 3.6.16 of 2026-10-22',
    date: '2026-11-29',
  },
  Consul: { version: '2.1.0', source: 'hashicorp/consul, release v2.1.0 of 2026-10-21', date: '2026-11-29' },
};

/**
 * The one table of them. Rules of the spec, plans and targets read it; for hosts, sidekick/host/refused.ts takes what they refuse.
 * A row without an effect turns version.test.ts red.
 */
export const VERSIONS = {
  etcdTooOld: {
    program: 'etcd',
    before: '3.4',
    code: 'etcd-too-old',
    what: 'without learners, and without support for years: refused',
    source: 'etcd-io/etcd, CHANGELOG-3.4.md',
    date: '2026-11-23',
  },
  etcdCorrupts: {
    program: 'etcd',
    from: '3.5.0',
    before: '3.5.3',
    code: 'etcd-corrupts',
    what: 'a crash can leave members that differ: refused, by hosts too',
    source: 'etcd-io/etcd, Documentation/postmortems/v3.5-data-inconsistency.md',
    date: '2026-11-23',
  },
  // 3.1 to 3.3 could, but are refused anyway.
  etcdDropsPlainSrv: {
    program: 'etcd',
    from: '3.4',
    before: '3.5',
    code: 'srv-needs-tls',
    what: 'drops SRV records of plain http, and never starts by them alone: refused, by hosts too',
    source: 'etcd-io/etcd#11321 (repaired in 3.5.0 alone, by #11776); tried with 3.4.23',
    date: '2026-11-23',
  },
  etcd34Ended: {
    program: 'etcd',
    before: '3.5',
    ends: '2026-06-01',
    code: 'etcd-unsupported',
    what: 'support for 3.4 ended on 2026-06-01 with 3.4.45',
    source: 'etcd.io/blog/2026/june-patch-release; etcd-io/etcd, CHANGELOG-3.4.md',
    date: '2026-11-29',
  },
  etcd35Ends: {
    program: 'etcd',
    from: '3.5',
    before: '3.6',
    ends: '2027-07-08',
    code: 'etcd-unsupported',
    what: 'support for 3.5 ends on 2027-07-08, a year after 3.7.0',
    source: 'etcd.io/blog/2026/etcd-370-beta; etcd-io/etcd, CHANGELOG-3.7.md',
    date: '2026-11-29',
  },
  etcdBypassesAuth: {
    program: 'etcd',
    before: ['3.4.42', '3.5.28', '3.6.9'],
    code: 'etcd-insecure',
    what: 'whoever reaches it gets around its authentication (CVE-2026-33413)',
    source: 'etcd.io/blog/2026/mar20-patch-release; GHSA-q8m4-xhhv-38mg',
    date: '2026-11-29',
  },
  etcdLeaksWatches: {
    program: 'etcd',
    before: ['3.5.33', '3.6.14', '3.7.1'],
    code: 'etcd-insecure',
    what: 'who may read one key watches all that follow it (GHSA-xg4h-6gfc-h4m8)',
    source: 'etcd.io/blog/2026/july-23-patch-release',
    date: '2026-11-29',
  },
  etcdKeepsHandshakes: {
    program: 'etcd',
    before: ['3.5.33', '3.6.14', '3.7.1'],
    code: 'etcd-insecure',
    what: 'TLS handshakes that nobody ends take it down (GHSA-6vch-q96h-7gc3)',
    source: 'etcd.io/blog/2026/july-23-patch-release',
    date: '2026-11-29',
  },
  // No data is lost in 3.5 itself: there the other of its two stores counts.
  etcdForgetsPromotions: {
    program: 'etcd',
    from: '3.5.1',
    before: '3.5.20',
    code: 'etcd-faulty',
    what: 'members that joined as learners, as all that heal or grow a cluster do, are learners again at the upgrade to 3.6 (etcd#19557)',
    source: 'etcd-io/etcd#19557; etcd.io/blog/2025/upgrade_from_3.5_to_3.6_issue',
    date: '2026-11-29',
  },
  etcdForgetsRemovals: {
    program: 'etcd',
    from: '3.5',
    before: '3.5.26',
    code: 'etcd-faulty',
    what: 'members that were removed may be back at the upgrade to 3.6 (etcd#20967)',
    source: 'etcd-io/etcd#20967; etcd.io/blog/2025/zombie_members_upgrade',
    date: '2026-11-29',
  },
  etcdReadsStale: {
    program: 'etcd',
    before: ['3.4.42', '3.5.28', '3.6.9'],
    code: 'etcd-faulty',
    what: 'a process that was paused answers with what is no longer so',
    source: 'etcd-io/etcd#21421 and #21417, CHANGELOG-3.4.md to 3.6.md',
    date: '2026-11-29',
  },
  etcdRefusesLearners: {
    program: 'etcd',
    before: ['3.5.30', '3.6.11'],
    code: 'etcd-faulty',
    what: 'takes no learner while any member is down, so of two dead hosts none is replaced by itself (etcd#21640)',
    source: 'etcd-io/etcd#21640; CHANGELOG-3.5.md and CHANGELOG-3.6.md',
    date: '2026-11-29',
  },
  etcdPromotesByUpdate: {
    program: 'etcd',
    from: '3.5',
    before: ['3.5.31', '3.6.12'],
    code: 'etcd-faulty',
    what: 'a learner whose address changes gets its vote before it has the data (etcd#21694)',
    source: 'etcd-io/etcd#21694; CHANGELOG-3.5.md and CHANGELOG-3.6.md',
    date: '2026-11-29',
  },
  etcdHasLiveness: {
    program: 'etcd',
    from: '3.5.11',
    what: 'answers /livez and /readyz: probes of a static pod ask for them',
    source: 'etcd-io/etcd, CHANGELOG-3.5.md and CHANGELOG-3.6.md',
    date: '2026-11-25',
  },
  etcd34HasLiveness: {
    program: 'etcd',
    from: '3.4.29',
    before: '3.5',
    what: 'answers them too',
    source: 'etcd-io/etcd, CHANGELOG-3.4.md',
    date: '2026-11-25',
  },
  etcdHasLocalHealth: {
    program: 'etcd',
    from: '3.5.3',
    what: 'answers /health?serializable=true: probes ask for it where there is no /livez',
    source: 'etcd-io/etcd#13706; kubernetes/kubernetes#110072',
    date: '2026-11-29',
  },
  consulTooOld: {
    program: 'Consul',
    before: '1.7.0',
    code: 'consul-too-old',
    what: 'names SRV targets by other rules: refused',
    source: 'hashicorp/consul#7360 and #9190',
    date: '2026-11-23',
  },
  consulIgnoresTags: {
    program: 'Consul',
    from: '1.19.0',
    before: '1.19.2',
    code: 'consul-dns-broken',
    what: 'its DNS ignores tags with dots, or does not know them: refused, by hosts too',
    source: 'hashicorp/consul#21336 and #21361; taken back by #21598',
    date: '2026-11-23',
  },
  // HashiCorp mends the newest three lines; of the Community Edition none has a longer support.
  consulEnded: {
    program: 'Consul',
    before: '1.22',
    ends: '2026-10-21',
    code: 'consul-unsupported',
    what: 'support for what is older than 1.22 ended on 2026-10-21 with 2.1.0',
    source:
      'HashiCorp, "Support Period and End-of-Life (EOL) Policy"; endoflife.date/consul; hashicorp/consul, release v2.1.0',
    date: '2026-11-29',
  },
  consulFillsMemory: {
    program: 'Consul',
    before: '2.1.0',
    code: 'consul-insecure',
    what: 'whoever reaches its HTTP interface fills its memory (CVE-2026-105626)',
    source: 'CVEProject/cvelistV5, CVE-2026-105626; only Consul Enterprise has it mended in older lines',
    date: '2026-11-29',
  },
  consulFillsServers: {
    program: 'Consul',
    before: '2.0.4',
    code: 'consul-insecure',
    what: 'a client without a token fills the memory of servers (CVE-2026-87106)',
    source: 'ubuntu.com/security/CVE-2026-87106',
    date: '2026-11-29',
  },
  consulHasTlsStanza: {
    program: 'Consul',
    from: '1.12',
    what: 'has TLS of its agents in `tls`; the keys of before are deprecated',
    source:
      'hashicorp/consul, release v1.12.0 (#12504); `consul validate` of 1.8.7 takes the old keys alone, 1.14.11 both, and warns of the old',
    date: '2026-11-30',
  },
  consulHasMesh: {
    program: 'Consul',
    from: '1.14',
    what: 'servers have a service mesh with a CA, and listen for it on 8503: both are switched off, by keys that older ones do not have',
    source: 'hashicorp/consul, release v1.14.0 (#15302, #15339); tried with 1.8.7 and 1.14.11',
    date: '2026-11-29',
  },
  systemdRefusesRetries: {
    program: 'systemd',
    before: '244',
    what: 'refuses a unit with Type=oneshot and Restart=: ExecStart= tries again instead',
    source: 'systemd.service(5) of systemd 257, Restart=',
    date: '2026-11-25',
  },
  systemdEnablesNoInstances: {
    program: 'systemd',
    before: '240',
    what: 'a preset enables no instance and no template',
    source: 'coreos/bugs#2241',
    date: '2026-11-25',
  },
  nodeTooOld: {
    program: 'Node',
    before: '18',
    what: 'does not run the sidekicks: the build is for newer ones, and hosts refuse it',
    source: 'tried with 18.20.4 of Debian 12',
    date: '2026-11-25',
  },
  nodeTooOldHere: {
    program: 'Node',
    before: '20.19',
    what: 'does not run the commands and tests of a clone: refused before anything is installed',
    source: 'engines of ava 7.0.0 and c8 12.0.0',
    date: '2026-11-29',
  },
} satisfies Record<string, Fact>;
