import test from 'ava';
import { withDefaults } from '../../spec/defaults-testing.ts';
import { printLock } from '../../spec/lock.ts';
import type { SpecInput } from '../../spec/schema/schema.ts';
import { lockedIn, wantedPrograms } from './wanted-programs.ts';

const spec = (changes: Partial<SpecInput>) =>
  withDefaults({
    version: 1,
    cluster: { name: 'x', size: 3 },
    targets: ['aws'],
    address: { cidr: '10.1.2.0/24' },
    consul: { servers: 'members', join: ['10.1.2.101'] },
    etcd: { version: '3.6.16' },
    tls: 'off',
    ...changes,
  });
const source = { url: 'https://example.com/x.tar.gz', sha256: 'a'.repeat(64) };

test('a spec wants its versions from its URLs; Node only where it has it by one', (t) => {
  const { consul, etcd, node } = wantedPrograms(
    spec({ programs: { etcd: source, node: source } }),
    {},
    { etcd: '3.7' },
  );
  t.like(etcd, { version: '3.6.16', source, asked: '3.7' });
  t.deepEqual(node?.source, source);
  t.like(consul, { version: undefined, source: undefined, asked: undefined });
  t.is(wantedPrograms(spec({}), {}, {}).node, undefined);
});

test('a release has the URL of the lock file, if that is of the same version', (t) => {
  const locked = { etcd: { version: '3.6.16', arch: 'amd64' as const, ...source } };
  const file = { file: 'x.lock.yaml', text: printLock(locked) };
  t.deepEqual(lockedIn({ lock: file, file: 'x.yaml' }), locked);
  t.deepEqual(lockedIn({ lock: { ...file, text: 'no lock file' }, file: 'x.yaml' }), {});
  t.deepEqual(lockedIn({ file: 'x.yaml' }), {});
  const release = { programs: { etcd: 'release' as const }, releases: { index: 'https://example.com/index.json' } };
  t.like(wantedPrograms(spec(release), locked, {}).etcd.source, source);
  t.is(wantedPrograms(spec({ ...release, etcd: { version: '3.6.17' } }), locked, {}).etcd.source, undefined);
});
