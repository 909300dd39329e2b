/** Something that is so of some versions of a program, and what quorumgate refuses or does differently for it. */
export interface Fact {
  program: 'etcd' | 'Consul' | 'systemd' | 'Node';
  /** The first version of which it is so; undefined: of every older one too. */
  from?: string;
  /** The first version of which it is no longer so; undefined: of every newer one too. */
  before?: string;
  what: string;
  source: string;
  date: string;
}

/**
 * The one table of them. Rules of the spec, plans and targets read it; for hosts, sidekick/host/refused.ts takes what they refuse.
 * A row without an effect turns version.test.ts red.
 */
export const VERSIONS = {
  etcdTooOld: {
    program: 'etcd',
    before: '3.4',
    what: 'without learners, and without support for years: refused',
    source: 'etcd-io/etcd, CHANGELOG-3.4.md',
    date: '2026-11-23',
  },
  etcdCorrupts: {
    program: 'etcd',
    from: '3.5.0',
    before: '3.5.3',
    what: 'a crash can leave members that differ: refused, by hosts too',
    source: 'etcd-io/etcd, Documentation/postmortems/v3.5-data-inconsistency.md',
    date: '2026-11-23',
  },
  // 3.1 to 3.3 could, but are refused anyway.
  etcdDropsPlainSrv: {
    program: 'etcd',
    from: '3.4',
    before: '3.5',
    what: 'drops SRV records of plain http, and never starts by them alone: refused, by hosts too',
    source: 'etcd-io/etcd#11321 (repaired in 3.5.0 alone, by #11776); tried with 3.4.23',
    date: '2026-11-23',
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
    what: 'names SRV targets by other rules: refused',
    source: 'hashicorp/consul#7360 and #9190',
    date: '2026-11-23',
  },
  consulIgnoresTags: {
    program: 'Consul',
    from: '1.19.0',
    before: '1.19.2',
    what: 'its DNS ignores tags with dots, or does not know them: refused, by hosts too',
    source: 'hashicorp/consul#21336 and #21361; taken back by #21598',
    date: '2026-11-23',
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
