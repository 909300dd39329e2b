import fs, { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import type { Place } from '../shared/ports.ts';
import { makeRecord, memberIdOf } from '../shared/record.ts';
import type { Settings } from '../shared/settings.ts';
import { diskPort } from './disk.ts';

const work = mkdtempSync(join(tmpdir(), 'quorumgate-disk-'));
test.after.always(() => fs.rmSync(work, { recursive: true, force: true }));
/** A port on directories of its own, and their paths. */
function host() {
  const folder = mkdtempSync(join(work, 'host-'));
  const [data, state, run] = [join(folder, 'etcd'), join(folder, 'state'), join(folder, 'run')] as const;
  mkdirSync(data);
  const disk = diskPort({ dataDirectory: data, name: 'a' } as Settings, { RUNTIME_DIRECTORY: run }, state);
  const put = (path: string, content = '') => {
    mkdirSync(join(data, path, '..'), { recursive: true });
    writeFileSync(join(data, path), content);
  };
  return { disk, data, state, run, put };
}

const place: Place = {
  location: '142db41beb9e14a8/var/lib/etcd',
  mounted: false,
  incarnation: 'one',
  nonce: 'n-1',
  memberId: '5ea75ea760cff65a',
  lineage: '970b36c0e972b8a8',
  generation: 1_790_000_000,
};

test('a mark is its nonce, can be another, and is not data', (t) => {
  const { disk, data } = host();
  t.is(disk.mark(), undefined);
  disk.setMark('n-1');
  t.is(disk.mark(), 'n-1');
  disk.setMark('n-2');
  t.is(disk.mark(), 'n-2');
  t.deepEqual(disk.data(), { state: 'nothing' });
  t.is(statSync(join(data, 'member')).mode & 0o777, 0o700, 'as etcd wants its directory');
  t.is(statSync(join(data, 'member/wal/quorumgate-launch')).mode & 0o777, 0o600);
});

test('a mark of old is the empty nonce while there is no directory of a log, and is replaced', (t) => {
  const { disk, data, put } = host();
  put('member/quorumgate-launch');
  put('member/snap/db', 'made before the log');
  t.is(disk.mark(), '');
  mkdirSync(join(data, 'member/wal'));
  t.is(disk.mark(), undefined);
  disk.setMark('n-1');
  t.is(disk.mark(), 'n-1');
  t.false(existsSync(join(data, 'member/quorumgate-launch')));
});

test('a mark beside a log is taken away', (t) => {
  const { disk, data, put } = host();
  disk.setMark('n-1');
  put('member/wal/0000000000000000-0000000000000000.wal');
  t.is(disk.data().state, 'remains');
  t.is(disk.mark(), 'n-1', 'an empty file proves nothing');
  const head =
    '040000000000008408041000000000001f00000000000081080110cda28cc4041a1508daecbf86f6d4d7d35e10a8f1cacb8ed8cd85970100';
  writeFileSync(join(data, 'member/wal/0000000000000000-0000000000000000.wal'), Buffer.from(head, 'hex'));
  t.is(disk.data().state, 'log');
  t.is(disk.mark(), undefined);
});

/** The head of a log that etcd has only just made: frames of walpb.Record, padded to eight bytes. */
function begun(memberId: string, clusterId: string): Buffer {
  const varint = (value: bigint): number[] =>
    value < 128n ? [Number(value)] : [Number(value & 127n) | 128, ...varint(value >> 7n)];
  const frame = (type: number, data: number[]) => {
    const record = [8, type, 16, 0, ...(data.length > 0 ? [26, data.length, ...data] : [])];
    const padding = (8 - (record.length % 8)) % 8;
    return [record.length, 0, 0, 0, 0, 0, 0, 128 | padding, ...record, ...Array<number>(padding).fill(0)];
  };
  const metadata = [8, ...varint(BigInt(`0x${memberId}`)), 16, ...varint(BigInt(`0x${clusterId}`))];
  return Buffer.from([
    ...frame(4, []),
    ...frame(1, metadata),
    ...frame(5, [8, 0, 16, 0]),
    ...Array<number>(9000).fill(0),
  ]);
}

test('a log of this launch in which nothing stands is as good as its mark; of another it is not', (t) => {
  const { disk, data, put } = host();
  const record = makeRecord(
    [{ name: 'a', incarnation: 'one', peer_url: 'http://10.0.0.1:2380' }],
    'token',
    1_790_000_000,
  );
  const memberId = memberIdOf(record, 'one') ?? '';
  const wal = 'member/wal/0000000000000000-0000000000000000.wal';
  const write = (bytes: Buffer) => {
    put(wal);
    writeFileSync(join(data, wal), bytes);
  };
  write(begun(memberId, record.cluster_id));
  t.like(disk.data(), { state: 'remains', begun: { memberId, clusterId: record.cluster_id } });
  t.is(disk.mark(), undefined, 'nobody launched it');
  disk.saveIdentity({ ...disk.identity(), phase: 'launched', record, memberId, nonce: 'n-1' });
  t.is(disk.mark(), 'n-1');
  write(begun(memberId, '00000000000000aa'));
  t.is(disk.mark(), undefined, 'of another cluster');
  write(begun('00000000000000bb', record.cluster_id));
  t.is(disk.mark(), undefined, 'of another member');

  write(begun(memberId, record.cluster_id));
  disk.setMark('n-1');
  disk.setAside('n-1');
  t.deepEqual(disk.data(), { state: 'nothing' });
  t.is(disk.mark(), 'n-1', 'the mark stays');
  t.true(existsSync(join(data, 'member.n-1/wal/0000000000000000-0000000000000000.wal')));
});

test('an empty mark is no mark', (t) => {
  const { disk, put } = host();
  put('member/wal/quorumgate-launch');
  t.is(disk.mark(), undefined);
});

test('data is moved aside as it is, deleting nothing, under a name that is free', (t) => {
  const { disk, data, put } = host();
  for (const content of ['first', 'second', 'third']) {
    put('member/wal/0000000000000000-0000000000000000.wal', content);
    put('member/snap/db', content);
    disk.setAside('5ea75ea760cff65a');
    t.deepEqual(disk.data(), { state: 'nothing' });
  }
  t.deepEqual(
    ['', '.2', '.3'].map((n) => readFileSync(join(data, `member.5ea75ea760cff65a${n}/snap/db`), 'utf8')),
    ['first', 'second', 'third'],
  );
  t.false(existsSync(join(data, 'member')));
});

for (const [mark, nonce] of [
  ['member/wal/quorumgate-launch', 'n-1'],
  ['member/quorumgate-launch', ''],
] as const) {
  test(`what an interrupted launch has left is moved aside without its mark, ${mark}`, (t) => {
    const { disk, data, put } = host();
    put(mark, nonce);
    put(`member.${nonce}/snap/db`, 'left by the attempt before, which must not fill the disk');
    put('member/snap/db', 'empty');
    put('member/wal.tmp/0000000000000000-0000000000000000.wal', 'half');
    if (nonce) put('member/wal/0.tmp', 'odd');
    t.is(disk.data().state, 'remains');
    disk.setAside(nonce);
    t.deepEqual(disk.data(), { state: 'nothing' });
    t.is(disk.mark(), nonce);
    t.is(readFileSync(join(data, `member.${nonce}/snap/db`), 'utf8'), 'empty');
    t.is(readFileSync(join(data, `member.${nonce}/wal.tmp/0000000000000000-0000000000000000.wal`), 'utf8'), 'half');
    if (nonce) t.is(readFileSync(join(data, 'member.n-1/wal/0.tmp'), 'utf8'), 'odd');
  });
}

test('a place is kept outside the data directory; one that is malformed is an error with its name', (t) => {
  const { disk, state } = host();
  t.is(disk.place(), undefined);
  disk.savePlace(place);
  disk.savePlace({ ...place, mounted: true });
  t.deepEqual(disk.place(), { ...place, mounted: true });
  t.deepEqual(readdirSync(state), ['place.json']);
  const file = join(state, 'place.json');
  const { nonce: _, ...without } = place;
  for (const bad of [
    '',
    'null',
    '[]',
    '{}',
    JSON.stringify(without),
    JSON.stringify({ ...place, memberId: 'x' }),
    JSON.stringify({ ...place, location: '' }),
    JSON.stringify({ ...place, nonce: ['n-1'] }),
    JSON.stringify({ ...place, generation: '1' }),
    JSON.stringify({ ...place, mounted: 'no' }),
    JSON.stringify(place).slice(0, 99),
  ]) {
    writeFileSync(file, bad);
    t.true(t.throws(() => disk.place(), undefined, bad)?.message.startsWith(`${file} is malformed`));
  }
});

test('a place says where, the same each time, and is not mounted beside its own file', (t) => {
  const { disk, data } = host();
  const { location, mounted } = disk.here();
  t.true(location.endsWith(data), location);
  t.regex(location, /^[0-9a-f-]+\//);
  t.false(mounted);
  t.deepEqual(disk.here(), { location, mounted });
});

test('a decision is a line a variable, whatever members say their peer URLs are', (t) => {
  const { disk, run } = host();
  const file = join(run, 'decision.env');
  for (const bad of [
    'http://10.0.0.9:2380/\nLD_PRELOAD=/tmp/x',
    'http://$(id):2380',
    'http://a:1 b',
    'a"b',
    "a'b",
    'a\\',
  ]) {
    t.throws(() => disk.decide({ ETCD_INITIAL_CLUSTER: `etcd-1=${bad}` }), { message: /^refusing / }, bad);
  }
  t.false(existsSync(file), 'nothing is written');
  const list =
    'etcd-1=https://10.0.0.1:2380,member-8e9e=https://[fd00::1]:2380,b=https://0a4d0065.addr.dc1.consul:2380';
  disk.decide({
    ETCD_INITIAL_CLUSTER: list,
    ETCD_INITIAL_CLUSTER_TOKEN: 'mycluster-1_a',
    ETCD_INITIAL_CLUSTER_STATE: 'new',
  });
  t.is(
    readFileSync(file, 'utf8'),
    `ETCD_INITIAL_CLUSTER=${list}\nETCD_INITIAL_CLUSTER_TOKEN=mycluster-1_a\nETCD_INITIAL_CLUSTER_STATE=new\n`,
  );
  t.deepEqual(readdirSync(run), ['decision.env']);
});

test('what cannot be used here is named', async (t) => {
  const { disk } = host();
  t.regex((await disk.unfit('1.19.1')) ?? '', /^this host has Consul 1\.19\.1/);
  t.is(await disk.unfit('1.19.2'), undefined);
  t.is(await disk.unfit(undefined), undefined);
});

/** The files that each part of the port writes, as a whole. */
const writings = ({ disk, data, state, run }: ReturnType<typeof host>): [path: string, write: () => void][] => [
  [join(data, 'quorumgate.json'), () => disk.saveIdentity({ incarnation: 'one', machineId: 'm', phase: 'fresh' })],
  [join(state, 'place.json'), () => disk.savePlace(place)],
  [join(data, 'member/wal/quorumgate-launch'), () => disk.setMark('b9b4d3ee-0001')],
  [join(run, 'decision.env'), () => disk.decide({ ETCD_INITIAL_CLUSTER_STATE: 'existing' })],
];

/** Runs with another `writeSync`. */
function writing(instead: typeof fs.writeSync, run: () => void): void {
  const real = fs.writeSync;
  fs.writeSync = instead;
  syncBuiltinESMExports();
  try {
    run();
  } finally {
    fs.writeSync = real;
    syncBuiltinESMExports();
  }
}

test.serial('a file is written whole where one call writes only some bytes of it', (t) => {
  const [one, other] = [host(), host()];
  const whole = writings(one).map(([path, write]) => {
    write();
    return readFileSync(path, 'utf8');
  });
  const { writeSync: real } = fs;
  let calls = 0;
  const some = ((file: number, bytes: Uint8Array) => {
    calls += 1;
    return real(file, bytes.subarray(0, 7));
  }) as typeof fs.writeSync;
  writing(some, () => {
    for (const [, write] of writings(other)) write();
  });
  t.true(calls > 20);
  t.deepEqual(
    writings(other).map(([path]) => readFileSync(path, 'utf8')),
    whole,
  );
});

test.serial('what cannot be written whole is an error, and what was there stays', (t) => {
  const here = host();
  for (const [, write] of writings(here)) write();
  const before = writings(here).map(([path]) => readFileSync(path, 'utf8'));
  const { writeSync: real } = fs;
  let left = 0;
  const full = ((file: number, bytes: Uint8Array) => {
    const written = left === 0 ? 0 : real(file, bytes.subarray(0, left));
    left = 0;
    return written;
  }) as typeof fs.writeSync;
  for (const [path, write] of writings(here)) {
    left = 5;
    writing(full, () => t.throws(write, { message: /is the disk full\?/ }, path));
    const drafts = readdirSync(join(path, '..')).filter((name) => /\.\d+$/.test(name));
    t.deepEqual(drafts, []);
  }
  t.deepEqual(
    writings(here).map(([path]) => readFileSync(path, 'utf8')),
    before,
  );
});
