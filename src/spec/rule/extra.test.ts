import test from 'ava';
import { marked } from '../marked-testing.ts';
import { readSpec } from '../read.ts';
import { SMALLEST } from '../reference.ts';

/** Each diagnostic as `code: marked text`. */
const finds = test.macro<[extra: string, ...expected: string[]]>({
  exec(t, extra, ...expected) {
    const { diagnostics } = readSpec(`${SMALLEST}extra: {all: {${extra}}}\n`, 'cluster.yaml', ['aws']);
    t.deepEqual(marked(diagnostics), expected);
  },
  title: (_, extra, ...expected) => `${expected.join(', ').slice(0, 150) || 'nothing'} in ${extra.slice(0, 100)}`,
});

const KEY = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl';
const user = (key: string) => `users: [{name: ops, sshAuthorizedKeys: ["${key}"]}]`;
test(finds, user(`${KEY} ops@example.com`));
test(finds, user(KEY.replace('ssh-ed25519', 'ssh-rsa')), `extra-key: "${KEY.replace('ssh-ed25519', 'ssh-rsa')}"`);
test(finds, user(KEY.slice(0, 40)), `extra-key: "${KEY.slice(0, 40)}"`);
test(finds, user('ssh-dss AAAA'), 'bad-format: "ssh-dss AAAA"');
test(finds, user('~/.ssh/id.pub'), 'bad-format: "~/.ssh/id.pub"');
test(finds, 'users: [{name: Ops}]', 'bad-format: Ops');
test(finds, 'users: [{name: ops, uid: 0}]', 'out-of-range: 0');
test(finds, 'users: [{name: ops, groups: [sudo, x]}]', 'extra-owner: x');
test(finds, 'users: [{name: ops, groups: [sudo, x]}], groups: [x]');

const file = (more: string) => `files: [{path: /etc/a, content: x, ${more}}]`;
test(finds, file('mode: "0600"'));
test(finds, file('mode: 0600'), 'wrong-type: 0600');
test(finds, file('mode: "600"'), 'bad-format: "600"');
test(finds, file('mode: "4755"'), 'bad-format: "4755"');
test(finds, file('user: "1000", group: "0"'));
test(finds, file('user: ops'), 'extra-owner: ops');
test(finds, `${file('user: ops')}, users: [{name: ops}]`);
test(finds, file('group: site'), 'extra-owner: site');
test(finds, file('user: etcd'), 'extra-owner: etcd');
test(finds, 'files: [{path: /etc/a}]', 'missing-key: {path: /etc/a}');
test(finds, 'files: [{path: /run/a, content: x}]', 'extra-volatile: /run/a');
test(finds, 'files: [{path: /tmp/a, content: x}]', 'extra-volatile: /tmp/a');
test(finds, 'directories: [{path: /var/tmp/a}]', 'extra-volatile: /var/tmp/a');
test(finds, 'files: [{path: /etc/../etc/a, content: x}]', 'path-not-plain: /etc/../etc/a');
test(finds, 'files: [{path: etc/a, content: x}]', 'bad-format: etc/a');

test(finds, 'units: [{name: a.service}]', 'extra-unit: {name: a.service}');
test(
  finds,
  'units: [{name: a.service, mask: true, enabled: true}]',
  'extra-unit: {name: a.service, mask: true, enabled: true}',
);
test(finds, 'units: [{name: a.service, enabled: true}, {name: b.timer, mask: true}]');
test(finds, 'units: [{name: a, mask: true}]', 'bad-format: a');
test(finds, 'units: [{name: ../a.service, mask: true}]', 'bad-format: ../a.service');
test(finds, 'mounts: [{path: /srv/a, device: LABEL=x}]', 'bad-format: LABEL=x');
test(finds, 'mounts: [{path: /srv/a, device: /dev/disk/by-label/x, options: [noatime, "a b"]}]', 'bad-format: "a b"');
test(finds, 'user: [{name: ops}]', 'unknown-key: user');
test(finds, 'users: [{name: ops, shel: /bin/sh}]', 'unknown-key: shel');

// Secrets, however they are written; no message shows them.
const PEM = '-----BEGIN OPENSSH PRIVATE KEY-----\\nAAAA';
const base64 = (text: string) => Buffer.from(text).toString('base64');
for (const extra of [
  `files: [{path: /etc/a, content: "${PEM}"}]`,
  `cloudConfig: {write_files: [{path: /etc/a, encoding: b64, content: "${base64(PEM)}"}]}`,
  `cloudConfig: {ssh_keys: {rsa_private: "${PEM}"}}`,
  'cloudConfig: {password: hunter2}',
  'cloudConfig: {chpasswd: {expire: false}}',
  'cloudConfig: {users: [{name: a, passwd: "$6$a$b"}]}',
  'ignition: {passwd: {users: [{name: a, passwordHash: "$y$a"}]}}',
  `ignition: {storage: {files: [{path: /etc/a, contents: {source: "data:,${encodeURIComponent('-----BEGIN PRIVATE KEY-----\nAAAA')}"}}]}}`,
  `ignition: {storage: {files: [{path: /etc/a, contents: {source: "data:;base64,${base64(PEM)}"}}]}}`,
])
  test(`a secret in ${extra.slice(0, 90)}`, (t) => {
    const { diagnostics } = readSpec(`${SMALLEST}extra: {all: {${extra}}}\n`, 'x', ['aws']);
    t.deepEqual(
      diagnostics.map(({ code }) => code),
      ['spec-secret'],
    );
    t.regex(diagnostics[0]?.pointer ?? '', /^\/extra\/all\//);
    t.false(diagnostics[0]?.message.includes('hunter2'));
  });

test('wishes for servers that there are none of are one too many', (t) => {
  const text = `${SMALLEST}extra: {consul-server: {groups: [a]}}\n`;
  const codes = (spec: string) => readSpec(spec, 'x', ['aws']).diagnostics.map(({ code }) => code);
  t.deepEqual(codes(text), ['extra-role-unneeded']);
  t.deepEqual(codes(text.replace('servers: members', 'servers: role\n  count: 3')), []);
});

test('nothing at all is no wish', (t) => {
  t.deepEqual(marked(readSpec(`${SMALLEST}extra: {}\n`, 'x', ['aws']).diagnostics), ['choose-one: {}']);
});
