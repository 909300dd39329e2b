import { spawn, spawnSync } from 'node:child_process';
import {
  closeSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import test from 'ava';
import { inRoot, SHELLS, scriptText } from '../testing/script.ts';

// units/scripts/volume.sh, as it lands on hosts, with real block devices and the real mkfs, in a mount namespace of its own.
const work = mkdtempSync(join(tmpdir(), 'quorumgate-volume-'));
const attached: string[] = [];
test.after.always(() => {
  for (const device of attached) spawnSync('losetup', ['-d', device]);
  rmSync(work, { recursive: true, force: true });
});

/** A block device on a file of zeros; undefined where this machine has none to give. */
function makeDevice(megabytes = 40): { device: string; file: string } | undefined {
  const file = join(mkdtempSync(join(work, 'disk-')), 'disk');
  writeFileSync(file, '');
  truncateSync(file, megabytes * 2 ** 20);
  const { stdout, status } = spawnSync('losetup', ['-f', '--show', file], { encoding: 'utf8' });
  if (status !== 0) return undefined;
  attached.push(stdout.trim());
  return { device: stdout.trim(), file };
}

const canMount = inRoot && spawnSync('mkfs.ext4', ['-V']).status === 0 && makeDevice() !== undefined;
const mounted = canMount ? test.serial : test.serial.skip;

function write(device: string, ...at: (number | Buffer)[]): void {
  const disk = openSync(device, 'r+');
  for (let n = 0; n < at.length; n += 2) writeSync(disk, at[n + 1] as Buffer, 0, undefined, at[n] as number);
  closeSync(disk);
}

/** Its words until it was done, or said that it waits; and those of `then`, where it is mounted. */
async function run(shell: readonly string[], device: string, filesystem: string, then = 'true', late?: () => void) {
  const place = mkdtempSync(join(work, 'host-'));
  const script = scriptText('volume').replace('chown etcd:etcd', 'chown 12345:12345');
  writeFileSync(join(place, 'script'), `${script}\n`);
  const commands = `${shell.join(' ')} ${join(place, 'script')} </dev/null 2>/dev/null && cd ${join(place, 'data')} && ${then}`;
  const env = {
    PATH: process.env['PATH'],
    QG_VOLUME: device,
    QG_DATA_DIR: join(place, 'data'),
    QG_VOLUME_FILESYSTEM: filesystem,
  };
  const child = spawn('unshare', ['--mount', '--pid', '--fork', '--kill-child', 'sh', '-c', commands], {
    env,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  let said = '';
  child.stdout.on('data', (bytes) => (said += bytes));
  let isOver = false;
  const ended = new Promise<void>((resolve) => child.on('close', () => resolve())).then(() => {
    isOver = true;
  });
  while (!isOver && !/^waiting/m.test(said)) await sleep(20);
  if (late !== undefined && /^waiting/m.test(said)) late();
  else if (!isOver) child.kill('SIGKILL');
  await ended;
  return said;
}

for (const shell of SHELLS) {
  const name = shell.join(' ');
  for (const filesystem of ['ext4', 'xfs']) {
    const hasIt = spawnSync(`mkfs.${filesystem}`, ['-V']).status === 0;
    (hasIt ? mounted : test.serial.skip)(
      `${name}: a blank device is formatted once (${filesystem}), and mounted each time`,
      async (t) => {
        const { device = '' } = makeDevice(320) ?? {};
        const first = await run(
          shell,
          device,
          filesystem,
          'echo kept >file; stat -c "%U %u %a" .; findmnt -no FSTYPE,OPTIONS .',
        );
        t.regex(first, new RegExp(`^formatting ${device}, on which there is nothing: ${filesystem}$`, 'm'));
        t.regex(first, /^\S+ 12345 700$/m);
        t.regex(first, new RegExp(`^${filesystem} .*nosuid.*nodev.*noexec`, 'm'));
        const second = await run(shell, device, 'ext4', 'cat file');
        t.notRegex(second, /formatting/);
        t.regex(second, /^kept$/m);
      },
    );
  }

  mounted(`${name}: what is on a device is never written over`, async (t) => {
    for (const [what, fill] of [
      [
        'dos',
        (device: string) =>
          write(device, 446, Buffer.from('00000000830000000008000000400000', 'hex'), 510, Buffer.from('55aa', 'hex')),
      ],
      ['swap', (device: string) => spawnSync('mkswap', [device])],
      ['something that nobody knows', (device: string) => write(device, 3000, Buffer.from('data of an unknown form'))],
    ] as const) {
      const { device = '', file = '' } = makeDevice() ?? {};
      fill(device);
      spawnSync('sync');
      const before = readFileSync(file);
      const said = await run(shell, device, 'ext4');
      t.regex(
        said,
        new RegExp(`^waiting: on ${device} there is ${what}, and not ext4 or xfs; if it may be lost: wipefs`, 'm'),
      );
      spawnSync('sync');
      t.true(before.equals(readFileSync(file)), what);
    }
  });

  mounted(`${name}: a device that comes late is waited for; nothing else is written meanwhile`, async (t) => {
    const { device = '' } = makeDevice() ?? {};
    const link = join(mkdtempSync(join(work, 'dev-')), 'late');
    const said = await run(shell, link, 'ext4', 'echo done', () => spawnSync('ln', ['-s', device, link]));
    t.regex(said, new RegExp(`^waiting: no block device ${link} yet$`, 'm'));
    t.regex(said, /^done$/m);
  });
}
