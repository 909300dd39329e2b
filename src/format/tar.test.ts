import { spawnSync } from 'node:child_process';
import test from 'ava';
import { printTar, readTar } from './tar.ts';

const encode = (text: string) => new TextEncoder().encode(text);
const files = [
  { path: 'etc/empty', mode: 0o644, bytes: encode('') },
  { path: 'opt/quorumgate/bin/x', mode: 0o755, bytes: encode('y'.repeat(513)) },
];

test('what was written is read', (t) => {
  t.deepEqual(readTar(printTar(files)), files);
  t.deepEqual(readTar(printTar([])), []);
});

test('tar itself reads it', (t) => {
  const { stdout, stderr } = spawnSync('tar', ['--numeric-owner', '--utc', '-tvf', '-'], {
    input: printTar(files),
    encoding: 'utf8',
  });
  t.is(stderr, '');
  const lines = stdout
    .trim()
    .split('\n')
    .map((line) => line.replace(/\s+/g, ' '));
  t.deepEqual(lines, [
    '-rw-r--r-- 0/0 0 1970-01-01 00:00 etc/empty',
    '-rwxr-xr-x 0/0 513 1970-01-01 00:00 opt/quorumgate/bin/x',
  ]);
});

test('tar finds its end whatever the size', (t) => {
  for (let blocks = 16; blocks <= 20; blocks += 1) {
    const archive = printTar([{ path: 'x', mode: 0o644, bytes: encode('y'.repeat(512 * blocks)) }]);
    t.is(spawnSync('tar', ['-tf', '-'], { input: archive, encoding: 'utf8' }).stderr, '', `${blocks} blocks`);
    t.is(archive.length % 10_240, 0);
  }
});

test('a name that does not fit is refused', (t) => {
  t.throws(() => printTar([{ path: 'x'.repeat(100), mode: 0o644, bytes: encode('') }]));
});
