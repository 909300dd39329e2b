import { execFileSync } from 'node:child_process';
import { closeSync, openSync, readFileSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { readIfThere } from './durable.ts';

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
    const [, , device = '', root = '', point = ''] = mounts.find((line) => line.startsWith(`${id} `))?.split(' ') ?? [];
    const depth = point.match(/\/./g)?.length ?? 0;
    const inside = realpathSync(path)
      .split('/')
      .slice(1 + depth);
    const [uuid] = /(?<=E:ID_FS_UUID=).+/.exec(readIfThere(`/run/udev/data/b${device}`) ?? '') ?? [];
    return join(uuid ?? execFileSync('stat', ['-fc%i', path], { encoding: 'utf8' }).trim(), root, ...inside);
  } finally {
    closeSync(directory);
  }
}
