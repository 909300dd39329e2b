import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { withDefaults } from '../spec/defaults-testing.ts';
import { realPrograms } from '../testing/programs.ts';
import { NEWEST } from '../version/facts.ts';
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

const real = programs.length > 0 ? test : test.skip;
real('each version of etcd has each flag, and calls none deprecated (QUORUMGATE_TEST_ETCD, or a lab)', (t) => {
  for (const program of programs) {
    const help = spawnSync(program, ['--help'], { encoding: 'utf8' });
    const lines = `${help.stdout}${help.stderr}`.split('\n');
    const version = /etcd Version: (\S+)/.exec(spawnSync(program, ['--version'], { encoding: 'utf8' }).stdout)?.[1];
    t.log(version);
    for (const flag of flags()) {
      const at = lines.findIndex((line) => new RegExp(`^\\s*${flag}(\\s|$)`).test(line));
      t.not(at, -1, `${version}: ${flag}`);
      t.notRegex(`${lines[at]}${lines[at + 1]}`, /deprecated/i, `${version}: ${flag}`);
    }
  }
});
