import { type Examples, swap } from './example.ts';

const SSH = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl';
const ALL = 'extra: {all: {<>}}';
const file = (path: string) => `files: [{path: ${path}, content: x}]`;
/** Where there is no package manager. */
const OWN = ['programs: {sidekick: {url: "https://example.com/etcd-sidekick.cjs"}, node: image, socat: image}'];
const on = (target: string, line: string) => [`targets: [${target}]`, ...OWN, line];
const IGNITION = ALL.replace('<>', 'ignition: {ignition: {version: 3.3.0}}');
const QUIET = ALL.replace('<>', 'kernelArguments: [quiet]');

/** Of what users' hosts have besides. */
export const EXTRA_ONES: Examples = {
  'extra-taken': swap(ALL, file('/etc/site.conf'), file('/etc/systemd/system/etcd.service.d/nice.conf')),
  'extra-twice': swap(ALL, 'users: [{name: ops}]', 'users: [{name: ops}, {name: ops}]'),
  'extra-volatile': swap(ALL, file('/etc/site.conf'), file('/run/site.conf')),
  'extra-hidden': swap(
    ALL,
    `mounts: [{path: /srv/a, device: /dev/vdb}], ${file('/srv/b')}`,
    `mounts: [{path: /srv/a, device: /dev/vdb}], ${file('/srv/a/b')}`,
  ),
  'extra-owner': swap(
    ALL,
    'users: [{name: ops}], files: [{path: /etc/site.conf, content: x, user: ops}]',
    'files: [{path: /etc/site.conf, content: x, user: ops}]',
  ),
  'extra-key': swap(
    ALL,
    `users: [{name: ops, sshAuthorizedKeys: [${SSH}]}]`,
    `users: [{name: ops, sshAuthorizedKeys: [${SSH.slice(0, 40)}]}]`,
  ),
  'extra-unit': swap(ALL, 'units: [{name: ssh.service, enabled: true}]', 'units: [{name: ssh.service}]'),
  'extra-unit-text': swap(
    ALL,
    String.raw`units: [{name: a.service, content: "[Service]\nExecStart=/bin/true\n"}]`,
    'units: [{name: a.service, content: "ExecStart=/bin/true"}]',
  ),
  'extra-role-unneeded': swap('extra: {<>: {groups: [ops]}}', 'etcd', 'consul-server'),
  'extra-fragment': swap(
    ALL,
    'cloudConfig: {write_files: [{path: /etc/a, permissions: "0644"}]}',
    'cloudConfig: {write_files: [{path: /etc/a, permissions: 0644}]}',
  ),
  'extra-fragment-word': swap(ALL, 'cloudConfig: {package_update: true}', 'cloudConfig: {package_update: yes}'),
  'extra-fragment-unread': { wrong: on('aws', IGNITION), right: on('flatcar', IGNITION) },
  'extra-read-only': {
    wrong: on('flatcar', ALL.replace('<>', file('/usr/local/bin/a'))),
    right: on('flatcar', ALL.replace('<>', file('/opt/bin/a'))),
  },
  'target-without-extra': { wrong: on('aws', QUIET), right: on('flatcar', QUIET) },
};
