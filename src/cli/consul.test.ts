import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import test from 'ava';

const root = fileURLToPath(new URL('../..', import.meta.url));

test('a Consul that does not answer is no bug of ours: cause, remedy, and no token that it has not given', (t) => {
  const folder = mkdtempSync(path.join(tmpdir(), 'quorumgate-consul-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const run = (args: string[], address = '') =>
    spawnSync(process.execPath, [path.join(root, 'dist/cli/index.mjs'), 'consul', ...args, '--dir', folder], {
      cwd: root,
      encoding: 'utf8',
      env: { PATH: process.env['PATH'], CONSUL_HTTP_ADDR: address },
    });
  t.is(run(['secrets']).status, 0);
  const before = readdirSync(folder).sort();
  for (const [address, named] of [
    ['127.0.0.1:9', /http:\/\/127\.0\.0\.1:9 does not answer: it is not running yet/],
    [`unix://${folder}/none.sock`, /unix:\/\/\S+none\.sock does not answer: it is not running yet/],
  ] as const) {
    const { status, stderr } = run(['bootstrap', 'examples/mycluster.yaml'], address);
    t.is(status, 1);
    t.regex(stderr, named);
    t.regex(stderr, /remedy: Run the command on a host of the cluster/);
    t.notRegex(stderr, /bug/);
    t.deepEqual(readdirSync(folder).sort(), before);
  }
});
