import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Member } from '../shared/etcd.ts';
import { loadIdentity, markLaunch, readMachineId, saveIdentity, syncDirectory } from '../shared/identity.ts';
import { type ClusterRecord, initialCluster, memberIdOf } from '../shared/record.ts';
import { discoveryDomain, peerUrl, type Settings } from '../shared/settings.ts';

const runtimeDirectory = process.env.RUNTIME_DIRECTORY ?? '/run/etcd';
const programs = '/opt/quorumgate/bin';

/** etcd's environment. Without a list the state stays `existing`, with which an etcd without data starts nothing. */
export function writeDecision(environment: Record<string, string>): void {
  mkdirSync(runtimeDirectory, { recursive: true });
  const path = `${runtimeDirectory}/decision.env`;
  const lines = Object.entries(environment).map(([name, value]) => `${name}=${value}`);
  // Members answer with what they like: a line more would be a variable more, for root's shell too.
  if (!lines.every((line) => /^[\w=:/.,[\]-]*$/.test(line))) throw new Error(`refusing ${lines}`);
  writeFileSync(`${path}.new`, `${lines.join('\n')}\n`);
  renameSync(`${path}.new`, path);
}

/** On the disk before etcd runs: from now on this disk has been that member, and no other empty log makes it so. */
function markLaunched(settings: Settings, record: ClusterRecord, memberId: string | undefined): void {
  const { incarnation, machineId } = loadIdentity(settings.dataDirectory, readMachineId());
  markLaunch(settings.dataDirectory);
  const id = memberId ?? memberIdOf(record, incarnation);
  saveIdentity(settings.dataDirectory, {
    incarnation,
    machineId,
    phase: 'launched',
    record,
    ...(id && { memberId: id }),
    peerUrl: peerUrl(settings, settings.address, settings.peerPort),
  });
}

/** Makes data of the snapshot that the operator put beside it; throws while it is not there, or not the one. */
function restore(settings: Settings, record: ClusterRecord): void {
  const directory = settings.dataDirectory;
  const file = join(directory, 'restore.db');
  if (!existsSync(file)) throw new Error(`${file} is not there; put the snapshot of SHA-256 ${record.snapshot} there`);
  const sha256 = execFileSync('sha256sum', [file], { encoding: 'utf8' }).slice(0, 64);
  if (sha256 !== record.snapshot)
    throw new Error(`${file} has SHA-256 ${sha256}, the operator named ${record.snapshot}`);
  const work = join(directory, 'restoring');
  rmSync(work, { recursive: true, force: true });
  const flags = {
    name: settings.name,
    'initial-cluster': initialCluster(record),
    'initial-cluster-token': record.token,
    'initial-advertise-peer-urls': record.members[0]?.peer_url,
    'data-dir': work,
  };
  const args = Object.entries(flags).map(([name, value]) => `--${name}=${value}`);
  // From 3.6 on only etcdutl can.
  const tool = [`${programs}/etcdutl`, `${programs}/etcdctl`, '/usr/bin/etcdctl'].find((path) => existsSync(path));
  if (tool === undefined) throw new Error(`${programs}/etcdutl is not there; put it there`);
  const env = { ...process.env, ETCDCTL_API: '3' };
  execFileSync(tool, ['snapshot', 'restore', file, ...args], { env, stdio: 'inherit' });
  markLaunched(settings, record, undefined);
  // The log last: with it there is data.
  for (const part of ['snap', 'wal']) {
    const target = join(directory, 'member', part);
    rmSync(target, { recursive: true, force: true });
    renameSync(join(work, 'member', part), target);
  }
  syncDirectory(join(directory, 'member'));
  rmSync(work, { recursive: true, force: true });
}

/** One of the members that the record lists. Throws when a snapshot that it starts from cannot be used. */
export function launchNew(settings: Settings, record: ClusterRecord): void {
  if (record.snapshot !== undefined) {
    restore(settings, record);
    writeDecision({ ETCD_INITIAL_CLUSTER_STATE: 'existing' });
    return;
  }
  markLaunched(settings, record, undefined);
  const list =
    settings.discovery === 'srv'
      ? { ETCD_DISCOVERY_SRV: discoveryDomain(settings) }
      : { ETCD_INITIAL_CLUSTER: initialCluster(record) };
  writeDecision({ ...list, ETCD_INITIAL_CLUSTER_TOKEN: record.token, ETCD_INITIAL_CLUSTER_STATE: 'new' });
}

/** A member that was added. The list must be the cluster's own; names do not count in it, but must not be the same. */
export function launchExisting(settings: Settings, record: ClusterRecord, memberId: string, members: Member[]): void {
  markLaunched(settings, record, memberId);
  const name = (member: Member) => (member.id === memberId ? settings.name : `member-${member.id}`);
  const list = members.flatMap((member) => member.peerUrls.map((url) => `${name(member)}=${url}`));
  writeDecision({ ETCD_INITIAL_CLUSTER: list.join(','), ETCD_INITIAL_CLUSTER_STATE: 'existing' });
}
