import { readFileSync } from 'node:fs';
import { runInNewContext } from 'node:vm';
import test from 'ava';
import { isTooOld } from '../.ci/prepare.mjs';
import { loadAssets } from './io/assets.ts';
import { consulConfig } from './plan/consul.ts';
import { etcdPod } from './plan/pod.ts';
import { unfit } from './sidekick/host/fitness.ts';
import type { Settings } from './sidekick/shared/settings.ts';
import { readSpec } from './spec/read.ts';
import { SMALLEST } from './spec/reference.ts';
import { faultsOf } from './spec/rule/version.ts';
import { systemd } from './target/container-linux/limits.ts';
import { enables, planFor } from './target/container-linux/old-systemd.ts';
import { DIRECTIVES, VALUES } from './version/directives.ts';
import { AS_OF, type Fact, NEWEST, VERSIONS } from './version/facts.ts';
import { isIn } from './version/range.ts';
import { systems } from './version/systems.ts';

const read = (name: string) => readFileSync(new URL(`../${name}`, import.meta.url), 'utf8');
const assets = await loadAssets();

/** By a diagnostic. `{}` in the change is the version. */
const compiler = (code: string, key: string, change: string) => (version: string) =>
  readSpec(SMALLEST.replace(key, change.replace('{}', version)), 'x', ['aws']).diagnostics.some(
    (one) => one.code === code,
  );

const { spec } = readSpec(read('examples/static-pod.yaml'), 'x', ['aws', 'flatcar']);

/** By what a static pod is asked. */
const probes = (path: string) => (version: string) =>
  spec !== undefined &&
  etcdPod({ ...spec, etcd: { ...spec.etcd, version } }, assets.units['etcd.service'] ?? '').includes(path);

/** By a host. */
const host = (what: 'etcd' | 'consul', why: string) => (version: string) => {
  const settings = { discovery: 'srv', scheme: 'http' } as Settings;
  return unfit(settings, what === 'etcd' ? version : '', what === 'consul' ? version : '')?.includes(why) ?? false;
};

const retried = { name: 'a.service', content: '[Service]\nType=oneshot\nRestart=on-failure\n', enabled: true };
const ETCD = 'version: 3.7.3';
const CONSUL = 'servers: members';

/** By a diagnostic that `allow` lifts, which says just this; of what is announced as of its day. */
const fault =
  (name: keyof typeof VERSIONS) =>
  (version: string): boolean => {
    const { program, code, what, ends = AS_OF }: Fact = VERSIONS[name];
    if (program !== 'etcd' && program !== 'Consul') return false;
    const asOf = ends > AS_OF ? ends : AS_OF;
    const found = [...faultsOf(program, version, asOf)].some(
      ([one, facts]) => one === code && facts.some((fact) => fact.what === what),
    );
    const [key, line] =
      program === 'etcd' ? [ETCD, `version: ${version}`] : [CONSUL, `${CONSUL}\n  version: ${version}`];
    const { diagnostics } = readSpec(SMALLEST.replace(key, line), 'x', ['aws']);
    const isSaid = diagnostics.some((one) => one.code === code && one.message.includes(what));
    const isRefused = isIn(version, VERSIONS.etcdCorrupts) || isIn(version, VERSIONS.consulIgnoresTags);
    if (ends <= AS_OF && !isRefused && isSaid !== found)
      throw new Error(`${name}: the spec does not say it of ${version}`);
    return found;
  };

const agent = (version: string) => {
  const { spec } = readSpec(SMALLEST, 'x', ['aws']);
  return spec === undefined ? '' : consulConfig({ ...spec, consul: { ...spec.consul, version } }, 'etcd');
};

/** The effects that each row is there for: whether it is so of a version. */
/** An agent's configuration with TLS. */
const secured = (version: string): { tls?: object } =>
  spec === undefined
    ? {}
    : JSON.parse(consulConfig({ ...spec, consul: { ...spec.consul, version, tls: { ca: '/x/ca.crt' } } }, 'etcd'));

