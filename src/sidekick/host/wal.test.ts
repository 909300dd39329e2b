import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import fc from 'fast-check';
import { realPrograms } from '../../testing/programs.ts';
import { headOf, readData } from './wal.ts';

const work = mkdtempSync(join(tmpdir(), 'quorumgate-wal-'));
test.after.always(() => rmSync(work, { recursive: true, force: true }));
const directory = () => mkdtempSync(join(work, 'wal-'));
const segment = (sequence: number) => `${sequence.toString(16).padStart(16, '0')}-0000000000000000.wal`;

/** The first 80 bytes of logs that etcd made on 127.0.0.1, and what it said of itself meanwhile (2026-11-28). */
const heads = [
  {
    etcd: '3.4.23',
    owner: '5ea75ea760cff65a 970b36c0e972b8a8',
    hex: '040000000000008408041000000000001f00000000000081080110cda28cc4041a1508daecbf86f6d4d7d35e10a8f1cacb8ed8cd859701000e000000000000820805108d8c9ad80a1a04080010000000',
  },
  {
    etcd: '3.5.16',
    owner: '87714e1f9cb8fe30 292fc1f02732ea2a',
    hex: '040000000000008408041000000000001f00000000000081080110dedfb49e0b1a1508b0fce3e5f9c3d3b8870110aad4cbb982bef09729000e00000000000082080510bad3b6de061a04080010000000',
  },
  {
    etcd: '3.5.30',
    owner: '3da80b8910c83cee 22758eaa1f150a0e',
    hex: '040000000000008408041000000000001e00000000000082080110f2fcfeb8051a1408eef9a08691f182d43d108e94d4f8a1d5e3ba2200000d00000000000083080510bbf8d1281a0408001000000000',
  },
  {
    etcd: '3.6.16',
    owner: '56ce71851f6fe97f a1a1cd587828a1df',
    hex: '040000000000008408041000000000001f00000000000081080110a88088b2051a1508ffd2bffbd1b09ce75610dfc3a2c187abf3d0a101000d000000000000830805109ccac57a1a0408001000000000',
  },
  {
    etcd: '3.7.3',
    owner: '908b7a8250133512 54306a81dc949e6c',
    hex: '040000000000008408041000000000001f00000000000081080110f4fad98b041a150892eacc80a5d0dec5900110ecbcd2e49dd09a9854000e00000000000082080510ee8fa0ff051a04080010000000',
  },
].map(({ hex, ...rest }) => ({ ...rest, head: Buffer.from(hex, 'hex') }));
const [{ head: one }, { head: other }] = heads as [(typeof heads)[0], (typeof heads)[0]];

/** The beginning of a record of type 2, an entry. */
const frame = Buffer.from('040000000000008408021000', 'hex');

/** A data directory with these files, by their paths under `member/`; no content: an empty directory. */
function disk(files: Record<string, Buffer | undefined>): string {
  const data = directory();
  for (const [path, content] of Object.entries(files)) {
    const target = join(data, 'member', path);
    mkdirSync(content === undefined ? target : join(target, '..'), { recursive: true });
    if (content !== undefined) writeFileSync(target, content);
  }
  return data;
}

for (const { etcd, owner, head } of heads) {
  test(`etcd ${etcd}: a log names its member and cluster`, (t) => {
    const [memberId, clusterId] = owner.split(' ');
    t.like(headOf(head), { memberId, clusterId });
    const log = { [`wal/${segment(0)}`]: Buffer.concat([head, frame, Buffer.alloc(70_000)]), 'snap/db': one };
    t.deepEqual(readData(disk(log)) as unknown, { state: 'log', clusterId, memberId });
    const begun = { [`wal/${segment(0)}`]: Buffer.concat([head, Buffer.alloc(70_000)]), 'snap/db': one };
    t.like(readData(disk(begun)) as unknown, { state: 'remains', begun: { clusterId, memberId } });
    // There was a segment before it, or the file was cut.
    t.is(readData(disk({ ...log, [`wal/${segment(1)}`]: begun[`wal/${segment(0)}`] })).state, 'log');
    t.is(readData(disk({ [`wal/${segment(0)}`]: head })).state, 'log');
  });
}

test('of several segments any will do: the first may be purged, or one torn', (t) => {
  const log = { state: 'log', memberId: '5ea75ea760cff65a', clusterId: '970b36c0e972b8a8' } as const;
  const empty = Buffer.alloc(0);
  t.deepEqual(readData(disk({ [`wal/${segment(7)}`]: one, [`wal/${segment(8)}`]: one, 'wal/1.tmp': empty })), log);
  t.deepEqual(readData(disk({ [`wal/${segment(0)}`]: empty, [`wal/${segment(1)}`]: one })), log);
  t.deepEqual(readData(disk({ [`wal/${segment(0)}`]: one, [`wal/${segment(1)}`]: one.subarray(0, 40) })), log);
});

const remains = test.macro<[files: Record<string, Buffer | undefined>, what: RegExp]>((t, files, what) => {
  const data = readData(disk(files));
  t.is(data.state, 'remains');
  t.regex('what' in data ? data.what : '', what);
});
const nothing = test.macro<[files: Record<string, Buffer | undefined>]>((t, files) => {
  t.deepEqual(readData(disk(files)), { state: 'nothing' });
});

