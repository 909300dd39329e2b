import { execFile, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { Ajv } from 'ajv';
import test from 'ava';
import { load } from 'js-yaml';
import { emitKubernetes } from '../kubernetes/emit.ts';
import { fullOptions, specOf } from '../kubernetes/example-testing.ts';
import { defaultOptions } from '../kubernetes/options.ts';
import { serve } from '../operator/operator-testing.ts';
import { kindsOf, makeSchemas, serveApi } from './kubernetes-testing.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const folder = mkdtempSync(path.join(tmpdir(), 'quorumgate-kubernetes-'));
const schemas = makeSchemas();
const api = await serveApi(schemas);
test.after.always(() => {
  api.close();
  rmSync(folder, { recursive: true, force: true });
});

interface Result {
  code: number;
  stdout: string;
  stderr: string;
}

function execute(program: string, args: string[], env: NodeJS.ProcessEnv = process.env): Promise<Result> {
  return new Promise((resolve) => {
    execFile(program, args, { cwd: root, env, timeout: 300_000 }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code ?? -1), stdout, stderr });
    });
  });
}

const quorumgate = (args: string[], env: Record<string, string> = {}) =>
  execute(process.execPath, ['dist/cli/index.mjs', 'kubernetes', ...args], { ...process.env, ...env });

const DIGEST = `sha256:${'c'.repeat(64)}`;
const FULL = [
  ...['--endpoint', '10.0.0.10', '10.0.0.9', '10.0.0.11', '--consul-dns', '10.0.0.2:8600'],
  ...['--metrics-proxy-image', `a.example/proxy@${DIGEST}`, '--node-exporter-image', `a.example/exporter:1@${DIGEST}`],
  ...['--monitoring-label', 'release=prometheus'],
];
const full = path.join(folder, 'full');
test.before('writes everything', async (t) => {
  const { code, stderr } = await quorumgate(['examples/tls.yaml', '-o', full, ...FULL]);
  t.is(code, 0, stderr);
});

// The published schemas.
const ajv = new Ajv({ strict: true, allErrors: true, allowUnionTypes: true });
ajv.addSchema({ ...schemas, $id: 'kinds' });

