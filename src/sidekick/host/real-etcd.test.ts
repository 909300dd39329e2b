import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import fs, {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import test from 'ava';
import { realPrograms } from '../../testing/programs.ts';
import { memberId } from '../shared/cluster-id.ts';
import { type ClusterRecord, initialCluster, makeRecord } from '../shared/record.ts';
import type { Settings } from '../shared/settings.ts';
import { diskPort } from './disk.ts';
import { restore } from './restore.ts';

const folder = mkdtempSync(join(tmpdir(), 'quorumgate-etcd-'));
test.after.always(() => rmSync(folder, { recursive: true, force: true }));

const onPath = (process.env['PATH'] ?? '').split(':').map((path) => join(path, 'etcd'));
const named = [process.env['QUORUMGATE_TEST_ETCD'] ?? '', ...onPath].join(':');
/** The folder with etcd and etcdctl. */
const programs =
  realPrograms('etcd', named, folder)
    .map(dirname)
    .find((path) => existsSync(join(path, 'etcdctl'))) ?? '';
const real = programs === '' ? test.serial.skip : test.serial;

/**
 * An address of loopback that no other process uses: a port that is free now can be anybody's once it is needed, as the end of
 * a connection too.
 */
const address = `127.${64 + ((process.pid >> 16) & 63)}.${(process.pid >> 8) & 255}.${process.pid & 255}`;
let ports = 12_379;

/** A host that is the one member of a record, its disk new. */
function host() {
  const data = mkdtempSync(join(folder, 'data-'));
  chmodSync(data, 0o700);
  const peer = `http://${address}:${ports++}`;
  const client = `http://${address}:${ports++}`;
  const disk = diskPort({ dataDirectory: data, name: 'a' } as Settings, {}, join(data, 'state'));
  const record = makeRecord([{ name: 'a', incarnation: 'one', peer_url: peer }], 'token', 1_790_000_000);
  return { data, peer, client, disk, record };
}
type Host = ReturnType<typeof host>;

const etcdctl = (client: string, ...args: string[]) =>
  execFileSync(join(programs, 'etcdctl'), [`--endpoints=${client}`, '--command-timeout=60s', ...args], {
    env: { ...process.env, ETCDCTL_API: '3' },
    encoding: 'utf8',
  });

/** Runs etcd until `during` has ended, which is once it can serve. */
async function running({ data, peer, client }: Host, record: ClusterRecord, state: string, during: () => void) {
  const flags = {
    name: 'a',
    'data-dir': data,
    'listen-peer-urls': peer,
    'initial-advertise-peer-urls': peer,
    'listen-client-urls': client,
    'advertise-client-urls': client,
    'initial-cluster': initialCluster(record),
    'initial-cluster-token': record.token,
    'initial-cluster-state': state,
    'snapshot-count': '20',
  };
  const args = Object.entries(flags).map(([name, value]) => `--${name}=${value}`);
  const etcd = spawn(join(programs, 'etcd'), args, { stdio: ['ignore', 'ignore', 'pipe'] });
  let log = '';
  etcd.stderr.on('data', (text) => {
    log += text;
  });
  const ended = new Promise<void>((resolve) => etcd.once('exit', () => resolve()));
  try {
    for (
      let tries = 0;
      spawnSync(join(programs, 'etcdctl'), [`--endpoints=${client}`, 'get', 'x']).status !== 0;
      tries++
    ) {
      if (tries > 1000 || etcd.exitCode !== null) throw new Error(`etcd does not serve: ${log.slice(-2000)}`);
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
    during();
  } finally {
    etcd.kill();
    await ended;
  }
}

const segmentIn = (data: string) =>
  readdirSync(join(data, 'member/wal')).find((name) => name.endsWith('.wal')) ?? 'none';

/** Whether `run` was ended before its change number `step` of the disk. */
function interrupted(step: number, run: () => void): boolean {
  const names = ['renameSync', 'rmSync', 'mkdirSync', 'fsyncSync'] as const;
  const before = names.map((name) => fs[name]);
  let left = step;
  for (const [n, name] of names.entries()) {
    Object.assign(fs, {
      [name]: (...args: unknown[]) => {
        if (left === 0) throw new Error('ended');
        left -= 1;
        return (before[n] as (...args: unknown[]) => unknown)(...args);
      },
    });
  }
  syncBuiltinESMExports();
  try {
    run();
    return false;
  } catch (error) {
    if ((error as Error).message !== 'ended') throw error;
    return true;
  } finally {
    for (const [n, name] of names.entries()) Object.assign(fs, { [name]: before[n] });
    syncBuiltinESMExports();
  }
}

real('etcd starts with the mark in the directory of its log, takes it away, and its log names it', async (t) => {
  const here = host();
  const { disk, peer, record, data } = here;
  disk.setMark('n-1');
  disk.saveIdentity({ ...disk.identity(), phase: 'launched', record, nonce: 'n-1' });
  t.deepEqual(disk.data(), { state: 'nothing' });
  const log = { state: 'log', clusterId: record.cluster_id, memberId: memberId(peer, 'token') } as const;
  await running(here, record, 'new', () => {
    t.is(disk.mark(), undefined);
    t.deepEqual(disk.data(), log);
    for (let n = 0; n < 60; n++) etcdctl(here.client, 'put', 'x', `${n}`);
  });
  t.deepEqual(disk.data(), log);
  t.deepEqual(readdirSync(data).sort(), ['member', 'quorumgate.json']);
  // A fault leaves the database alone.
  const [segment = ''] = readdirSync(join(data, 'member/wal')).filter((name) => name.endsWith('.wal'));
  writeFileSync(join(data, 'member/wal', segment), '');
  t.is(disk.data().state, 'remains');
});

real('a snapshot becomes a log, whatever an interruption before has left, and the mark goes with it', async (t) => {
  const born = host();
  const snapshot = join(folder, 'snap.db');
  await running(born, born.record, 'new', () => {
    etcdctl(born.client, 'put', 'x', 'kept');
    etcdctl(born.client, 'snapshot', 'save', snapshot);
  });
  const bytes = readFileSync(snapshot);
  const here = host();
  const { disk, data, peer } = here;
  const record: ClusterRecord = { ...here.record, snapshot: createHash('sha256').update(bytes).digest('hex') };
  const tool = (target: ClusterRecord) => restore(data, 'a', target, programs);
  disk.setMark('n-1');
  t.throws(() => tool(record), { message: /restore\.db is not there; put the snapshot of SHA-256 / });
  writeFileSync(join(data, 'restore.db'), bytes);
  t.throws(() => tool({ ...record, snapshot: 'f'.repeat(64) }), {
    message: /has SHA-256 .*, the operator named f{64}$/,
  });
  t.deepEqual(disk.data(), { state: 'nothing' });
  mkdirSync(join(data, 'restoring/made/member/wal'), { recursive: true });
  writeFileSync(join(data, 'restoring/made/member/wal/0.tmp'), 'of before');
  // Whatever the data directory itself allows, and however the host creates files.
  chmodSync(data, 0o755);
  const before = process.umask(0);
  try {
    tool(record);
  } finally {
    process.umask(before);
  }
  t.deepEqual(disk.data(), { state: 'log', clusterId: record.cluster_id, memberId: memberId(peer, 'token') });
  t.is(disk.mark(), undefined);
  t.deepEqual(readdirSync(data).sort(), ['member', 'restore.db']);
  t.is(statSync(join(data, 'member')).mode & 0o77, 0);
  chmodSync(data, 0o700);
  await running(here, record, 'existing', () => {
    t.is(etcdctl(here.client, 'get', 'x', '--print-value-only').trim(), 'kept');
  });

  // Ended before any of its steps: the disk has the log, or the mark and no log, and can begin again.
  let steps = 0;
  for (let ended = false; !ended; steps++) {
    rmSync(join(data, 'member'), { recursive: true });
    disk.setMark('n-1');
    ended = !interrupted(steps, () => tool(record));
    const log = existsSync(join(data, 'member/wal', segmentIn(data)));
    t.is(disk.data().state === 'log', log, `${steps}`);
    t.is(disk.mark(), log ? undefined : 'n-1', `${steps}`);
    if (disk.data().state === 'remains') disk.setAside('n-1');
    if (!log) tool(record);
    t.like(disk.data(), { state: 'log', clusterId: record.cluster_id });
  }
  t.true(steps > 8, `${steps}`);
  // Remains of another life have no mark: nothing of them is deleted.
  rmSync(join(data, 'member/wal'), { recursive: true });
  const database = readFileSync(join(data, 'member/snap/db'));
  t.throws(() => tool(record), { code: 'ENOTEMPTY' });
  t.deepEqual(readFileSync(join(data, 'member/snap/db')), database);
});
