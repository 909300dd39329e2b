import { execFile, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import test from 'ava';
import { load } from 'js-yaml';

// `npm run release`, in a clone of what is committed; of the executables, which take a while to build, only what is done with them.
const root = path.join(import.meta.dirname, '..');
const folder = mkdtempSync(path.join(tmpdir(), 'quorumgate-release-'));
const clone = path.join(folder, 'clone');
const isClone = spawnSync('git', ['rev-parse', '--verify', 'HEAD'], { cwd: root }).status === 0;
const released = isClone ? test.serial : test.skip;
const run = (cwd: string, program: string, ...args: string[]) =>
  promisify(execFile)(program, args, { cwd }).then(
    ({ stdout, stderr }) => ({ code: 0, said: stdout + stderr }),
    (error: { code: number; stdout: string; stderr: string }) => ({
      code: error.code,
      said: error.stdout + error.stderr,
    }),
  );
const release = () => run(clone, process.execPath, '.ci/release.mjs', '--executables', path.join(folder, 'sea'));
const sha256 = (file: string) => createHash('sha256').update(readFileSync(file)).digest('hex');

test.before(async () => {
  if (!isClone) return;
  await run(folder, 'git', 'clone', '--quiet', root, clone);
  symlinkSync(path.join(root, 'node_modules'), path.join(clone, 'node_modules'));
  // Of a folder alone git takes no link.
  writeFileSync(path.join(clone, '.git/info/exclude'), 'node_modules\n');
  mkdirSync(path.join(folder, 'sea'));
  for (const name of ['x64', 'arm64'])
    writeFileSync(path.join(folder, `sea/etcd-sidekick-${name}`), `program of ${name}`);
});
test.after.always(() => rmSync(folder, { recursive: true, force: true }));

released('what is not committed is in no release, and nothing is written', async (t) => {
  const draft = path.join(clone, 'units/draft.service');
  writeFileSync(draft, '[Unit]\n');
  const { code, said } = await release();
  rmSync(draft);
  t.is(code, 1);
  t.regex(said, /^release: a release is made of what is committed; this is not:\n\?\? units\/draft.service\n/);
  t.false(existsSync(path.join(clone, 'release')));
});

released('a release is whole, and `lock` finds the sidekick in it on any web server', async (t) => {
  t.timeout(120_000);
  const { code, said } = await release();
  t.is(code, 0, said);
  const out = path.join(clone, 'release');
  const { version } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as { version: string };
  const names = [
    'etcd-sidekick-arm64',
    'etcd-sidekick-x64',
    'etcd-sidekick.cjs',
    'index.json',
    `quorumgate-${version}.tgz`,
    'sbom.cdx.json',
  ];
  t.deepEqual(readdirSync(out).sort(), ['SHA256SUMS', ...names].sort());
  const sums = readFileSync(path.join(out, 'SHA256SUMS'), 'utf8');
  t.is(sums, names.map((name) => `${sha256(path.join(out, name))}  ${name}\n`).join(''));
  t.is(sha256(path.join(out, 'etcd-sidekick.cjs')), sha256(path.join(root, 'dist/sidekick/etcd-sidekick.cjs')));
  const again = await release();
  t.regex(again.said, /release is not empty/);

  const server = createServer((request, response) =>
    response.end(readFileSync(path.join(out, path.basename(request.url ?? '')))),
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/releases`;
    const spec = readFileSync(path.join(root, 'examples/plain.yaml'), 'utf8')
      .replace(/programs: .*/, 'programs: {sidekick: release}')
      .replace('targets: [aws]', 'targets: [flatcar]');
    writeFileSync(
      path.join(folder, 'cluster.yaml'),
      `${spec}releases: {index: "${url}/index.json", versions: {sidekick: ${version}}}\n`,
    );
    const quorumgate = (...args: string[]) =>
      run(folder, process.execPath, path.join(root, 'dist/cli/index.mjs'), ...args);
    const locked = await quorumgate('lock', 'cluster.yaml');
    t.is(locked.code, 0, locked.said);
    const lock = readFileSync(path.join(folder, 'cluster.lock.yaml'), 'utf8');
    t.true(
      lock.includes(`${url}/etcd-sidekick-x64`) && lock.includes(sha256(path.join(out, 'etcd-sidekick-x64'))),
      lock,
    );
    const compiled = await quorumgate('compile', 'cluster.yaml');
    t.is(compiled.code, 0, compiled.said);
  } finally {
    server.close();
  }
});

released('the action for GitHub checks and compiles by the package of a release', async (t) => {
  t.timeout(120_000);
  const action = load(readFileSync(path.join(root, 'examples/ci/action.yml'), 'utf8')) as {
    inputs: Record<string, { default?: string }>;
    runs: { steps: { run: string; env: Record<string, string> }[] };
  };
  const [step] = action.runs.steps;
  t.deepEqual(
    Object.values(step?.env ?? {}),
    Object.keys(action.inputs).map((name) => `\${{ inputs.${name} }}`),
    'each input comes by the environment',
  );
  t.notRegex(step?.run ?? '', /\$\{\{/, 'and by nothing else');
  const work = mkdtempSync(path.join(folder, 'action-'));
  const out = path.join(clone, 'release');
  const PACKAGE = path.join(out, readdirSync(out).find((name) => name.endsWith('.tgz')) ?? '');
  const act = (SPECS: string, OUTPUT = '') =>
    promisify(execFile)('bash', ['-c', step?.run ?? ''], {
      cwd: work,
      env: { ...process.env, SPECS, OUTPUT, PACKAGE },
    }).then(
      ({ stdout, stderr }) => ({ code: 0, said: stdout + stderr }),
      ({ code, stdout, stderr }: { code: number; stdout: string; stderr: string }) => ({ code, said: stdout + stderr }),
    );
  const spec = readFileSync(path.join(root, 'examples/mycluster.yaml'), 'utf8');
  writeFileSync(path.join(work, 'a b.yaml'), spec);
  writeFileSync(path.join(work, '-wrong.yaml'), spec.replace('size: 3', 'size: 4'));
  t.is((await act('a b.yaml\n\n', 'out')).code, 0);
  t.true(existsSync(path.join(work, 'out/aws/etcd/user-data')));
  const wrong = await act('a b.yaml\n-wrong.yaml\n');
  t.is(wrong.code, 1);
  t.regex(wrong.said, /^::error file=-wrong\.yaml,line=\d+,.*size-even/m);
});