function mismatches(manifest: object & { kind?: string }): string[] {
  const validate = ajv.getSchema(`kinds#/properties/${manifest.kind}`);
  if (validate === undefined) return [`no such kind: ${manifest.kind}`];
  validate(manifest);
  return (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
}

const isObject = (name: string) => /^kubernetes\/(monitoring\/)?[a-z]+-.+\.yaml$/.test(name);
const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

for (const spec of [specOf('plain'), specOf('tls'), specOf('consul-servers')]) {
  for (const options of [defaultOptions(spec), fullOptions(spec), { ...fullOptions(spec), images: {} }]) {
    const { files } = emitKubernetes(spec, options);
    const objects = files.filter(({ path: name }) => isObject(name));
    test(`by the published schemas: tls ${typeof spec.tls}, consul ${spec.consul.servers}, ${objects.length} objects`, (t) => {
      t.true(objects.length >= 4);
      for (const { path: name, bytes } of objects) t.deepEqual(mismatches(load(decode(bytes)) as object), [], name);
    });
  }
}

test('the schemas know every kind, and refuse what is not in them', (t) => {
  t.is(kindsOf(schemas).length, 13);
  const head = { apiVersion: 'v1', kind: 'Service', metadata: { name: 'x' } };
  t.deepEqual(mismatches(head), []);
  t.regex(mismatches({ ...head, spec: { port: [] } } as object).join(), /\/spec must NOT have additional properties/);
  t.regex(mismatches({ ...head, spec: { ports: [{ port: '1' }] } } as object).join(), /port must be number/);
  t.regex(mismatches({ ...head, spec: { ports: [{}] } } as object).join(), /must have required property 'port'/);
  t.regex(mismatches({ ...head, apiVersion: 'v2' } as object).join(), /apiVersion must be equal to constant/);
});

// kubectl itself.
const kubectl = spawnSync('kubectl', ['version', '--client']).status === 0 ? test.serial : test.serial.skip;

function apply(...args: string[]): Promise<Result> {
  const all = [
    '--kubeconfig=/dev/null',
    `--server=${api.url}`,
    'apply',
    '--dry-run=client',
    '--validate=true',
    ...args,
  ];
  return execute('kubectl', all, { PATH: process.env['PATH'], HOME: folder, NO_PROXY: '127.0.0.1' });
}

kubectl('kubectl takes every object by itself', async (t) => {
  const { files } = emitKubernetes(specOf('tls'), fullOptions(specOf('tls')));
  const objects = files.filter(({ path: name }) => isObject(name));
  const flags = objects.flatMap(({ path: name }) => ['-f', path.join(full, name)]);
  const { code, stdout, stderr } = await apply(...flags);
  t.is(code, 0, stderr);
  t.is(stdout.match(/ created \(dry run\)$/gm)?.length, objects.length, stdout);
  t.true(api.asked.includes('GET /openapi/v2'));
  t.deepEqual(
    api.asked.filter((one) => !one.startsWith('GET ')),
    [],
  );
});

kubectl('kubectl takes both folders by kustomize, the namespace first', async (t) => {
  const core = await apply('-k', path.join(full, 'kubernetes'));
  t.is(core.code, 0, core.stderr);
  t.regex(core.stdout, /^namespace\/etcd-mycluster created/);
  const monitoring = await apply('-k', path.join(full, 'kubernetes/monitoring'));
  t.is(monitoring.code, 0, monitoring.stderr);
});

for (const [what, pattern, replacement, refusal] of [
  ['a key that is not in the schema', /hostNetwork/, 'hostsNetwork', /unknown field "hostsNetwork"/],
  [
    'a value of the wrong type',
    /containerPort: \d+/,
    'containerPort: metrics',
    /invalid type .*containerPort|containerPort.*got "string"/,
  ],
  ['a missing key', /- name: kube-rbac-proxy\n +image/, '- image', /missing required field "name"/],
  ['an unknown kind', /kind: DaemonSet/, 'kind: DemonSet', /no matches for kind "DemonSet"/],
] as const) {
  kubectl(`kubectl refuses ${what}`, async (t) => {
    const text = readFileSync(path.join(full, 'kubernetes/daemonset-etcd-metrics.yaml'), 'utf8');
    const bad = path.join(folder, `${what.replaceAll(' ', '-')}.yaml`);
    writeFileSync(bad, text.replace(pattern, replacement));
    const { code, stderr } = await apply('-f', bad);
    t.is(code, 1, stderr);
    t.regex(stderr, refusal);
  });
}

// The command.
const exits = test.macro<[args: string[], code: number, stderr: RegExp]>({
  async exec(t, args, code, stderr) {
    const out = path.join(folder, 'never');
    const result = await quorumgate([...args, '-o', out]);
    t.regex(result.stderr, stderr);
    t.is(result.code, code);
    t.throws(() => readFileSync(out), { code: 'ENOENT' });
  },
  title: (_, args, code) => `quorumgate kubernetes ${args.join(' ')}: exit ${code}`,
});
const spec = 'examples/plain.yaml';

test.serial(exits, [], 2, /missing required argument 'spec'/);
test.serial(exits, ['examples/broken/typo.yaml'], 1, /typo\.yaml:2:34: error\[size-even\]/);
test.serial(exits, [spec, '--endpoint', '127.0.0.1'], 2, /no IPv4 address that others can reach/);
test.serial(exits, [spec, '--endpoint', '10.0.0.1', '--from-consul'], 2, /cannot be used with/);
test.serial(exits, [spec, '--node-exporter-image', `a.example/x@${DIGEST}`], 2, /wants --metrics-proxy-image/);

test.serial('the same again is the same, and --check sees what is not', async (t) => {
  const again = await quorumgate(['examples/tls.yaml', '-o', full, ...FULL, '--check']);
  t.deepEqual([again.code, again.stdout, again.stderr], [0, '', '']);
  const other = await quorumgate(['examples/tls.yaml', '-o', full, '--check']);
  t.is(other.code, 1);
  t.regex(other.stdout, /left over: .*endpointslice-etcd-members\.yaml/);
  t.regex(other.stderr, /Run `quorumgate kubernetes examples\/tls\.yaml/);
});

test.serial('what a user has changed is not overwritten', async (t) => {
  const out = path.join(folder, 'changed');
  t.is((await quorumgate([spec, '-o', out])).code, 0);
  const file = path.join(out, 'kubernetes/service-etcd.yaml');
  writeFileSync(file, `${readFileSync(file, 'utf8')}# mine\n`);
  const { code, stderr } = await quorumgate([spec, '-o', out]);
  t.is(code, 1);
  t.regex(stderr, /service-etcd\.yaml was changed since quorumgate wrote it/);
});

test.serial('--from-consul takes the members that Consul names, in their order, and nothing less', async (t) => {
  let size = 3;
  const agent = await serve((url) => {
    if (!/^\/v1\/health\/.*&passing/.test(url)) return undefined;
    const Tags = ['_etcd-client._tcp.mycluster'];
    return Array.from({ length: size }, (_, n) => {
      const Address = `10.0.0.${11 - n}`;
      const service = { ID: `etcd-${n}-client`, Address, Port: 2379, Tags, Meta: { cid: 'a' } };
      return { Node: { Node: `etcd-${n}`, Address }, Service: service, Checks: [{ Status: 'passing' }] };
    });
  });
  t.teardown(() => agent.close());
  const out = path.join(folder, 'consul');
  const run = () => quorumgate([spec, '-o', out, '--from-consul'], { CONSUL_HTTP_ADDR: `127.0.0.1:${agent.port}` });
  t.is((await run()).code, 0);
  const flags = readFileSync(path.join(out, 'kubernetes/kubeadm/kube-apiserver.flags'), 'utf8');
  t.is(flags, '--etcd-servers=http://10.0.0.9:2379,http://10.0.0.10:2379,http://10.0.0.11:2379\n');
  size = 2;
  const fewer = await run();
  t.is(fewer.code, 1);
  t.regex(fewer.stderr, /names 2 members .* says 3/);
});