test('an empty segment is remains', remains, { [`wal/${segment(0)}`]: Buffer.alloc(0) }, /\.wal, which is no log/);
test('a segment of zeros is remains', remains, { [`wal/${segment(0)}`]: Buffer.alloc(9000) }, /is no log/);
test('a cut segment is remains', remains, { [`wal/${segment(0)}`]: one.subarray(0, 50) }, /is no log/);
test('an empty directory with the name of a segment is nothing', nothing, { [`wal/${segment(0)}`]: undefined });
test(
  'segments of two members are remains',
  remains,
  { [`wal/${segment(0)}`]: one, [`wal/${segment(1)}`]: other },
  /member\/wal, with logs of two members$/,
);
test('what etcd counts as a log, and cannot open, is remains', remains, { 'wal/old.wal': one }, /old\.wal/);
test('a database without a log is remains', remains, { 'snap/db': one, wal: undefined }, /member\/snap\/db$/);
test('a log not yet in its place is remains', remains, { [`wal.tmp/${segment(0)}`]: one }, /wal\.tmp/);
test('a log moved away is remains', remains, { [`wal.broken.1/${segment(0)}`]: one }, /wal\.broken\.1/);
test('an empty file is remains', remains, { 'snap/x': Buffer.alloc(0) }, /snap\/x$/);
test('a file in the place of the directory is remains', remains, { wal: one }, /member\/wal$/);
test('no directory is nothing', nothing, {});
test('empty directories are nothing', nothing, { snap: undefined, 'wal.tmp/deep': undefined });
test('the mark is nothing', nothing, { 'wal/quorumgate-launch': one, snap: undefined });
test('the mark of old is nothing', nothing, { 'quorumgate-launch': Buffer.alloc(0) });
test('the mark cut short by a crash is nothing', nothing, { 'wal/quorumgate-launch.17': one });

test('a link to a volume that is missing is remains', (t) => {
  const data = disk({ snap: undefined });
  symlinkSync('/nowhere/wal', join(data, 'member', 'wal'));
  t.is(readData(data).state, 'remains');
});

test('a pipe in the place of a segment is no log, and is not waited for', (t) => {
  const data = disk({ 'wal/x': undefined });
  execFileSync('mkfifo', [join(data, 'member/wal/0000000000000000-0000000000000000.wal')]);
  t.is(readData(data).state, 'remains');
});

test('a disk that cannot be read is an error', (t) => {
  const data = directory();
  // Links in a circle, which root cannot read either.
  mkdirSync(join(data, 'member'));
  symlinkSync('wal', join(data, 'member', 'wal'));
  t.throws(() => readData(data), { code: 'ELOOP' });
  rmSync(data, { recursive: true });
});

const ids = /^[0-9a-f]{16} [0-9a-f]{16}$/;
test('whatever a head holds, it names IDs or nobody', (t) => {
  const holds = (bytes: Uint8Array) => {
    const head = headOf(Buffer.from(bytes));
    return head === undefined || ids.test(`${head.memberId} ${head.clusterId}`);
  };
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), holds), { numRuns: 5000 });
  const changes = fc.array(fc.tuple(fc.nat(79), fc.nat(255)), { minLength: 1, maxLength: 4 });
  const changed = fc.tuple(fc.constantFrom(...heads), changes, fc.nat(80)).map(([{ head }, places, length]) => {
    const bytes = Buffer.from(head);
    for (const [at, value] of places) bytes[at] = value;
    return bytes.subarray(0, length < 56 ? length : 80);
  });
  fc.assert(fc.property(changed, holds), { numRuns: 20_000 });
  t.pass();
});

const programs = realPrograms('etcd', process.env['QUORUMGATE_TEST_ETCD'], work);
const real = programs.length > 0 ? test.serial : test.serial.skip;

real('etcd killed as it makes its first log: nothing stands in it, or all that it needs', async (t) => {
  t.timeout(120_000);
  for (const [index, program] of programs.entries()) {
    const said = new Set<string>();
    for (let round = 0; round < 12; round++) {
      const data = join(work, `data-${index}-${round}`);
      const port = 23_790 + 4 * index;
      const urls = [`http://127.0.0.1:${port}`, `http://127.0.0.1:${port + 1}`];
      const child = spawn(
        program,
        [
          `--data-dir=${data}`,
          `--listen-client-urls=${urls[0]}`,
          `--advertise-client-urls=${urls[0]}`,
          `--listen-peer-urls=${urls[1]}`,
          `--initial-advertise-peer-urls=${urls[1]}`,
          `--initial-cluster=default=${urls[1]}`,
        ],
        { stdio: 'ignore' },
      );
      const ended = new Promise((resolve) => child.once('exit', resolve));
      const wal = join(data, 'member/wal', segment(0));
      const end = performance.now() + 10_000;
      while (!existsSync(wal) && performance.now() < end) await new Promise(setImmediate);
      if (round % 3 === 2) await new Promise((resolve) => setTimeout(resolve, 40 * round));
      child.kill('SIGKILL');
      await ended;
      const found = readData(data);
      if (found.state === 'remains' && found.begun === undefined) t.fail(found.what);
      said.add(found.state);
    }
    t.log(program, ...said);
    t.true(said.has('log'));
  }
});
