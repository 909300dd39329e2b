import test from 'ava';
import { compile } from '../compile.ts';
import { loadAssets } from '../io/assets.ts';
import { marked } from '../spec/marked-testing.ts';
import { SMALLEST } from '../spec/reference.ts';

const assets = await loadAssets();
const specWith = (extra: string) => `${SMALLEST}extra: {all: {${extra}}}\n`;

/** Each diagnostic as `code: marked text`. */
const finds = test.macro<[extra: string, ...expected: string[]]>({
  exec(t, extra, ...expected) {
    const { diagnostics, files } = compile(specWith(extra), { file: 'cluster.yaml', assets });
    t.deepEqual(marked(diagnostics), expected);
    t.is(
      files.length > 0,
      diagnostics.every(({ severity }) => severity === 'warning'),
    );
  },
  title: (_, extra, ...expected) => `${expected.join(', ') || 'nothing'} in ${extra.slice(0, 120)}`,
});

// Ours.
const file = (path: string, more = '') => `files: [{path: ${path}, content: x${more}}]`;
for (const path of [
  '/etc/quorumgate/cluster.env',
  '/etc/quorumgate/mine',
  '/opt/quorumgate/bin/etcd',
  '/var/lib/etcd/member',
  '/var/lib/consul/x',
  '/etc/resolv.conf',
  '/etc/sysusers.d/quorumgate.conf',
  '/etc/systemd/resolved.conf.d/quorumgate.conf',
  '/etc/systemd/system/etcd.service',
  '/etc/systemd/system/etcd.service.d/x.conf',
  '/etc/systemd/system/service.d/x.conf',
  '/etc/systemd/system/consul.service.wants/x.service',
  '/etc/systemd/system/quorumgate-new.service',
  '/etc/systemd/system',
  '/var/lib',
])
  test(finds, file(path), `extra-taken: ${path}`);
test(finds, 'directories: [{path: /etc}]', 'extra-taken: /etc');
test(finds, 'mounts: [{path: /var/lib/etcd, device: /dev/vdb}]', 'extra-taken: /var/lib/etcd');
test(finds, 'mounts: [{path: /var, device: /dev/vdb}]', 'extra-taken: /var');
test(finds, 'users: [{name: etcd}]', 'extra-taken: etcd');
test(finds, 'groups: [consul]', 'extra-taken: consul');
test(finds, 'units: [{name: etcd.service, mask: true}]', 'extra-taken: etcd.service');
test(
  finds,
  'units: [{name: quorumgate-program@etcd.service, mask: true}]',
  'extra-taken: quorumgate-program@etcd.service',
);
const dropIn = '{name: consul.service, dropIns: [{name: a.conf, content: "[Service]\\nNice=1"}]}';
test(finds, `units: [${dropIn}]`, 'extra-taken: a.conf', 'extra-taken: consul.service');
const socket = (address: string) => `units: [{name: a.socket, content: "[Socket]\\nListenStream=${address}\\n"}]`;
for (const address of ['2379', '0.0.0.0:2380', '[::]:8500', '127.0.0.1:53'])
  test(finds, socket(address), `extra-taken: "[Socket]\\nListenStream=${address}\\n"`);
test(finds, socket('9100'));
test(finds, socket('/run/a.sock'));

// Fine.
for (const path of [
  '/etc/etcd/peer-ca.crt',
  '/etc/systemd/system/app.service.d/a.conf',
  '/var/lib/etcd-backup/a',
  '/etc/app',
])
  test(finds, file(path));
test(finds, 'mounts: [{path: /srv/data, device: /dev/vdb}], directories: [{path: /srv/data}]');

// Each other.
test(finds, 'files: [{path: /etc/a, content: x}, {path: /etc/a, content: y}]', 'extra-twice: /etc/a');
test(finds, 'users: [{name: ops}, {name: ops}]', 'extra-twice: ops');
test(
  finds,
  'units: [{name: srv-a.mount, content: "[Mount]\\nWhat=x\\n"}], mounts: [{path: /srv/a, device: /dev/vdb}]',
  'extra-twice: srv-a.mount',
);
test(
  finds,
  'mounts: [{path: /srv/a, device: /dev/vdb}], files: [{path: /srv/a/b, content: x}]',
  'extra-hidden: /srv/a/b',
);
test(finds, `files: [{path: /etc/${'x'.repeat(95)}, content: x}]`, `too-long: /etc/${'x'.repeat(95)}`);

