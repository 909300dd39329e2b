import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { generateOperatorKey } from '../io/operator-key.ts';
import { FakeConsul, host, livedKeys, Reply, recordAt, serve } from '../operator/operator-testing.ts';
import { SMALLEST } from '../spec/reference.ts';

// The commands as they are typed: exit codes, what they say, and that nothing is changed without a yes and a signature.
const root = fileURLToPath(new URL('../..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'quorumgate-cli-'));
const file = (name: string) => join(folder, name);

const { publicHalf } = await generateOperatorKey(file('key'));
await generateOperatorKey(file('other'));
const text = SMALLEST.replace('[aws]', '[vagrant]')
  .replace('metadata: ec2', 'cidr: 192.168.56.0/24')
  .replace('provider=aws tag_key=etcd tag_value=mycluster', '192.168.56.101');
const spec = file('cluster.yaml');
writeFileSync(spec, text.replace('  size: 3', `  size: 3\n  operatorKeys: [${publicHalf}]`));
/** One that names no key. */
const bare = file('bare.yaml');
writeFileSync(bare, text);
// No etcd of this machine is at its client port.
const quiet = text.replace('  version: 3.7.3', '  version: 3.7.3\n  clientPort: 12399');

const born = recordAt((n) => `http://127.0.0.1:${n}`, 1, 2, 3);
const record = `etcd3/mycluster/lineage/${born.cluster_id}/record`;
const bootstrap = 'etcd3/mycluster/bootstrap';
const consul = new FakeConsul();

/** All data is lost: nothing listens at these ports, and they are here. */
function begin(): void {
  consul.keys.clear();
  consul.log.length = 0;
  for (const [key, value] of Object.entries(livedKeys(born))) consul.put(key, value);
  consul.hosts = [1, 2, 3].map((n) => {
    return host(n, { address: '127.0.0.1', port: n, meta: { incarnation: `new-${n}`, wiped: `disk-${n}` } });
  });
}
/** The word of an operator who has looked at all three disks. */
const lost = ['--lost', 'etcd-1', 'etcd-2', 'etcd-3'];
const tokens = new Set<unknown>();
const agent = await serve((url, body, method, headers) => {
  tokens.add(headers['x-consul-token']);
  return consul.answer(url, body, method, headers);
});
test.after.always(() => agent.close());
test.after.always(() => rmSync(folder, { recursive: true }));
test.serial.beforeEach(begin);

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
  title: (_, args, code) => `quorumgate ${args.join(' ').replaceAll(folder, 'FOLDER')}: exit ${code}`,
});

