import { execFileSync } from 'node:child_process';
import { closeSync, fstatSync, openSync, readFileSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { readIfThere } from './durable.ts';

/** f_fsid of filesystems without a UUID, by what tells one mount from another: a process each time would be slow. */
const known = new Map<string, string>();

/**
 * `FILESYSTEM/PATH`: where a directory lies, however it is mounted: through a bind mount, as in a unit's own mount namespace,
 * it is the same. The filesystem is its UUID as udev knows it, which stays over reboots; where there is none (btrfs,
 * overlay, containers) what statfs calls f_fsid, made from the UUID by ext4 and btrfs, from the device number by xfs.
 */
export function locate(path: string): string {
  const directory = openSync(path, 'r');
  try {
    // The very mount that was opened: another one may hide what the paths alone would lead to.
    const [id] = /(?<=mnt_id:\s*)\d+/.exec(readFileSync(`/proc/self/fdinfo/${directory}`, 'utf8')) ?? [];
    const mounts = readFileSync('/proc/self/mountinfo', 'utf8').split('\n');
    const mount = mounts.find((line) => line.startsWith(`${id} `)) ?? '';
    const [, , device = '', root = '', point = ''] = mount.split(' ');
    const depth = point.match(/\/./g)?.length ?? 0;
    const inside = realpathSync(path)
      .split('/')
      .slice(1 + depth);
    const [uuid] = /(?<=E:ID_FS_UUID=).+/.exec(readIfThere(`/run/udev/data/b${device}`) ?? '') ?? [];
    return join(uuid ?? fsidOf(path, mount, directory), root, ...inside);
  } finally {
    closeSync(directory);
  }
}

function fsidOf(path: string, mount: string, directory: number): string {
  const { ino, birthtimeMs } = fstatSync(directory);
  const key = `${mount} ${ino} ${birthtimeMs}`;
  const fsid = known.get(key) ?? execFileSync('stat', ['-fc%i', path], { encoding: 'utf8' }).trim();
  known.set(key, fsid);
  return fsid;
}