const EFFECTS: Record<keyof typeof VERSIONS, ((version: string) => boolean)[]> = {
  etcdTooOld: [compiler('etcd-too-old', ETCD, 'version: {}')],
  etcdCorrupts: [compiler('etcd-corrupts', ETCD, 'version: {}'), host('etcd', 'can lose data')],
  etcdDropsPlainSrv: [
    compiler('srv-needs-tls', ETCD, 'version: {}\n  discovery: srv'),
    host('etcd', 'finds nobody by SRV without TLS'),
  ],
  etcd34Ended: [fault('etcd34Ended')],
  etcd35Ends: [fault('etcd35Ends')],
  etcdBypassesAuth: [fault('etcdBypassesAuth')],
  etcdLeaksWatches: [fault('etcdLeaksWatches')],
  etcdKeepsHandshakes: [fault('etcdKeepsHandshakes')],
  etcdForgetsPromotions: [fault('etcdForgetsPromotions')],
  etcdForgetsRemovals: [fault('etcdForgetsRemovals')],
  etcdReadsStale: [fault('etcdReadsStale')],
  etcdRefusesLearners: [fault('etcdRefusesLearners')],
  etcdPromotesByUpdate: [fault('etcdPromotesByUpdate')],
  etcdHasLiveness: [probes('/livez'), probes('/readyz')],
  etcd34HasLiveness: [probes('/livez'), probes('/readyz')],
  etcdHasLocalHealth: [probes('/health?serializable=true')],
  consulTooOld: [compiler('consul-too-old', CONSUL, `${CONSUL}\n  version: {}`)],
  consulIgnoresTags: [
    compiler('consul-dns-broken', CONSUL, `${CONSUL}\n  version: {}`),
    host('consul', 'whose DNS ignores tags'),
  ],
  consulEnded: [fault('consulEnded')],
  consulFillsMemory: [fault('consulFillsMemory')],
  consulFillsServers: [fault('consulFillsServers')],
  consulHasTlsStanza: [(version) => secured(version).tls !== undefined, (version) => !('ca_file' in secured(version))],
  consulHasMesh: [(version) => agent(version).includes('grpc_tls'), (version) => agent(version).includes('connect')],
  systemdRefusesRetries: [
    (version) => planFor(version, { role: 'etcd', files: [], units: [retried] }).units[0]?.content !== retried.content,
  ],
  systemdEnablesNoInstances: [(version) => !enables(version, 'a@b.service')],
  nodeTooOld: [
    (version) => {
      const [, script = ''] = /^ *node\) "\$1" -e '(.*)' ;;$/m.exec(read('units/scripts/program.sh')) ?? [];
      try {
        runInNewContext(script, { process: { version: `v${version}` } });
        return script === '';
      } catch {
        return true;
      }
    },
  ],
  nodeTooOldHere: [isTooOld],
};

const whole = (version: string) => [...version.split('.'), '0', '0'].slice(0, 3).join('.');

/** The last version before one, or as good as that. */
function below(version: string): string {
  const numbers = whole(version).split('.').map(Number);
  const at = numbers.findLastIndex((part) => part > 0);
  return numbers.map((part, index) => (index < at ? part : index === at ? part - 1 : 99)).join('.');
}

for (const [key, effects] of Object.entries(EFFECTS)) {
  const { program, from, before }: Fact = VERSIONS[key as keyof typeof VERSIONS];
  const ends = [before ?? []].flat();
  const edges = [from, ...ends].filter((edge) => edge !== undefined);
  test(`${key}: ${program} is told apart at ${edges.join(' and ')}`, (t) => {
    t.true(edges.length > 0 && effects.length > 0);
    for (const effect of effects) {
      if (from !== undefined) t.deepEqual([below(from), whole(from)].map(effect), [false, true], from);
      for (const end of ends) t.deepEqual([below(end), whole(end)].map(effect), [true, false], end);
    }
  });
}

test('what is announced is said from its day on', (t) => {
  const announced = (Object.values(VERSIONS) as Fact[]).filter(({ ends = '' }) => ends > AS_OF);
  t.true(announced.length > 0);
  for (const { from = '', code, ends } of announced) {
    const codes = (asOf?: string) => [...faultsOf('etcd', `${from}.99`, asOf).keys()];
    t.deepEqual([codes(), codes(ends)], [[], [code]]);
  }
});

test('the newest have no fault, and are what examples name', (t) => {
  for (const program of ['etcd', 'Consul'] as const) t.is(faultsOf(program, NEWEST[program].version).size, 0);
  const example = read('examples/mycluster.yaml');
  t.true(example.includes(`etcd: {version: ${NEWEST.etcd.version}}`));
  t.true(example.includes(`version: ${NEWEST.Consul.version}}`));
});

test('every fact has its source and date', (t) => {
  for (const { source, date } of [
    ...Object.values(VERSIONS),
    ...Object.values(NEWEST),
    ...systems,
    DIRECTIVES,
    VALUES,
    systemd,
  ]) {
    t.true(source.length > 10, source);
    t.regex(date, /^20\d\d-(0[1-9]|1[0-2])-([0-2]\d|3[01])$/, source);
  }
});