test.serial(exits, ['reset'], 2, /missing required argument 'spec'/);
test.serial(exits, ['restore', spec], 2, /required option '--snapshot <file>'/);
test.serial(exits, ['restore', spec, '--snapshot', 'package.json'], 1, /is no snapshot.*\n {2}remedy: /);
test.serial(exits, ['restore', spec, '--snapshot', 'nowhere'], 1, /Cannot read nowhere: .*ENOENT/);
test.serial(exits, ['reset', 'examples/broken/typo.yaml', '--yes'], 1, /typo\.yaml:2:34: error\[size-even\]/);
test.serial(exits, ['reset', spec, '--yes', '--lost', 'etcd-4'], 1, /etcd-4: no such host is known/);
test.serial(exits, ['reset', spec, '--key', file('key'), '--plan', file('x')], 2, /cannot be used with option '--plan/);
test.serial(exits, ['reset', spec, '--apply', 'x', '--lost', 'etcd-1'], 2, /cannot be used with option/);
test.serial(
  exits,
  ['reset', spec, '--key', file('other'), '--yes'],
  1,
  /is not a key of the spec: its public half is/,
  {
    // Before anything is asked.
    CONSUL_HTTP_ADDR: '127.0.0.1:1',
  },
);
test.serial(exits, ['reset', spec, '--key', 'package.json', '--yes'], 1, /is no operator's key/);
test.serial(
  exits,
  ['reset', spec, ...lost, '--yes'],
  1,
  /no key was given\n {2}remedy: Give the key.*Is the key lost.*boot them anew/,
);
test.serial(
  exits,
  ['reset', bare, ...lost, '--yes'],
  1,
  /the spec names no key.*\n {2}remedy: One way is left: end all hosts.*consul kv delete -recurse etcd3\/mycluster\//,
);
test.serial(exits, ['reset', bare, ...lost, '--plan', file('x')], 1, /the spec names no key that could sign a plan/);
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

test.serial('without a key nobody hears of the way that is left while data is', async (t) => {
  consul.hosts = consul.hosts.map((one) => ({ ...one, meta: { ...one.meta, state: 'member' } }));
  const { code, stderr } = await run(['reset', spec, '--yes']);
  t.is(code, 1);
  t.regex(stderr, /etcd-1: it has data/);
  t.notRegex(stderr, /kv delete/);
});

test.serial('W5: a token that may read nothing hears what is missing, not that there is nothing', async (t) => {
  const denying = await serve((url, body) => {
    if (!url.startsWith('/v1/internal/acl/authorize')) return url.startsWith('/v1/kv') ? undefined : [];
    return (JSON.parse(body) as object[]).map((right) => ({ ...right, Allow: false }));
  });
  t.teardown(denying.close);
  for (const args of [
    ['reset', spec, '--key', file('key')],
    ['member', 'list', bare],
  ]) {
    const { code, stderr } = await run(args, { CONSUL_HTTP_ADDR: `127.0.0.1:${denying.port}` });
    t.is(code, 1);
    t.regex(stderr, /Consul denies access: .*key_prefix "etcd3\/mycluster\/"/);
    t.notRegex(stderr, /nothing to reset|no record/);
  }
});

test.serial('reset without a terminal says what it would do, and does not', async (t) => {
  const { code, stdout, stderr } = await run(['reset', spec, ...lost, '--key', file('key')]);
  t.is(code, 2);
  t.regex(stdout, /^resets mycluster:\n/);
  t.regex(stderr, /no terminal\. Nothing was changed; with --yes/);
  t.deepEqual(consul.log, []);
});

test.serial('reset --key --yes', async (t) => {
  tokens.clear();
  const { code, stdout, stderr } = await run(['reset', spec, ...lost, '--key', file('key'), '--yes'], {
    CONSUL_HTTP_TOKEN: 'secret',
  });
  t.is(code, 0, stderr);
  t.regex(stdout, /done: the record is of cluster [0-9a-f]{16} now\netcd-1, etcd-2, etcd-3 start etcd now/);
  t.deepEqual(consul.log, [`PUT ${record}`, `PUT ${bootstrap}`]);
  t.deepEqual([...tokens], ['secret']);
});

test.serial('--yes never stands for --lost', async (t) => {
  consul.hosts.pop();
  const { code, stderr } = await run(['reset', spec, '--key', file('key'), '--yes']);
  t.is(code, 1);
  for (const name of lost.slice(1)) t.regex(stderr, new RegExp(`${name}: member [0-9a-f]{16} of the last list is not`));
  t.regex(stderr, /say so: --lost etcd-1 etcd-2\n/);
  t.deepEqual(consul.log, []);
});

test.serial('plan, sign, apply; once', async (t) => {
  const [plan, signed] = [file('plan'), file('signed')];
  const planned = await run(['reset', spec, ...lost, '--plan', plan]);
  t.is(planned.code, 0, planned.stderr);
  t.regex(planned.stdout, /^resets mycluster:\n[\s\S]*nothing was changed\. Sign the plan: quorumgate sign/);
  const unsigned = await run(['reset', spec, '--apply', plan, '--yes']);
  t.regex(unsigned.stderr, /is not signed/);
  t.is((await run(['sign', plan, '--key', file('other'), '--out', signed, '--yes'])).code, 1);
  t.is((await run(['sign', plan, '--key', file('key'), '--out', signed])).code, 2, 'nobody to ask');
  const away = { CONSUL_HTTP_ADDR: '127.0.0.1:1' };
  const signing = await run(['sign', plan, '--key', file('key'), '--out', signed, '--yes'], away);
  t.is(signing.code, 0, signing.stderr);
  t.regex(signing.stdout, /^signs a reset of mycluster:\n/);
  t.deepEqual(consul.log, []);
  const applied = await run(['reset', spec, '--apply', signed, '--yes']);
  t.is(applied.code, 0, applied.stderr);
  t.deepEqual(consul.log, [`PUT ${record}`, `PUT ${bootstrap}`]);
  const again = await run(['reset', spec, '--apply', signed, '--yes']);
  t.is(again.code, 1);
  t.regex(again.stderr, /the plan has been applied already/);
  const over = await run(['sign', plan, '--key', file('key'), '--out', file('key'), '--yes']);
  t.regex(over.stderr, /is there already, and is not overwritten/);
});

test.serial('key generate and key public', async (t) => {
  const made = await run(['key', 'generate', '--out', file('made')]);
  t.is(made.code, 0, made.stderr);
  const [half = '', line] = made.stdout.split('\n');
  t.regex(half, /^[\w-]{43}$/);
  t.is(line, `cluster: {operatorKeys: [${half}]}`);
  t.is(statSync(file('made')).mode & 0o777, 0o600);
  t.is((await run(['key', 'public', file('made')])).stdout, made.stdout);
  const secret = readFileSync(file('made'), 'utf8').split('\n')[1] ?? '';
  t.false(made.stdout.includes(secret));
  const twice = await run(['key', 'generate', '--out', file('made')]);
  t.is(twice.code, 1);
  t.regex(twice.stderr, /is there already/);
});

test.serial('W7: an address in the catalog that is none: named, and nothing is written', async (t) => {
  const odd = host(9, { address: '127.0.0.1:1:;x', port: 9 });
  consul.hosts.push(odd);
  const { code, stderr } = await run(['reset', spec, '--key', file('key'), '--yes']);
  t.is(code, 1);
  t.regex(stderr, /an entry of Consul's catalog: "etcd-9-server" of node "etcd-9": its address is "127\.0\.0\.1:1:;x"/);
  t.deepEqual(consul.log, []);
});

test.serial('escapes in what others say do not reach the terminal', async (t) => {
  const hostile = await serve(() => new Reply(500, 'no\u001b[2J\nWATCHDOG=trigger'));
  t.teardown(hostile.close);
  const { stderr } = await run(['member', 'list', bare], { CONSUL_HTTP_ADDR: `127.0.0.1:${hostile.port}` });
  t.regex(stderr, /no\\x1b\[2J\\nWATCHDOG/);
  t.false(stderr.includes('\u001b'));
});
