import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import type { DiskPort } from '../shared/ports.ts';
import type { Settings } from '../shared/settings.ts';
import { readIfThere, syncDirectory, writeDurably } from './durable.ts';
import { fitness } from './fitness.ts';
import { loadIdentity, saveIdentity } from './identity-file.ts';
import { loggedAt } from './logged-at.ts';
import { locate } from './mounts.ts';
import { readPlace } from './place.ts';
import { restore } from './restore.ts';
import { markName, readData } from './wal.ts';

/** This host's disks. What must outlast the data directory is in `state`, on the disk of the host itself. */
export function diskPort(settings: Settings, env = process.env, state = '/var/lib/quorumgate-etcd'): DiskPort {
  const data = settings.dataDirectory;
  const member = join(data, 'member');
  const wal = join(member, 'wal');
  const mark = join(wal, markName);
  /** That of the first releases. */
  const oldMark = join(member, markName);
  const placeFile = join(state, 'place.json');
  const machineId = () => readFileSync('/etc/machine-id', 'utf8').trim();
  const readMark = () => readIfThere(mark) || (existsSync(oldMark) && !existsSync(wal) ? '' : undefined);

  /** The launch by which etcd has begun a log in which nothing stands. */
  const begunBy = () => {
    const found = readData(data);
    if (found.state !== 'remains' || !found.begun) return undefined;
    const { memberId, record, nonce } = loadIdentity(data, machineId());
    // By DNS it may have been given another list.
    const isPredicted = record?.cluster_id === found.begun.clusterId || settings.discovery === 'srv';
    return memberId === found.begun.memberId && isPredicted ? nonce : undefined;
  };

  /** All but the mark: that there never was a log stays true, and an interruption cannot lose it. */
  const moveUnmarked = (from: string, to: string) => {
    mkdirSync(to, { mode: 0o700 });
    for (const name of readdirSync(from)) {
      const path = join(from, name);
      if (path === wal) moveUnmarked(path, join(to, name));
      else if (!name.startsWith(markName)) renameSync(path, join(to, name));
    }
  };

  return {
    data: () => {
      const found = readData(data);
      // Of a restore that was interrupted: that there never was a log must not come true again, should this one be lost.
      if (found.state === 'log' && existsSync(mark)) rmSync(mark);
      return found;
    },
    loggedAt: (memberId) => loggedAt(data, memberId),
    identity: () => loadIdentity(data, machineId()),
    saveIdentity: (identity) => saveIdentity(data, identity),
    machineId,
    here: () => {
      const location = locate(data);
      const home = dirname(state);
      return { location, mounted: relative(home, data) !== relative(locate(home), location) };
    },
    place: () => readPlace(placeFile),
    savePlace: (place) => {
      mkdirSync(state, { recursive: true, mode: 0o700 });
      writeDurably(placeFile, `${JSON.stringify(place)}\n`);
    },
    mark: () => readMark() ?? begunBy(),
    setMark: (nonce) => {
      mkdirSync(wal, { recursive: true, mode: 0o700 });
      writeDurably(mark, nonce);
      rmSync(oldMark, { force: true });
      syncDirectory(member);
      syncDirectory(data);
    },
    setAside: (as) => {
      const found = readMark();
      let to = `${member}.${as}`;
      // A launch that fails again and again, for want of space say, must not fill the disk: what it leaves is no data.
      if (found === as) rmSync(to, { recursive: true, force: true });
      for (let n = 2; existsSync(to); n++) to = `${member}.${as}.${n}`;
      (found === undefined ? renameSync : moveUnmarked)(member, to);
      syncDirectory(data);
    },
    decide: (environment) => {
      const directory = env['RUNTIME_DIRECTORY'] ?? '/run/etcd';
      const lines = Object.entries(environment).map(([name, value]) => `${name}=${value}`);
      // Members answer with what they like: a line more would be a variable more, for root's shell too.
      if (!lines.every((line) => /^[\w=:/.,[\]-]*$/.test(line))) throw new Error(`refusing ${lines}`);
      mkdirSync(directory, { recursive: true });
      writeDurably(join(directory, 'decision.env'), `${lines.join('\n')}\n`);
    },
    restore: (record) => restore(data, settings.name, record),
    unfit: (consul) => fitness(settings, consul),
  };
}
