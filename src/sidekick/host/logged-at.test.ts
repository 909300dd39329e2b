import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import test from 'ava';
import { realPrograms } from '../../testing/programs.ts';
import { loggedAt } from './logged-at.ts';
import { readData } from './wal.ts';

const work = mkdtempSync(join(tmpdir(), 'quorumgate-logged-'));
test.after.always(() => rmSync(work, { recursive: true, force: true }));

const ID = '8e9e05c52164694d';
const text = (url: string, id = BigInt(`0x${ID}`)) => `{"id":${id},"peerURLs":["${url}"],"name":"a"}`;

/** A data directory with these files in it. */
function disk(files: Record<string, string | Buffer>): string {
  const data = mkdtempSync(join(work, 'disk-'));
  for (const name of ['wal', 'snap']) mkdirSync(join(data, 'member', name), { recursive: true });
  for (const [name, content] of Object.entries(files)) writeFileSync(join(data, 'member', name), content);
  return data;
}

test('the latest in the newest segment counts, then older ones, then the database; other members do not', (t) => {
  const other = text('http://10.0.0.9:2380', 17n);
  const files = {
    'wal/0.wal': `x${text('http://10.0.0.1:2380')}${text('http://10.0.0.2:2380')}${other}`,
    'wal/1.wal': other,
    'snap/db': text('http://10.0.0.3:2380'),
  };
  t.is(loggedAt(disk(files), ID), 'http://10.0.0.2:2380');
  t.is(loggedAt(disk({ ...files, 'wal/2.wal': text('http://10.0.0.4:2380') }), ID), 'http://10.0.0.4:2380');
  t.is(loggedAt(disk({ 'wal/0.wal': other, 'snap/db': files['snap/db'] }), ID), 'http://10.0.0.3:2380');
  t.is(loggedAt(disk({ 'wal/0.wal': other, 'snap/db': other }), ID), undefined);
  t.is(loggedAt(disk({ 'snap/db': text('nonsense') }), ID), undefined);
  t.throws(() => loggedAt(disk({}), ID), { code: 'ENOENT' });
});

test('a pipe among the segments is not waited for', (t) => {
  const data = disk({ 'wal/0.wal': text('http://10.0.0.1:2380') });
  execFileSync('mkfifo', [join(data, 'member/wal/1.wal')]);
  t.is(loggedAt(data, ID), 'http://10.0.0.1:2380');
});

test('it is found wherever it lies in a large file', (t) => {
  const found = text('http://10.0.0.1:2380');
  for (let before = -found.length - 2; before < 3; before += 3) {
    const large = Buffer.alloc(2 ** 23 + 100);
    large.write(found, 2 ** 22 + before);
    t.is(loggedAt(disk({ 'snap/db': large }), ID), 'http://10.0.0.1:2380', `${before}`);
  }
  const both = Buffer.alloc(2 ** 23);
  both.write(text('http://10.0.0.1:2380'), 10);
  both.write(text('http://10.0.0.2:2380'), 2 ** 22 + 10);
  t.is(loggedAt(disk({ 'snap/db': both }), ID), 'http://10.0.0.2:2380');
});

const programs = realPrograms('etcd', process.env['QUORUMGATE_TEST_ETCD'], work).filter((path) =>
  existsSync(join(dirname(path), 'etcdctl')),
);
const real = programs.length > 0 ? test.serial : test.serial.skip;

real(
  'etcd writes it so, in its log and in its database, at birth and when a member is at another address',
  async (t) => {
    t.timeout(240_000);
    for (const [index, program] of programs.entries()) {
      const data = join(work, `etcd-${index}`);
      const client = `http://127.0.0.1:${24_790 + 4 * index}`;
      const [born, later] = [`http://127.0.0.1:${24_791 + 4 * index}`, `http://127.0.0.1:${24_792 + 4 * index}`];
      const flags = [
        `--name=a --data-dir=${data} --listen-peer-urls=${born} --initial-advertise-peer-urls=${born}`,
        `--listen-client-urls=${client} --advertise-client-urls=${client} --initial-cluster=a=${born}`,
      ].join(' ');
      const etcd = spawn(program, flags.split(' '), { stdio: 'ignore' });
      const ctl = (...args: string[]) =>
        execFileSync(join(dirname(program), 'etcdctl'), [`--endpoints=${client}`, ...args], {
          env: { ...process.env, ETCDCTL_API: '3' },
          encoding: 'utf8',
          stdio: ['ignore', 'pipe', 'ignore'],
        });
      try {
        for (let tries = 0; ; tries++) {
          const asked = spawnSync(join(dirname(program), 'etcdctl'), [`--endpoints=${client}`, 'get', 'x'], {
            env: { ...process.env, ETCDCTL_API: '3' },
          });
          if (asked.status === 0) break;
          if (tries > 500) throw new Error(`${program} does not serve`);
          await sleep(200);
        }
        t.log(ctl('version').split('\n')[0]);
        const log = readData(data);
        if (log.state !== 'log') throw new Error(log.state);
        t.is(loggedAt(data, log.memberId), born, program);
        ctl('member', 'update', log.memberId, `--peer-urls=${later}`);
        t.is(loggedAt(data, log.memberId), later, program);
        // A batch of writes goes to the database each 100 ms.
        await sleep(1000);
        const bare = disk({});
        cpSync(join(data, 'member/snap/db'), join(bare, 'member/snap/db'));
        t.true([born, later].includes(loggedAt(bare, log.memberId) ?? ''), program);
      } finally {
        etcd.kill('SIGKILL');
      }
    }
  },
);
