import { readFileSync } from 'node:fs';
import test from 'ava';
import { compile } from '../../compile.ts';
import { loadAssets } from '../../io/assets.ts';
import { SMALLEST } from '../../spec/reference.ts';
import { type PortRule, portRules } from './ports.ts';

// Files that are handed to AWS beside user-data itself.
const assets = await loadAssets();
const JOIN = 'provider=aws tag_key=etcd tag_value=mycluster';

function outputs(text: string) {
  const { files, report, diagnostics } = compile(text, { file: 'x', assets });
  const bytes = new Map(files.map((file) => [file.path, Buffer.from(file.bytes)]));
  const json = (path: string) => JSON.parse(bytes.get(path)?.toString('utf8') ?? 'null');
  return { bytes, json, report, diagnostics, paths: [...bytes.keys()] };
}
const joining = (join: string, servers = 'members') =>
  SMALLEST.replace(JOIN, join).replace('servers: members', `servers: ${servers}`);

test('base64: one line without an end, of the very bytes, in both files', (t) => {
  const { bytes, json } = outputs(SMALLEST);
  const encoded = bytes.get('aws/etcd/user-data.b64')?.toString('utf8') ?? '';
  t.regex(encoded, /^[A-Za-z0-9+/]+={0,2}$/);
  t.deepEqual(Buffer.from(encoded, 'base64'), bytes.get('aws/etcd/user-data'));
  t.is(json('aws/etcd/launch-template.json').UserData, encoded);
});

test('the launch template asks for IMDSv2 and carries the tags by which servers are found', (t) => {
  const { UserData, ...rest } = outputs(SMALLEST).json('aws/etcd/launch-template.json');
  t.deepEqual(rest, {
    MetadataOptions: { HttpEndpoint: 'enabled', HttpTokens: 'required', HttpPutResponseHopLimit: 1 },
    TagSpecifications: [{ ResourceType: 'instance', Tags: [{ Key: 'etcd', Value: 'mycluster' }] }],
  });
});

test('tags: on servers only, those of every entry, of two values for one key the first', (t) => {
  const tags = (join: string, servers: string, role: string) =>
    outputs(joining(join, servers)).json(`aws/${role}/launch-template.json`).TagSpecifications?.[0]?.Tags;
  t.is(tags(JOIN, 'existing', 'etcd'), undefined);
  t.is(tags(JOIN, 'role', 'etcd'), undefined);
  t.deepEqual(tags(JOIN, 'role', 'consul-server'), [{ Key: 'etcd', Value: 'mycluster' }]);
  t.is(tags('10.0.0.1', 'members', 'etcd'), undefined);
  t.deepEqual(
    tags('provider=aws tag_key=a tag_value="b c"\n    - provider=aws tag_key=d tag_value=e', 'members', 'etcd'),
    [
      { Key: 'a', Value: 'b c' },
      { Key: 'd', Value: 'e' },
    ],
  );
  t.deepEqual(tags('provider=aws tag_key=a tag_value=b\n    - provider=aws tag_key=a tag_value=c', 'members', 'etcd'), [
    { Key: 'a', Value: 'b' },
  ]);
});

test('the policy: what the entries call, once, said by the report; none without AWS', (t) => {
  const policy = (join: string, servers = 'existing') => {
    const { json, report, diagnostics } = outputs(joining(join, servers));
    t.deepEqual(diagnostics, []);
    return {
      actions: json('aws/iam-policy.json')?.Statement[0].Action,
      notes: report.filter((line) => /IAM/.test(line)),
    };
  };
  t.deepEqual(policy(JOIN), {
    actions: ['ec2:DescribeInstances'],
    notes: [
      "before a host boots, give the IAM role of etcd instances aws/iam-policy.json (Consul's auto-join: ec2:DescribeInstances)",
    ],
  });
  t.regex(policy(JOIN, 'role').notes.join('\n'), /give the IAM role of etcd and consul-server instances/);
  t.deepEqual(policy(`${JOIN} service=ecs\n    - ${JOIN}`).actions, [
    'ec2:DescribeInstances',
    'ecs:DescribeTasks',
    'ecs:ListClusters',
    'ecs:ListTasks',
  ]);
  t.deepEqual(policy(`${JOIN} service=ecs ecs_cluster=x`).actions, ['ecs:DescribeTasks', 'ecs:ListTasks']);
  t.deepEqual(policy('10.0.0.1'), { actions: undefined, notes: [] });
  t.deepEqual(policy('provider=gce tag_value=a'), { actions: undefined, notes: [] });
});

test('what is there once is there once', (t) => {
  const { paths } = outputs(joining(JOIN, 'role'));
  t.deepEqual(
    paths.filter((path) => !/^aws\/(etcd|consul-server)\//.test(path)),
    ['aws/iam-policy.json', 'aws/ports.json', 'upload/etcd-sidekick.cjs'],
  );
});

test('ports: those of the spec, every agent with every agent, all agents to the servers', (t) => {
  const spec = SMALLEST.replace('  version: 3.7.3', '  version: 3.7.3\n  peerPort: 12380\n  clientPort: 12379');
  const of = (servers: string) =>
    (outputs(spec.replace('servers: members', `servers: ${servers}`)).json('aws/ports.json') as PortRule[]).map(
      ({ to, from, protocol, port }) => `${to} from ${from}: ${protocol} ${port}`,
    );
  t.deepEqual(of('members'), [
    'etcd from etcd: tcp 12380',
    'etcd from etcd: tcp 12379',
    'etcd from clients: tcp 12379',
    'etcd from etcd: tcp 8300',
    'etcd from etcd: tcp 8301',
    'etcd from etcd: udp 8301',
  ]);
  t.true(of('role').includes('consul-server from etcd: tcp 8300'));
  t.true(of('role').includes('consul-server from consul-server: tcp 8300'));
  t.true(of('role').includes('etcd from consul-server: udp 8301'));
  t.true(of('existing').includes('existing Consul servers from etcd: tcp 8300'));
  t.false(of('role').includes('etcd from etcd: tcp 8300'));
});

test("whoever reads metrics gets a rule where they are on the host's address, and only there", (t) => {
  const of = (metricsAt: string) =>
    portRules({
      consul: { servers: 'members' },
      etcd: { peerPort: 2380, clientPort: 2379, metricsPort: 2381, metricsAt },
    } as Parameters<typeof portRules>[0]).filter(({ from }) => from === 'monitoring');
  t.deepEqual(of('loopback'), []);
  t.deepEqual(of('host'), [
    { to: 'etcd', from: 'monitoring', protocol: 'tcp', port: 2381, what: 'etcd, health and metrics' },
  ]);
});

test("the README's ports are those of the smallest spec", (t) => {
  const readme = readFileSync(new URL('README.md', import.meta.url), 'utf8');
  const table = /\| to \| from \| port \| what \|\n\|[-|]+\|\n((?:\|.*\n)+)/.exec(readme)?.[1] ?? '';
  const etcd = { peerPort: 2380, clientPort: 2379 };
  const rules = portRules({ consul: { servers: 'members' }, etcd } as Parameters<typeof portRules>[0]);
  t.is(
    table,
    rules.map(({ to, from, protocol, port, what }) => `| ${to} | ${from} | ${protocol} ${port} | ${what} |\n`).join(''),
  );
});
