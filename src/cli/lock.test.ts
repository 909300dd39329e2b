import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import * as fs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import test, { type ExecutionContext } from 'ava';
import { type Loopback, serveLoopback } from '../testing/loopback.ts';

// The command itself, against a real server of releases on loopback.
const root = fileURLToPath(new URL('../..', import.meta.url));
const hash = (text: string) => createHash('sha256').update(text).digest('hex');

/** Texts to serve, by path; tests have paths of their own. */
const served = new Map<string, string>();
let server: Loopback;
let base = '';

test.before(async () => {
  server = await serveLoopback(({ url = '' }, response) => {
    response.end(served.get(url));
  });
  base = server.url;
});
test.after.always(() => server.close());

function run(cwd: string, ...args: string[]): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const command = [path.join(root, 'dist/cli/index.mjs'), ...args];
  const child = spawn(process.execPath, command, { cwd, stdio: ['ignore', 'pipe', 'pipe'], timeout: 300_000 });
  const said = { stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr'] as const) child[stream].on('data', (data) => (said[stream] += data));
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, ...said })));
}

interface Place {
  folder: string;
  spec(releases: string, etcd?: string): Promise<void>;
  lock(...flags: string[]): ReturnType<typeof run>;
  locked(): Promise<string>;
  /** Names in the folder. */
  names(): Promise<string[]>;
}

async function place(t: ExecutionContext): Promise<Place> {
  const folder = await fs.mkdtemp(path.join(tmpdir(), 'quorumgate-lock-'));
  t.teardown(() => fs.rm(folder, { recursive: true, force: true }));
  return {
    folder,
    spec: (releases, etcd = '3.7.3') =>
      fs.writeFile(
        path.join(folder, 'cluster.yaml'),
        `version: 1\ncluster: {name: a, size: 3}\ntargets: [aws]\naddress: {metadata: ec2}\ntls: off
consul: {servers: existing, join: [10.0.0.5]}\netcd: {version: ${etcd}}\nprograms: {etcd: release, sidekick: {url: "https://x/etcd-sidekick.cjs"}}\nreleases: ${releases}\n`,
      ),
    lock: (...flags) => run(folder, 'lock', 'cluster.yaml', ...flags),
    locked: () => fs.readFile(path.join(folder, 'cluster.lock.yaml'), 'utf8'),
    names: async () => (await fs.readdir(folder)).sort(),
  };
}

const index = (...releases: object[]) => JSON.stringify({ format: 1, releases });
const release = (version: string, sha256: string) => ({
  program: 'etcd',
  version,
  arch: 'amd64',
  url: `https://example.com/etcd-${version}.tar.gz`,
  sha256,
});
const [one, two] = ['ab'.repeat(32), 'cd'.repeat(32)];

test.serial('from nothing: lock, compile, check; a new version in spec and index', async (t) => {
  const { folder, spec, lock, locked } = await place(t);
  await fs.writeFile(path.join(folder, 'index.json'), index(release('3.7.3', one), release('3.7.2', two)));
  await spec('{index: index.json}');
  const missing = await run(folder, 'compile', 'cluster.yaml');
  t.is(missing.code, 1);
  t.regex(missing.stderr, /^cluster\.yaml:8:18: error\[lock-missing\]/m);
  t.like(await lock('--check'), { code: 1, stdout: 'etcd 3.7.3 amd64: https://example.com/etcd-3.7.3.tar.gz\n' });
  await t.throwsAsync(locked());

  t.like(await lock(), { code: 0, stderr: '' });
  t.regex(await locked(), new RegExp(`sha256: ${one}\n`));
  const before = await fs.stat(path.join(folder, 'cluster.lock.yaml'));
  t.like(await lock(), { code: 0, stdout: 'cluster.lock.yaml is up to date\n', stderr: '' });
  t.like(await lock('--check'), { code: 0 });
  t.is((await fs.stat(path.join(folder, 'cluster.lock.yaml'))).ino, before.ino, 'left untouched');
  t.like(await run(folder, 'compile', 'cluster.yaml'), { code: 0, stderr: '' });
  const list = /etcd url (\S+) (\S+)/.exec(await fs.readFile(path.join(folder, 'out/aws/etcd/user-data.yaml'), 'utf8'));
  t.deepEqual(list?.slice(1), ['https://example.com/etcd-3.7.3.tar.gz', one]);

  await spec('{index: index.json}', '3.7.2');
  t.regex(
    (await run(folder, 'check', 'cluster.yaml')).stderr,
    /^cluster\.yaml:7:17: error\[lock-stale\].*has etcd 3\.7\.3, not 3\.7\.2/m,
  );
  const check = await lock('--check');
  t.is(check.code, 1);
  t.regex(check.stdout, /^etcd 3\.7\.2 amd64: \S+ \(other version, url, sha256 than before\)$/m);
  t.regex(
    check.stderr,
    /^error: cluster\.lock\.yaml is not what cluster\.yaml and its index give now\.\n {2}remedy: Run `quorumgate lock cluster\.yaml`/,
  );
  t.is((await lock()).code, 0);
  t.is((await run(folder, 'check', 'cluster.yaml')).code, 0);
});

