import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test from 'ava';
import { SMALLEST } from '../../spec/reference.ts';
import { inFolder } from '../folder-testing.ts';

const FIVE = SMALLEST.replace('size: 3', 'size: 5');
const OTHER = SMALLEST.replace('name: mycluster', 'name: other');
const TLS = SMALLEST.replace(
  'tls: off\n',
  `tls:
  peer: {cert: /etc/etcd/peer.crt, key: /etc/etcd/peer.key, ca: /etc/etcd/peer-ca.crt}
  client: {cert: /etc/etcd/server.crt, key: /etc/etcd/server.key, ca: /etc/etcd/client-ca.crt}
`,
);

test('diff: of two specs the lines, the files of hosts, and the order', (t) => {
  const { run } = inFolder(t, { 'a.yaml': SMALLEST, 'b.yaml': FIVE });
  const { status, stdout } = run('diff', 'a.yaml', 'b.yaml');
  t.is(status, 0);
  t.regex(
    stdout,
    /^settings:\n {2}cluster\.size: 3 -> 5 \(b\.yaml:4\)\naws\/etcd: hosts get another document\n {2}~ \/etc\//,
  );
  t.regex(stdout, /^in this order:\n {2}1\. the hosts that run need nothing now.*\n {2}2\. boot 2 hosts more/m);
  t.is(run('diff', 'a.yaml', 'a.yaml').stdout, 'nothing changes\n');
});

test('diff: folders that compile has written, in every form, and a folder with a spec', (t) => {
  const targets = 'aws, container-linux, flatcar, fedora-coreos, vagrant';
  const all = (text: string) =>
    text
      .replace('targets: [aws]', `targets: [${targets}]`)
      .replace('metadata: ec2', 'cidr: 192.168.57.0/24')
      .replace(/ {2}join:\n.*\n/, '  join: [192.168.57.101]\n')
      .replace('programs:', 'programs:\n  node: image');
  const { run, told } = inFolder<{ hosts: { hosts: string; is: string }[]; values: object[] }>(t, {
    'a.yaml': all(SMALLEST),
    'b.yaml': all(FIVE),
  });
  t.is(run('compile', 'a.yaml', '-o', 'a').status, 0);
  t.is(run('compile', 'b.yaml', '-o', 'b').status, 0);
  t.is(run('diff', 'a', 'a.yaml').stdout, 'nothing changes\n');
  const { hosts, values } = told('diff', 'a', 'b');
  t.deepEqual(
    hosts.map((one) => one.hosts),
    targets
      .split(', ')
      .map((name) => `${name}/etcd`)
      .sort(),
  );
  t.true(hosts.every(({ is }) => is === 'other'));
  t.deepEqual(values, [{ key: 'cluster.size', before: '3', after: '5' }]);
});

test('diff: what makes another cluster is exit code 1, of specs and of folders', (t) => {
  const { run } = inFolder(t, { 'a.yaml': SMALLEST, 'other.yaml': OTHER, 'tls.yaml': TLS });
  t.is(run('compile', 'a.yaml', '-o', 'a').status, 0);
  t.is(run('compile', 'tls.yaml', '-o', 'tls').status, 0);
  for (const [old, now, key] of [
    ['a.yaml', 'other.yaml', 'cluster.name'],
    ['a', 'other.yaml', 'cluster.name'],
    ['a', 'tls', 'tls'],
  ] as const) {
    const { status, stdout } = run('diff', old, now);
    t.is(status, 1);
    t.regex(
      stdout,
      new RegExp(`^a living cluster does not simply take:\\n {2}${key.replace('.', '\\.')}: never: `, 'm'),
    );
  }
});

test('diff: what is neither a spec nor an output is refused', (t) => {
  const { folder, run } = inFolder(t, { 'a.yaml': SMALLEST, 'even.yaml': SMALLEST.replace('size: 3', 'size: 4') });
  mkdirSync(path.join(folder, 'empty'));
  t.regex(
    run('diff', 'empty', 'a.yaml').stderr,
    /^error: empty holds nothing that quorumgate has compiled\.\n {2}remedy: /,
  );
  t.like(run('diff', 'a.yaml', 'even.yaml'), { status: 1, stdout: '' });
  t.is(run('diff', 'none', 'a.yaml').status, 1);
  t.is(run('diff', '-', '-').status, 2);
  t.is(run('compile', 'a.yaml', '-o', 'a').status, 0);
  cpSync(path.join(folder, 'a'), path.join(folder, 'b'), { recursive: true });
  writeFileSync(path.join(folder, 'b/aws/etcd/user-data'), 'not gzip');
  const { status, stderr } = run('diff', 'a', 'b');
  t.is(status, 1);
  t.regex(stderr, /^error: b is not as `compile` writes it: .*\n {2}remedy: /);
  rmSync(path.join(folder, 'b/aws'), { recursive: true });
  t.is(run('diff', 'a', 'b').status, 0);
});