// Units.
const unit = (content: string, more = '') => `units: [{name: a.service, content: "${content}"${more}}]`;
test(finds, unit('[Service]\\nExecStart=/bin/true\\n[Install]\\nWantedBy=x.target', ', enabled: true'));
test(
  finds,
  unit('[Service]\\nExecStart=/bin/true', ', enabled: true'),
  'extra-unit: "[Service]\\nExecStart=/bin/true"',
);
test(finds, unit('ExecStart=/bin/true'), 'extra-unit-text: "ExecStart=/bin/true"');
test(finds, unit('[Service]\\nnonsense'), 'extra-unit-text: "[Service]\\nnonsense"');

// Fragments.
const cloud = (fragment: string) => `cloudConfig: {${fragment}}`;
test(finds, cloud('ntp: {enabled: true}, packages: [htop], runcmd: [[echo], "echo b"]'));
test(finds, cloud('write_files: [{path: /etc/quorumgate/x, content: a}]'), 'extra-taken: /etc/quorumgate/x');
test(finds, cloud('users: [default, {name: consul}]'), 'extra-taken: consul');
test(finds, cloud('mounts: [[/dev/vdb, /var/lib]]'), 'extra-taken: [/dev/vdb, /var/lib]');
test(finds, cloud('manage_resolv_conf: true'), 'extra-taken: true');
test(finds, cloud('write_files: [{path: /etc/a, permissions: 0644}]'), 'extra-fragment: 0644');
test(finds, cloud('write_files: [{path: /etc/a, permissions: "0644"}]'));
test(finds, cloud('runcmd: echo'), 'extra-fragment: echo');
test(finds, cloud('merge_how: "list(append)"'), 'extra-fragment: "list(append)"');
test(finds, cloud('package_update: yes'), 'extra-fragment-word: yes');
test(finds, `${file('/etc/a')}, ${cloud('write_files: [{path: /etc/a, content: y}]')}`, 'extra-twice: /etc/a');
const ignition = (more: string, version = '3.3.0') => `ignition: {ignition: {version: ${version}}, ${more}}`;
const unread = 'extra-fragment-unread: ignition';
test(finds, ignition('storage: {}'), unread);
test(finds, ignition('storage: {files: [{path: /opt/quorumgate/x}]}'), unread, 'extra-taken: /opt/quorumgate/x');
test(finds, ignition('storage: {files: [{path: /etc/a, mode: 0644}]}'), unread, 'extra-fragment: 0644');
test(finds, ignition('storage: {files: [{path: /etc/a, mode: 420}]}'), unread);
test(finds, ignition('systemd: {units: [{name: a.service, enable: true}]}'), unread, 'extra-fragment: enable');
test(finds, ignition('systemd: {units: [{name: etcd.service, mask: true}]}'), unread, 'extra-taken: etcd.service');
test(finds, ignition('passwd: {users: [{name: etcd}]}'), unread, 'extra-taken: etcd');
test(finds, ignition('variant: fcos'), unread, 'extra-fragment: fcos');
test(
  finds,
  ignition('storage: {files: [{path: /etc/a, contents: {source: "https://x"}}]}'),
  unread,
  'extra-fragment: "https://x"',
);
test(finds, 'ignition: {ignition: {version: 3.3.0, config: {}}}', unread, 'extra-fragment: {}');
test(finds, 'ignition: {storage: {}}', unread, 'extra-fragment: ignition');
test(finds, 'kernelArguments: [quiet]', 'target-without-extra: kernelArguments');

test('what is for every role is said once', (t) => {
  const servers = 'servers: role\n  count: 3';
  const text = SMALLEST.replace('servers: members', servers);
  const { diagnostics } = compile(`${text}extra: {all: {users: [{name: etcd}]}}\n`, { file: 'x', assets });
  t.deepEqual(marked(diagnostics), ['extra-taken: etcd']);
});

test('a document that is too large names what of the user is large in it', (t) => {
  const noise = Array.from({ length: 6000 }, (_, index) => ((index * 7919) % 46_656).toString(36)).join('');
  const extra = `extra: {all: {files: [{path: /etc/big, content: "${noise}"}]}}\n`;
  const [found] = compile(SMALLEST + extra, { file: 'x', assets }).diagnostics;
  t.is(found?.code, 'output-too-large');
  t.is(found?.pointer, '/extra/all/files/0');
  t.regex(found?.remedy ?? '', /Largest: \/etc\/big [\d,]+/);
});
