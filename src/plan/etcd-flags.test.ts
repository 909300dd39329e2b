import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import type { Spec } from '../spec/defaults.ts';
import { withDefaults } from '../spec/defaults-testing.ts';
import { realPrograms } from '../testing/programs.ts';
import { ETCD_SETTINGS, ownerOf, type Setting } from '../version/etcd-settings.ts';
import { NEWEST } from '../version/facts.ts';
import { isBefore } from '../version/range.ts';
import { etcdEnvironment } from './environment.ts';

const folder = mkdtempSync(join(tmpdir(), 'quorumgate-etcd-flags-'));
test.after.always(() => rmSync(folder, { recursive: true }));
const programs = realPrograms('etcd', process.env['QUORUMGATE_TEST_ETCD'], folder);

/** `--flag` of a variable, as etcd makes it. */
const flagOf = (variable: string) =>
  `--${variable
    .replace(/^ETCD_/, '')
    .toLowerCase()
    .replaceAll('_', '-')}`;

/** Every flag that etcd is started with anywhere: in the unit, by the environment, by the gate. */
function flags(): Set<string> {
  const pair = { cert: '/etc/etcd/a.crt', key: '/etc/etcd/a.key', ca: '/etc/etcd/ca.crt' };
  const spec = withDefaults({
    version: 1,
    cluster: { name: 'mycluster', size: 3 },
    targets: ['aws'],
    address: { cidr: '127.0.0.0/8' },
    consul: { servers: 'existing', join: ['127.0.0.1'] },
    etcd: { version: NEWEST.etcd.version },
    tls: { peer: { ...pair, allowedHostname: 'peer.example', allowedCommonName: 'peer' }, client: pair },
  });
  const unit = readFileSync(new URL('../../units/etcd.service', import.meta.url), 'utf8');
  const gate = readFileSync(new URL('../sidekick/ready/launch.ts', import.meta.url), 'utf8');
  const variables = [...Object.keys(etcdEnvironment(spec)), ...(gate.match(/ETCD_[A-Z_]+/g) ?? [])];
  return new Set([...(unit.match(/(?<= )--[a-z-]+(?==)/g) ?? []), ...variables.map(flagOf)]);
}

test('the flags are found', (t) => {
  const all = [...flags()];
  for (const flag of ['--listen-peer-urls', '--peer-cert-allowed-cn', '--discovery-srv', '--initial-cluster-state'])
    t.true(all.includes(flag), flag);
  // Experimental flags have another name in the next version, and none in 3.7.
  t.deepEqual(
    all.filter((flag) => flag.includes('experimental')),
    [],
  );
});

/** Settings whose values are of a language of their own, or that need a certificate. */
const SPECIAL: Readonly<Record<string, unknown>> = {
  'auth-token': 'simple',
  'auto-compaction-retention': '8h',
  'cipher-suites': undefined,
  'client-cert-allowed-hostname': undefined,
  'election-timeout': 1500,
  'feature-gates': undefined,
  'heartbeat-interval': 300,
  'quota-backend-bytes': 0,
  'bcrypt-cost': 10,
  'enable-distributed-tracing': undefined,
  'tls-min-version': 'TLS1.2',
  'tls-max-version': 'TLS1.3',
};
const SPECIAL_VALUES = Object.fromEntries(Object.entries(SPECIAL).filter(([, value]) => value !== undefined));

function sampleOf(kind: Setting['kind']): string | number | boolean {
  if (typeof kind === 'object') return kind[0] ?? '';
  return { count: 1000, number: 5, duration: '30s', switch: true, text: 'word', origins: '*' }[kind];
}

const versionOf = (program: string) =>
  /etcd Version: (\S+)/.exec(spawnSync(program, ['--version'], { encoding: 'utf8' }).stdout)?.[1] ?? '';

function helpOf(program: string): string {
  const { stdout, stderr } = spawnSync(program, ['--help'], { encoding: 'utf8' });
  return `${stdout}${stderr}`;
}

/** Flags in the help of a version. */
const flagsIn = (help: string) =>
  new Set(
    [...help.matchAll(/^\s+--([a-z0-9-]+)/gm)]
      .map(([, flag = '']) => flag)
      .filter((flag) => flag !== 'version' && flag !== 'help'),
  );

const real = programs.length > 0 ? test : test.skip;
real('each flag of each version may be set, or it is said why not (QUORUMGATE_TEST_ETCD, or a lab)', (t) => {
  for (const program of programs) {
    const version = versionOf(program);
    // Of 3.4 a spec needs a reason.
    if (isBefore(version, '3.5.0')) continue;
    t.log(version);
    const there = flagsIn(helpOf(program));
    const ours = Object.entries(ETCD_SETTINGS).filter(([, { from }]) => from === undefined || !isBefore(version, from));
    for (const [flag] of ours) t.true(there.has(flag), `${version} has no --${flag}`);
    for (const flag of there) {
      if (flag === 'config-file') continue;
      const isSaid = ours.some(([one]) => one === flag) || ownerOf(flag) !== undefined;
      t.true(isSaid, `${version}: --${flag}`);
    }
  }
});

real('etcd takes every setting from its environment as the spec has it (QUORUMGATE_TEST_ETCD, or a lab)', async (t) => {
  for (const program of programs) {
    const version = versionOf(program);
    if (isBefore(version, '3.5.0')) continue;
    const settings = Object.fromEntries(
      Object.entries(ETCD_SETTINGS).flatMap(([flag, { kind, from }]) =>
        flag in SPECIAL || (from !== undefined && isBefore(version, from)) ? [] : [[flag, sampleOf(kind)]],
      ),
    );
    const env = etcdEnvironment({
      tls: 'off',
      etcd: { settings: { ...settings, ...SPECIAL_VALUES } },
    } as unknown as Spec);
    const data = mkdtempSync(join(folder, 'data-'));
    const child = spawn(
      program,
      [
        '--data-dir',
        data,
        '--listen-peer-urls',
        'http://127.0.0.1:0',
        '--listen-client-urls',
        'http://127.0.0.1:0',
        '--advertise-client-urls',
        'http://127.0.0.1:0',
        '--initial-advertise-peer-urls',
        'http://127.0.0.1:0',
        '--initial-cluster',
        'default=http://127.0.0.1:0',
      ],
      { env: { PATH: process.env['PATH'], ...env } },
    );
    let said = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => (said += data));
    const over = new Promise((resolve) => child.on('close', resolve));
    for (let turn = 0; turn < 300 && !/ready to serve client requests/.test(said) && child.exitCode === null; turn++)
      await new Promise((done) => setTimeout(done, 100));
    child.kill('SIGKILL');
    await over;
    t.regex(said, /ready to serve client requests/, version);
    for (const name of Object.keys(env)) t.true(said.includes(name), `${version} does not take ${name}`);
  }
});
real('each version of etcd has each flag, and calls none deprecated (QUORUMGATE_TEST_ETCD, or a lab)', (t) => {
  for (const program of programs) {
    const lines = helpOf(program).split('\n');
    const version = versionOf(program);
    t.log(version);
    for (const flag of flags()) {
      const at = lines.findIndex((line) => new RegExp(`^\\s*${flag}(\\s|$)`).test(line));
      t.not(at, -1, `${version}: ${flag}`);
      t.notRegex(`${lines[at]}${lines[at + 1]}`, /deprecated/i, `${version}: ${flag}`);
    }
  }
});
