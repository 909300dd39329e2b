import { spawn } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import test, { type ExecutionContext } from 'ava';

// The command itself.
const root = fileURLToPath(new URL('../..', import.meta.url));

function place(
  t: ExecutionContext,
): (script: string) => Promise<{ code: number | null; stdout: string; stderr: string }> {
  const folder = mkdtempSync(path.join(tmpdir(), 'quorumgate-pki-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  cpSync(path.join(root, 'examples'), path.join(folder, 'examples'), { recursive: true });
  const own = `quorumgate() { ${process.execPath} ${path.join(root, 'dist/cli/index.mjs')} "$@"; }; set -e; cd ${folder}; `;
  return (script) => {
    const child = spawn('bash', ['-c', own + script], { stdio: ['ignore', 'pipe', 'pipe'] });
    const said = { stdout: '', stderr: '' };
    for (const stream of ['stdout', 'stderr'] as const) child[stream].on('data', (data) => (said[stream] += data));
    return new Promise((resolve) => child.on('close', (code) => resolve({ code, ...said })));
  };
}

test('what docs/tls.md shows', async (t) => {
  const run = place(t);
  const [, script = ''] =
    /```sh\n(quorumgate pki init[\s\S]*?)```/.exec(readFileSync(path.join(root, 'docs/tls.md'), 'utf8')) ?? [];
  t.true(script.split('\n').length > 4);
  const { code, stdout, stderr } = await run(script);
  t.is(code, 0, stderr);
  t.regex(stdout, /issued pki\/hosts\/etcd-3\/peer\.crt, until \d{4}-\d\d-\d\d: etcd-3, 10\.77\.0\.103, 127\.0\.0\.1/);
  t.regex(stdout, /^ {2}peer\.key {7}\/etc\/etcd\/peer\.key$/m);
  t.regex(stdout, /^hosts\/etcd-1\/server\.crt +39\d +[0-9a-f]{32}$/m);
  t.regex(stdout, /None is due\./);
  t.regex(stdout, /revoked hosts\/etcd-3\/peer\.crt, serial [0-9a-f]{32}/);
  t.false(/PRIVATE/.test(stdout + stderr));
  const soon = await run('quorumgate pki status --dir pki --days 400');
  t.is(soon.code, 1);
  t.regex(soon.stdout, /ends soon/);
});

test('mistakes are named, and nothing is written', async (t) => {
  const run = place(t);
  for (const [script, code, message] of [
    ['quorumgate pki init', 2, /required option '--dir <directory>'/],
    ['quorumgate pki init --dir examples', 1, /examples is not empty/],
    ['quorumgate pki init --dir p --existing peers=examples/tls.yaml', 1, /no certificate in it/],
    ['quorumgate pki init --dir p --existing peer=x', 2, /Write peers=…, clients=…, consul=…/],
    ['quorumgate pki init --dir p --sign peers=cat', 1, /--existing peers=FILE/],
    ['quorumgate pki issue examples/tls.yaml --dir p --host a=10.0.0.1', 1, /p is not there.*\n.*pki init --dir p/],
    ['quorumgate pki issue examples/tls.yaml --dir p', 2, /nobody to issue for/],
    ['quorumgate pki issue examples/tls.yaml --dir p --host ../a=10.0.0.1', 2, /Write NAME=ADDRESS/],
    ['quorumgate pki issue examples/tls.yaml --dir p --host a=10.0.0.256', 2, /Write NAME=ADDRESS/],
    ['quorumgate pki issue examples/tls.yaml --dir p --client ../x', 2, /not a name/],
    ['quorumgate pki init --dir p --days 0', 2, /from 1 to 36500/],
    ['quorumgate pki init --dir p --days 1e9', 2, /from 1 to 36500/],
    ['quorumgate pki rotate everything --dir p', 2, /Write certificates, peers, clients, consul/],
    ['quorumgate pki init --dir examples/tls.yaml', 1, /tls\.yaml/],
  ] as const) {
    const said = await run(`${script}; echo not reached`);
    t.is(said.code, code, `${script}: ${said.stderr}`);
    t.regex(said.stderr, message, script);
    t.is((await run('ls -d p 2>/dev/null || true')).stdout, '', script);
  }
});

test('a directory that only its owner can enter, whatever the umask', async (t) => {
  const run = place(t);
  const { code, stdout } = await run(
    'umask 0; quorumgate pki init --dir p >&2; quorumgate pki issue examples/tls.yaml --dir p --host a=10.0.0.1 >&2; pwd',
  );
  t.is(code, 0);
  const folder = path.join(stdout.trim(), 'p');
  t.true(existsSync(path.join(folder, 'hosts/a/peer.key')));
  for (const [name, mode] of [
    ['ca', 0o700],
    ['ca/peers.json', 0o600],
    ['hosts/a', 0o700],
    ['hosts/a/peer.key', 0o600],
  ] as const)
    t.is(statSync(path.join(folder, name)).mode & 0o777, mode, name);
});
