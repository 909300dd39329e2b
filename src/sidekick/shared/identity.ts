import { createHash, randomUUID } from 'node:crypto';
import {
  closeSync,
  existsSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import type { ClusterRecord } from './record.ts';

/** A file beside etcd's data, gone when the disk is wiped: which disk this is, and whether etcd ever started on it. */
export interface Identity {
  incarnation: string;
  /** Of the machine that made the file: a cloned disk does not match. */
  machineId: string;
  /** `launched` is written before etcd starts from an empty log. */
  phase: 'fresh' | 'launched';
  /** Copy of the cluster's record, from the launch on. */
  record?: ClusterRecord;
  /** The member that was launched here: its ID, and its peer URL then. */
  memberId?: string;
  peerUrl?: string;
  /** The data here is of this cluster, which was not the predicted one: it must not be started again. */
  quarantined?: string;
}

export function identityPath(dataDirectory: string): string {
  return join(dataDirectory, 'quorumgate.json');
}

/** etcd has data here: the same test as etcd's own (wal.Exist). Throws when the disk cannot be read. */
export function hasWal(dataDirectory: string): boolean {
  try {
    return readdirSync(join(dataDirectory, 'member', 'wal')).some((name) => name.endsWith('.wal'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}

/** A file in etcd's own directory, gone when its data is deleted: etcd was launched here and has not yet had a log. */
function launchMark(dataDirectory: string): string {
  return join(dataDirectory, 'member', 'quorumgate-launch');
}

/**
 * Whether a launch came to nothing: no log was ever made here, so that the member has promised nothing to anybody and
 * may start from an empty log as if for the first time.
 */
export function isUntouched(dataDirectory: string): boolean {
  return existsSync(launchMark(dataDirectory)) && !existsSync(join(dataDirectory, 'member', 'wal'));
}

/** On the disk when this returns; before `launched` is. */
export function markLaunch(dataDirectory: string): void {
  const path = launchMark(dataDirectory);
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  closeSync(openSync(path, 'w', 0o600));
  syncDirectory(dirname(path));
  syncDirectory(dataDirectory);
}

/** The log is there, and its loss from now on is a loss. */
export function clearLaunchMark(dataDirectory: string): void {
  rmSync(launchMark(dataDirectory), { force: true });
}

/**
 * Moves etcd's data to `member.AS`, deleting nothing. What remains is a disk on which etcd was launched and has no data;
 * where the data was of a cluster that never should have been, a fresh one.
 */
export function setAside(dataDirectory: string, as: string): void {
  const from = join(dataDirectory, 'member');
  let to = `${from}.${as}`;
  for (let n = 2; existsSync(to); n++) to = `${from}.${as}.${n}`;
  renameSync(from, to);
  syncDirectory(dataDirectory);
}

function readBootId(): string {
  return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
}

export function readMachineId(): string {
  return readFileSync('/etc/machine-id', 'utf8').trim();
}

export function syncDirectory(path: string): void {
  const directory = openSync(path, 'r');
  try {
    fsyncSync(directory);
  } finally {
    closeSync(directory);
  }
}

function writeDurably(path: string, identity: Identity, place: (from: string, to: string) => void): void {
  const draft = `${path}.${process.pid}`;
  const file = openSync(draft, 'w', 0o600);
  try {
    writeSync(file, `${JSON.stringify(identity)}\n`);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  try {
    place(draft, path);
  } finally {
    rmSync(draft, { force: true });
  }
  syncDirectory(dirname(path));
}

/** Replaces the identity; on the disk, file and directory, when this returns. */
export function saveIdentity(dataDirectory: string, identity: Identity): void {
  writeDurably(identityPath(dataDirectory), identity, renameSync);
}

function readIdentity(dataDirectory: string): Identity | undefined {
  let text: string;
  try {
    text = readFileSync(identityPath(dataDirectory), 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  try {
    const value = JSON.parse(text) as Identity;
    if (typeof value.incarnation === 'string' && ['fresh', 'launched'].includes(value.phase)) return value;
  } catch {}
  throw new Error(`${identityPath(dataDirectory)} is not an identity`);
}

/**
 * The identity of this disk, made when there is none, and made anew on a copied disk that has no data. Two processes at
 * once get the same one.
 */
export function loadIdentity(dataDirectory: string, machineId: string): Identity {
  const found = readIdentity(dataDirectory);
  if (found !== undefined && (found.machineId === machineId || hasWal(dataDirectory))) return found;
  if (found !== undefined) {
    // Derived, not random: whoever else does the same at this moment comes to the same. But from this boot as well: the
    // same image on this machine once more is another disk, and must not be taken for the one that was listed.
    const incarnation = createHash('sha256')
      .update(found.incarnation + machineId + readBootId())
      .digest('hex')
      .slice(0, 32);
    const own: Identity = { incarnation, machineId, phase: 'fresh' };
    saveIdentity(dataDirectory, own);
    return own;
  }
  try {
    const fresh: Identity = { incarnation: randomUUID(), machineId, phase: 'fresh' };
    // A link, not a rename: it fails where another process was first.
    writeDurably(identityPath(dataDirectory), fresh, linkSync);
    return fresh;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    return loadIdentity(dataDirectory, machineId);
  }
}
