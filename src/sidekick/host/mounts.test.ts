import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { buildSync } from 'esbuild';
import { locate } from './mounts.ts';

/** In a mount namespace of its own, with the rights to mount in it. */
const unshare = ['unshare', '--user', '--map-root-user', '--mount', 'sh', '-euc'];
const mounting = spawnSync(unshare[0] as string, [...unshare.slice(1), 'true']).status === 0 ? test : test.skip;

const folder = mkdtempSync(join(tmpdir(), 'quorumgate-mounts-'));
test.after.always(() => rmSync(folder, { recursive: true, force: true }));
const program = join(folder, 'locate.cjs');
buildSync({
  stdin: {
    contents: "import { locate } from './mounts.ts'; console.log(locate(process.argv[2]));",
    resolveDir: import.meta.dirname,
  },
  bundle: true,
  platform: 'node',
  outfile: program,
});

/** Output of `locate` in a script that mounts in a new folder with `etcd` and `vol/etcd` in it. */
function located(script: string): { root: string; lines: string[] } {
  const root = mkdtempSync(join(folder, 'm-'));
  for (const name of ['etcd', 'vol/etcd', 'other']) mkdirSync(join(root, name), { recursive: true });
  const prelude = `r=${root}; cd $r; locate() { ${process.execPath} ${program} ${root}/$1; };`;
  const { stdout, stderr, status } = spawnSync(unshare[0] as string, [...unshare.slice(1), `${prelude} ${script}`], {
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(stderr);
  return { root, lines: stdout.trim().split('\n') };
}

test('a directory lies in a filesystem, under its path there; a link to it leads there', (t) => {
  const root = mkdtempSync(join(folder, 'p-'));
  mkdirSync(join(root, 'real'));
  symlinkSync('real', join(root, 'link'));
  t.is(locate(join(root, 'link')), locate(join(root, 'real')));
  t.is(locate(join(root, 'real')), `${locate(root)}/real`);
  t.throws(() => locate(join(root, 'none')), { code: 'ENOENT' });
});

mounting("through a bind mount onto itself, as in a unit's sandbox, it lies where it lies without", (t) => {
  const { lines } = located(
    'locate etcd; mount --bind etcd etcd; locate etcd; mount -o remount,bind,ro etcd; locate etcd',
  );
  t.is(lines.length, 3);
  t.is(new Set(lines).size, 1);
});

mounting('another directory of the same filesystem mounted there is another place, and the one it is', (t) => {
  const { root, lines } = located(
    'locate etcd; locate vol; mount --bind vol etcd; locate etcd; locate etcd/etcd; umount etcd; locate etcd',
  );
  const [etcd = '', vol = '', bound, inside, after] = lines;
  t.true(etcd.endsWith(`${root}/etcd`) && vol.endsWith(`${root}/vol`));
  t.deepEqual([bound, inside, after], [vol, `${vol}/etcd`, etcd]);
});

mounting('another filesystem mounted there, or over what is above it, is another place', (t) => {
  const { lines } = located(
    'locate etcd; mount -t tmpfs x etcd; locate etcd; umount etcd; mount --bind vol etcd; locate etcd; mount -t tmpfs x $r; mkdir $r/etcd; locate etcd',
  );
  t.is(new Set(lines).size, 4, lines.join('\n'));
  t.regex(lines[1] ?? '', /^[0-9a-f]+\/$/);
  t.regex(lines[3] ?? '', /^[0-9a-f]+\/etcd$/);
});

mounting('the same path in two filesystems is two places', (t) => {
  const { lines } = located(
    'mount -t tmpfs a other; mkdir other/etcd; locate other/etcd; mount --bind other/etcd etcd; locate etcd; umount etcd other; mount -t tmpfs b other; mkdir other/etcd; locate other/etcd',
  );
  const [first, bound, second] = lines;
  t.is(first, bound);
  t.regex(second ?? '', /^[0-9a-f]+\/etcd$/);
  t.not(first, second);
});

mounting('a mount point with a blank in its name is no other place', (t) => {
  const { lines } = located(
    "mkdir 'a b' 'a b/etcd'; locate 'a b' || true; mount -t tmpfs x 'a b'; mkdir 'a b/etcd'; cd 'a b'; ln -s \"$PWD/etcd\" ../l; locate l",
  );
  t.regex(lines.at(-1) ?? '', /^[0-9a-f]+\/etcd$/);
});

mounting('where udev knows the filesystem, it is its UUID: the number of its device may be another tomorrow', (t) => {
  const uuid = '0b9c2d4e-6f70-4a1b-8c3d-5e6f708192a3';
  const entry = `S:disk/by-id/x\\nI:17\\nE:ID_FS_UUID_SUB=1\\nE:ID_FS_UUID=${uuid}\\nE:ID_FS_UUID_ENC=${uuid}\\nV:1\\n`;
  const { root, lines } = located(
    `mount -t tmpfs x /run; mkdir -p /run/udev/data; for d in $(cut -d' ' -f3 /proc/self/mountinfo); do printf '${entry}' > /run/udev/data/b$d; done; locate etcd`,
  );
  t.regex(lines[0] ?? '', new RegExp(`^${uuid}/.*${root}/etcd$|^${uuid}${root}/etcd$`));
});
