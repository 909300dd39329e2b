import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { FakeConsul, host, recordAt, serve } from '../operator/operator-testing.ts';
import { SMALLEST } from '../spec/reference.ts';

// The commands as they are typed: exit codes, what they say, and that nothing is changed without a yes.
const root = fileURLToPath(new URL('../..', import.meta.url));
const spec = 'examples/mycluster.yaml';
// No etcd of this machine is at its client port.
const quiet = SMALLEST.replace('  version: 3.5.16', '  version: 3.5.16\n  clientPort: 12399');
const key = 'etcd3/mycluster/bootstrap';

const consul = new FakeConsul();
consul.put(key, JSON.stringify(recordAt((n) => `http://127.0.0.1:${n}`, 1, 2, 3)));
// Nothing listens at these ports, and they are here.
consul.hosts = [1, 2, 3].map((n) => host(n, { address: '127.0.0.1', port: n, meta: { incarnation: `new-${n}` } }));
const tokens = new Set<unknown>();
const agent = await serve((url, body, method, headers) => {
  tokens.add(headers['x-consul-token']);
  return consul.answer(url, body, method, headers);
});
test.after.always(() => agent.close());

interface Result {
  code: number;
  stdout: string;
  stderr: string;
}

function run(args: string[], env: Record<string, string> = {}, input = ''): Promise<Result> {
  const all = { ...process.env, CONSUL_HTTP_ADDR: `127.0.0.1:${agent.port}`, ...env };
  return new Promise((resolve) => {
    const command = ['dist/cli/index.mjs', ...args];
    const child = execFile(process.execPath, command, { cwd: root, env: all }, (error, stdout, stderr) => {
      resolve({ code: Number(error?.code ?? 0), stdout, stderr });
    });
    child.stdin?.end(input);
  });
}

const exits = test.macro<[args: string[], code: number, stderr: RegExp, env?: Record<string, string>, input?: string]>({
  async exec(t, args, code, stderr, env, input) {
    const result = await run(args, env, input);
    t.regex(result.stderr, stderr);
    t.is(result.code, code, result.stderr);
    t.deepEqual(consul.log, []);
  },
  title: (_, args, code) => `quorumgate ${args.join(' ')}: exit ${code}`,
});

test.serial(exits, ['reset'], 2, /missing required argument 'spec'/);
test.serial(exits, ['restore', spec], 2, /required option '--snapshot <file>'/);
test.serial(exits, ['restore', spec, '--snapshot', 'package.json'], 1, /is no snapshot.*\n {2}remedy: /);
test.serial(exits, ['restore', spec, '--snapshot', 'nowhere'], 1, /Cannot read nowhere: .*ENOENT/);
test.serial(exits, ['reset', 'examples/broken/typo.yaml', '--yes'], 1, /typo\.yaml:2:34: error\[size-even\]/);
test.serial(exits, ['reset', spec, '--yes', '--lost', 'etcd-4'], 1, /etcd-4: no such host is known/);
test.serial(exits, ['member', 'list', 'examples/tls.yaml'], 1, /no client certificate.*\n {2}remedy: Give --cert/);
test.serial(exits, ['member', 'list', '-'], 1, /no member of mycluster answers/, {}, quiet);
test.serial(exits, ['member', 'retire', '-', 'etcd-1', '--yes'], 1, /no member of mycluster answers/, {}, quiet);
test.serial(
  exits,
  ['reset', spec],
  1,
  /Consul agent at http:\/\/127\.0\.0\.1:1 does not answer.*\n {2}remedy: .*CONSUL_HTTP_ADDR/,
  {
    CONSUL_HTTP_ADDR: '127.0.0.1:1',
  },
);

test.serial('reset without a terminal says what it would do, and does not', async (t) => {
  const { code, stdout, stderr } = await run(['reset', spec]);
  t.is(code, 2);
  t.regex(stdout, /^resets mycluster:\n/);
  t.regex(stderr, /no terminal\. Nothing was changed; with --yes/);
  t.deepEqual(consul.log, []);
});

test.serial('reset --yes', async (t) => {
  tokens.clear();
  const { code, stdout, stderr } = await run(['reset', spec, '--yes'], { CONSUL_HTTP_TOKEN: 'secret' });
  t.is(code, 0, stderr);
  t.regex(stdout, /done: the record is of cluster [0-9a-f]{16} now\netcd-1, etcd-2, etcd-3 start etcd now/);
  t.deepEqual(consul.log, [`PUT ${key}`]);
  t.deepEqual([...tokens], ['secret']);
});
