import fs, {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import fc from 'fast-check';
import type { Identity } from '../shared/identity.ts';
import { makeRecord } from '../shared/record.ts';
import { identityPath, loadIdentity, saveIdentity } from './identity-file.ts';

const work = mkdtempSync(join(tmpdir(), 'quorumgate-identity-'));
test.after.always(() => rmSync(work, { recursive: true, force: true }));
const directory = () => mkdtempSync(join(work, 'disk-'));

/** The head of a log of member 5ea75ea760cff65a of cluster 970b36c0e972b8a8, as etcd 3.4.23 made it. */
const head =
  '040000000000008408041000000000001f00000000000081080110cda28cc4041a1508daecbf86f6d4d7d35e10a8f1cacb8ed8cd85970100';

function putLog(disk: string): void {
  mkdirSync(join(disk, 'member', 'wal'), { recursive: true });
  writeFileSync(join(disk, 'member', 'wal', '0000000000000000-0000000000000000.wal'), Buffer.from(head, 'hex'));
}

const record = makeRecord(
  [{ name: 'a', incarnation: 'one', peer_url: 'http://10.0.0.1:2380' }],
  'token',
  1_790_000_000,
);
const full: Identity = {
  incarnation: 'one',
  machineId: 'machine',
  phase: 'launched',
  record,
  replaced: {
    ...makeRecord(record.members, 'later', 1_790_000_001),
    lineage: record.cluster_id,
    proof: 'x'.repeat(86),
  },
  memberId: '5ea75ea760cff65a',
  peerUrl: 'http://10.0.0.1:2380',
  nonce: 'b9b4d3ee-0001',
  since: 1_790_000_100,
  list: {
    cluster_id: record.cluster_id,
    members: [{ id: '5ea75ea760cff65a', name: 'a', peer_urls: ['http://10.0.0.1:2380'], learner: false }],
    size: 1,
  },
};

test('an identity is made once and read back', (t) => {
  const disk = directory();
  const first = loadIdentity(disk, 'machine');
  t.is(first.phase, 'fresh');
  t.deepEqual(loadIdentity(disk, 'machine'), first);
  t.deepEqual(readdirSync(disk), ['quorumgate.json']);
  t.is(statSync(identityPath(disk)).mode & 0o777, 0o600);
});

test.serial('whoever else makes it at the same moment, it is the same one', (t) => {
  const disk = directory();
  const { linkSync: real } = fs;
  fs.linkSync = (from, to) => {
    writeFileSync(to, JSON.stringify({ incarnation: 'first', machineId: 'machine', phase: 'fresh' }));
    real(from, to);
  };
  syncBuiltinESMExports();
  try {
    t.is(loadIdentity(disk, 'machine').incarnation, 'first');
  } finally {
    fs.linkSync = real;
    syncBuiltinESMExports();
  }
  t.deepEqual(readdirSync(disk), ['quorumgate.json']);
});

test('a wiped disk is another incarnation', (t) => {
  const disk = directory();
  const { incarnation } = loadIdentity(disk, 'machine');
  rmSync(identityPath(disk));
  t.not(loadIdentity(disk, 'machine').incarnation, incarnation);
});

test('all of it is kept, and the drafts are not; what tells disks apart comes first, then the phase', (t) => {
  const disk = directory();
  const { incarnation, phase, ...rest } = full;
  saveIdentity(disk, { ...rest, phase, incarnation });
  t.deepEqual(loadIdentity(disk, 'machine'), full);
  t.deepEqual(readdirSync(disk), ['quorumgate.json']);
  t.regex(
    readFileSync(identityPath(disk), 'utf8'),
    /^\{"incarnation":"one","machineId":"machine","phase":"launched","/,
  );
});

test('an identity of the first releases is read', (t) => {
  const disk = directory();
  const old = { ...full, record: makeRecord(record.members, 'token', 1) };
  const { nonce: _, list: __, ...fields } = old;
  writeFileSync(identityPath(disk), `${JSON.stringify({ ...fields, quarantined: 'cdf818194e3a8c32' })}\n`);
  t.deepEqual(loadIdentity(disk, 'machine'), fields);
});

test('a field that is not what it has to be is left out, and the rest goes on', (t) => {
  const disk = directory();
  const { incarnation, machineId, phase } = full;
  for (const bad of [
    { record: { ...record, token: 'other' } },
    { record: 7 },
    { record: null },
    { memberId: '5EA75EA760CFF65A' },
    { memberId: 17 },
    { peerUrl: 'http://10.0.0.1:2380/\nPATH=/tmp' },
    { nonce: '' },
    { nonce: ['a'] },
    { since: -1 },
    { since: 1e15 },
    { since: '1790000000' },
    { list: { cluster_id: 'x' } },
    { list: [] },
  ]) {
    writeFileSync(identityPath(disk), JSON.stringify({ incarnation, machineId, phase, ...bad }));
    t.deepEqual(loadIdentity(disk, 'machine'), { incarnation, machineId, phase }, JSON.stringify(bad));
  }
});

test('a copied disk without a log is another disk, the same to two processes', (t) => {
  const disk = directory();
  saveIdentity(disk, full);
  const own = loadIdentity(disk, 'other');
  t.deepEqual({ ...own, incarnation: '' }, { incarnation: '', machineId: 'other', phase: 'fresh' });
  t.not(own.incarnation, 'one');
  t.deepEqual(loadIdentity(disk, 'other'), own);
  saveIdentity(disk, full);
  t.deepEqual(loadIdentity(disk, 'other'), own);
});

test('a copied disk with a log says whose it was', (t) => {
  const disk = directory();
  putLog(disk);
  saveIdentity(disk, full);
  t.deepEqual(loadIdentity(disk, 'other'), full);
});

test('without a log, a damaged identity is an error that names the file, not a new one', (t) => {
  for (const text of ['{"incarnation":1}', '', 'null', '[]', '{"incarnation":"one","machineId":"machine"}']) {
    const disk = directory();
    writeFileSync(identityPath(disk), text);
    t.throws(() => loadIdentity(disk, 'machine'), { message: /quorumgate\.json is not an identity/ }, text);
    t.is(readFileSync(identityPath(disk), 'utf8'), text);
  }
});

test('beside a log there is always an identity, wherever the file was cut', (t) => {
  const disk = directory();
  putLog(disk);
  saveIdentity(disk, full);
  const text = readFileSync(identityPath(disk), 'utf8');
  for (let length = 0; length < text.length - 2; length++) {
    writeFileSync(identityPath(disk), text.slice(0, length));
    const { incarnation, machineId, phase, memberId } = loadIdentity(disk, 'here');
    t.deepEqual([phase, memberId], ['launched', '5ea75ea760cff65a']);
    t.is(machineId, length >= '{"incarnation":"one","machineId":"machine"'.length ? 'machine' : 'here');
    if (length >= '{"incarnation":"one"'.length) t.is(incarnation, 'one');
    else t.regex(incarnation, /^[0-9a-f]{32}$/);
    t.is(loadIdentity(disk, 'here').incarnation, incarnation);
    t.is(readFileSync(identityPath(disk), 'utf8'), text.slice(0, length), 'nothing is written: the disk may be full');
  }
  rmSync(identityPath(disk));
  t.is(loadIdentity(disk, 'here').memberId, '5ea75ea760cff65a');
  // Neither does a file stop it that cannot be read at all; without the log that is what is said.
  mkdirSync(identityPath(disk));
  t.is(loadIdentity(disk, 'here').memberId, '5ea75ea760cff65a');
  rmSync(join(disk, 'member'), { recursive: true });
  t.throws(() => loadIdentity(disk, 'here'), { message: /quorumgate\.json is no file: delete it/ });
  rmSync(identityPath(disk), { recursive: true });
  symlinkSync('/nowhere/quorumgate.json', identityPath(disk));
  t.throws(() => loadIdentity(disk, 'here'), { message: /quorumgate\.json is a link to nothing: delete it/ });
  rmSync(identityPath(disk));
  writeFileSync(identityPath(disk), ' '.repeat(2 ** 20));
  t.throws(() => loadIdentity(disk, 'here'), { message: /quorumgate\.json has more than 262144 bytes: delete it/ });
});

test('beside a log, no content of the file is an exception', (t) => {
  const disk = directory();
  putLog(disk);
  const json = fc.json({ maxDepth: 3 });
  const fields = fc.record({ incarnation: fc.anything(), machineId: fc.anything(), phase: fc.constant('fresh') });
  const texts = fc.oneof(
    fc.string(),
    json,
    fields.map((value) => JSON.stringify(value, (_, each) => (typeof each === 'bigint' ? 1 : each))),
  );
  fc.assert(
    fc.property(texts, (text) => {
      writeFileSync(identityPath(disk), text);
      const { incarnation, machineId } = loadIdentity(disk, 'here');
      return /^[\w.-]{1,128}$/.test(incarnation) && machineId.length > 0;
    }),
    { numRuns: 1000 },
  );
  t.pass();
});