test.serial('another hash under the same version is refused, whatever its URL; with consent it is taken', async (t) => {
  const { spec, lock, locked, names } = await place(t);
  await spec(`{index: "${base}/changed.json"}`);
  served.set('/changed.json', index(release('3.7.3', one)));
  t.is((await lock()).code, 0);
  const before = await locked();
  served.set('/changed.json', index({ ...release('3.7.3', two), url: 'https://elsewhere.example/etcd.tar.gz' }));
  const refused = await lock('--replace-hash', 'consul');
  t.is(refused.code, 1);
  t.regex(
    refused.stderr,
    /^cluster\.yaml:7:17: error\[lock-hash-changed\]: etcd 3\.7\.3 for amd64 had SHA-256 abab\S+ .* has cdcd/m,
  );
  t.regex(refused.stderr, /run `quorumgate lock cluster\.yaml --replace-hash etcd`/);
  t.is(await locked(), before);
  t.like(await lock('--replace-hash', 'etcd'), { code: 0, stderr: '' });
  t.regex(await locked(), new RegExp(`sha256: ${two}\n`));
  t.deepEqual(await names(), ['cluster.lock.yaml', 'cluster.yaml']);
});

test.serial('a file of which the index gives no hash is fetched when the user asks', async (t) => {
  const { spec, lock, locked, names } = await place(t);
  await spec(`{index: "${base}/bare.json"}`);
  served.set('/bare.json', index({ program: 'etcd', arch: 'amd64', url: 'etcd-{version}.tar.gz' }));
  served.set('/etcd-3.7.3.tar.gz', 'the bytes');
  const none = await lock();
  t.is(none.code, 1);
  t.regex(
    none.stderr,
    /^cluster\.yaml:7:17: error\[lock-unresolved\]: the index gives no SHA-256 .*\n[\s\S]*--hash-files/m,
  );
  t.deepEqual(await names(), ['cluster.yaml']);
  t.is((await lock('--hash-files')).code, 0);
  t.regex(await locked(), new RegExp(`url: ${base}/etcd-3.7.3.tar.gz\n    sha256: ${hash('the bytes')}\n`));
});

test.serial('a spec with errors, a broken lock file, a path that leads nowhere', async (t) => {
  const { folder, spec, lock, names } = await place(t);
  await spec('{index: nowhere.json}');
  t.regex(
    (await lock()).stderr,
    /error\[lock-unresolved\]: Cannot read the index .*nowhere\.json: it does not exist \(ENOENT\)\.\n/,
  );
  await spec('{index: ftp://x/}');
  t.regex((await lock()).stderr, /^cluster\.yaml:9:19: error\[bad-format\]/);
  await spec('{index: index.json}');
  await fs.writeFile(path.join(folder, 'index.json'), index(release('3.7.3', one)));
  await fs.writeFile(path.join(folder, 'cluster.lock.yaml'), '<<<<<<< mine\nformat: 1\n');
  const { code, stderr } = await lock();
  t.is(code, 1);
  t.regex(stderr, /^cluster\.lock\.yaml:\d:\d+: error\[lock-broken\]/);
  t.regex(
    await fs.readFile(path.join(folder, 'cluster.lock.yaml'), 'utf8'),
    /^<{7}/,
    'what may say of a changed hash is not replaced',
  );
  t.deepEqual(await names(), ['cluster.lock.yaml', 'cluster.yaml', 'index.json']);
});

test.serial('nothing to lock; a lock file too many', async (t) => {
  const { folder, lock } = await place(t);
  const text = await fs.readFile(path.join(root, 'examples/mycluster.yaml'), 'utf8');
  await fs.writeFile(path.join(folder, 'cluster.yaml'), text);
  t.like(await lock(), { code: 0, stdout: 'cluster.yaml takes no program by release: there is nothing to lock\n' });
  await fs.writeFile(path.join(folder, 'cluster.lock.yaml'), 'format: 1\nprograms: {}\n');
  t.regex((await lock()).stderr, /and there is cluster\.lock\.yaml\.\n {2}remedy: Remove cluster\.lock\.yaml\.$/m);
});

test.serial('two at once write one whole lock file', async (t) => {
  const { folder, spec, lock, locked, names } = await place(t);
  await fs.writeFile(path.join(folder, 'index.json'), index(release('3.7.3', one)));
  await spec('{index: index.json}');
  const both = await Promise.all([lock(), lock()]);
  t.deepEqual(
    both.map(({ code }) => code),
    [0, 0],
    JSON.stringify(both),
  );
  t.regex(await locked(), new RegExp(`sha256: ${one}\n$`));
  t.deepEqual(await names(), ['cluster.lock.yaml', 'cluster.yaml', 'index.json']);
});

test.serial('the command line', async (t) => {
  t.like(await run(root, 'lock', '-'), { code: 2 });
  const unknown = await run(root, 'lock', 'x', '--replace-hash', 'nomad');
  t.is(unknown.code, 2);
  t.regex(unknown.stderr, /there is no program 'nomad': use one of consul, etcd/);
  t.regex((await run(root, 'lock', '/nonexistent')).stderr, /error\[spec-unreadable\]/);
});
