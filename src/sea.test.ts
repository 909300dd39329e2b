import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import test from 'ava';
import { matches } from '../.ci/build-sea.mjs';

const run = promisify(execFile);
const root = path.join(import.meta.dirname, '..');

// `npm test` builds it first (.ci/prepare.mjs), where npm's registry can be reached.
const file = path.join(root, `dist/sea/etcd-sidekick-${process.arch}`);
const built = process.platform === 'linux' && existsSync(file) ? test : test.skip;

built('the single executable is each sidekick by its name, with no Node in PATH', async (t) => {
  const folder = mkdtempSync(path.join(tmpdir(), 'quorumgate-sea-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const says = async (name: string, ...args: string[]) => {
    const link = path.join(folder, name);
    if (!existsSync(link)) symlinkSync(file, link);
    const error = await t.throwsAsync(run(link, args, { env: { PATH: folder, NODE_OPTIONS: '--nonesuch' } }));
    const { stdout, stderr } = error as Error & { stdout: string; stderr: string };
    return stdout + stderr;
  };
  t.regex(await says('etcd-ready'), /^failed: not set: QG_SCHEME, QG_CLUSTER/);
  t.regex(await says('etcd-register', 'server'), /^failed: not set: QG_SCHEME, QG_CLUSTER/);
  t.regex(await says('etcd-register', 'nonsense'), /^no program "etcd-register nonsense"; there are: etcd-ready,/);
});

built('the single executable holds the committed bundle, and needs only what every glibc host has', async (t) => {
  t.true(readFileSync(file).includes(readFileSync(path.join(root, 'dist/sidekick/etcd-sidekick.cjs'))));
  const { stdout } = await run('ldd', [file]);
  const needed = [...stdout.matchAll(/^\s*(?:\S*\/)?([a-z+_-]+)/gm)].map(([, name]) => name).sort();
  const glibc = ['ld-linux', 'libc', 'libdl', 'libm', 'libpthread', 'linux-vdso'];
  t.deepEqual(
    needed.filter((name = '') => !glibc.some((one) => name.startsWith(one))),
    ['libgcc_s', 'libstdc++'],
  );
});

test('what is fetched for it is compared with what is committed', (t) => {
  const abc = 'sha512-3a81oZNherrMQXNJriBBMRLm+k6JqX6iCp7u5ktV05ohkpkqJ0/BqDa6PCOj/uu9RU1EI2Q86A4qmslPpUyknw==';
  t.true(matches(Buffer.from('abc'), abc));
  t.false(matches(Buffer.from('abd'), abc));
});
