import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type ClusterRecord, initialCluster } from '../shared/record.ts';
import { syncDirectory } from './durable.ts';
import { markName } from './wal.ts';

/**
 * Makes a log of the snapshot that the operator put beside the data; throws while it is not there, or not the one. There is
 * the launch mark, and no remains: it deletes nothing. The mark stays until the log is there: interrupted at any point it
 * begins anew, once what it has left was moved aside.
 */
export function restore(
  directory: string,
  name: string,
  record: ClusterRecord,
  programs = '/opt/quorumgate/bin',
): void {
  const file = join(directory, 'restore.db');
  if (!existsSync(file)) throw new Error(`${file} is not there; put the snapshot of SHA-256 ${record.snapshot} there`);
  const sha256 = execFileSync('sha256sum', [file], { encoding: 'utf8' }).slice(0, 64);
  if (sha256 !== record.snapshot)
    throw new Error(`${file} has SHA-256 ${sha256}, the operator named ${record.snapshot}`);
  // From 3.6 on only etcdutl can.
  const tool = [`${programs}/etcdutl`, `${programs}/etcdctl`, '/usr/bin/etcdctl'].find((path) => existsSync(path));
  if (tool === undefined) throw new Error(`${programs}/etcdutl is not there; put it there`);
  const work = join(directory, 'restoring');
  rmSync(work, { recursive: true, force: true });
  // Nobody else can read what the tool makes in it, whatever the tool and the data directory allow.
  mkdirSync(work, { mode: 0o700 });
  const made = join(work, 'made');
  const flags = {
    name,
    'initial-cluster': initialCluster(record),
    'initial-cluster-token': record.token,
    'initial-advertise-peer-urls': record.members[0]?.peer_url,
    'data-dir': made,
  };
  const args = Object.entries(flags).map(([flag, value]) => `--${flag}=${value}`);
  const env = { ...process.env, ETCDCTL_API: '3' };
  execFileSync(tool, ['snapshot', 'restore', file, ...args], { env, stdio: 'inherit' });
  const [from, to] = [join(made, 'member'), join(directory, 'member')];
  mkdirSync(join(to, 'wal'), { recursive: true, mode: 0o700 });
  syncDirectory(join(from, 'snap'));
  renameSync(join(from, 'snap'), join(to, 'snap'));
  syncDirectory(to);
  // The log last: with it there is data, and from then on the mark would not be true.
  for (const segment of readdirSync(join(from, 'wal')).filter((each) => each.endsWith('.wal'))) {
    renameSync(join(from, 'wal', segment), join(to, 'wal', segment));
  }
  rmSync(join(to, 'wal', markName), { force: true });
  syncDirectory(join(to, 'wal'));
  rmSync(work, { recursive: true, force: true });
}
