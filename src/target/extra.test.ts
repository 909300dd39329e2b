import { spawnSync } from 'node:child_process';
import test from 'ava';
import { load } from 'js-yaml';
import { compile } from '../compile.ts';
import { readDataUrl } from '../format/data-url.ts';
import { loadAssets } from '../io/assets.ts';
import { marked } from '../spec/marked-testing.ts';
import { WITHOUT_PROGRAMS } from '../spec/reference.ts';
import { interpretIgnition } from './interpret-ignition.ts';

const assets = { ...(await loadAssets()), sidekicks: { 'etcd-sidekick': '#!/opt/quorumgate/bin/node\n' } };

/** A spec that every target takes, but for what `extra` says. */
const specWith = (target: string, extra: string) =>
  `${WITHOUT_PROGRAMS.replace('targets: [aws]', `targets: [${target}]`)
    .replace('metadata: ec2', 'cidr: 192.168.56.0/24')
    .replace(/- provider=.*/, '- 192.168.56.101')}programs: {node: image}
documents: {platform: qemu}
compose: {base: localhost/x}
extra: {all: {${extra}}}
`;

function compiled(target: string, extra: string) {
  const { files, diagnostics } = compile(specWith(target, extra), { file: 'x', assets });
  const text = (ending: string) => new TextDecoder().decode(files.find(({ path }) => path.endsWith(ending))?.bytes);
  return { diagnostics, text };
}

/** Each diagnostic as `code: marked text`. */
const refuses = test.macro<[target: string, extra: string, ...expected: string[]]>({
  exec: (t, target, extra, ...expected) => t.deepEqual(marked(compiled(target, extra).diagnostics), expected),
  title: (_, target, extra, ...expected) => `${target}: ${expected.join(', ') || 'nothing'} in ${extra.slice(0, 90)}`,
});

const karg = 'kernelArguments: [quiet]';
for (const target of ['aws', 'vagrant', 'container-linux'])
  test(refuses, target, karg, 'target-without-extra: kernelArguments');
for (const target of ['flatcar', 'fedora-coreos']) test(refuses, target, karg);
test(refuses, 'compose', 'groups: [a]', 'target-without-extra: extra');

const usr = 'files: [{path: /usr/local/bin/a, content: x}]';
test(refuses, 'aws', usr);
test(refuses, 'flatcar', usr, 'extra-read-only: /usr/local/bin/a');
test(refuses, 'container-linux', usr, 'extra-read-only: /usr/local/bin/a');
test(refuses, 'fedora-coreos', usr);
test(refuses, 'fedora-coreos', 'directories: [{path: /usr/lib/a}]', 'extra-read-only: /usr/lib/a');

const unit = (content: string, name = 'a.service') => `units: [{name: ${name}, content: "${content}", enabled: true}]`;
const install = '\\n[Install]\\nWantedBy=a.target';
const comment = `[Service]\\nExecStart=/bin/a \\\\\\n# b\\n c${install}`;
test(refuses, 'aws', unit(comment));
test(refuses, 'flatcar', unit(comment), `extra-unit-text: "${comment}"`);
const long = `[Service]\\nExecStart=/bin/${'a'.repeat(2040)}${install}`;
test(refuses, 'vagrant', unit(long));
test(refuses, 'flatcar', unit(long), `extra-unit-text: "${long}"`);
test(refuses, 'flatcar', unit(`[Service]${install}`, 'a@b.service'));
test(refuses, 'container-linux', unit(`[Service]${install}`, 'a@b.service'), 'target-without-extra: enabled');

const ignition = (version: string, more = '') => `ignition: {ignition: {version: ${version}}${more}}`;
test(refuses, 'flatcar', ignition('3.4.0'));
test(refuses, 'flatcar', ignition('2.2.0'), 'extra-fragment: ignition');
test(refuses, 'container-linux', ignition('2.2.0'));
test(refuses, 'container-linux', ignition('3.3.0'), 'extra-fragment: ignition');
test(refuses, '"aws", flatcar', `${ignition('3.3.0')}, cloudConfig: {timezone: UTC}`);
test(refuses, 'vagrant', 'cloudConfig: {timezone: UTC}', 'extra-fragment-unread: cloudConfig');

test('a fragment of Ignition is merged by Ignition, by the word of its version', (t) => {
  for (const [target, version, key] of [
    ['flatcar', '3.4.0', 'merge'],
    ['container-linux', '2.2.0', 'append'],
  ] as const) {
    const place = version === '2.2.0' ? 'filesystem: root, ' : '';
    const file = `, storage: {files: [{${place}path: /etc/mine, mode: 420, contents: {source: "data:,mine"}}]}`;
    const { text } = compiled(target, ignition(version, file));
    const document = text('config.ign');
    const [one] = JSON.parse(document).ignition.config[key];
    t.is(JSON.parse(new TextDecoder().decode(readDataUrl(one))).ignition.version, version);
    const { files } = interpretIgnition(document);
    t.is(new TextDecoder().decode(files.get('/etc/mine')?.bytes), 'mine');
    t.true(files.has('/etc/quorumgate/cluster.env'));
  }
});

test('a fragment of cloud-config stands in the one document, beside ours, whatever has to be fetched', (t) => {
  const extra = 'users: [{name: ops}], cloudConfig: {runcmd: [echo a], users: [{name: ann}], timezone: UTC}';
  for (const sidekick of ['x', 'x'.repeat(99)]) {
    const { text, diagnostics } = compiled('aws', extra);
    t.deepEqual(diagnostics, []);
    const config = load(text('user-data.yaml')) as Record<string, unknown[]>;
    t.deepEqual(config.users, ['default', { name: 'ops', shell: '/bin/bash' }, { name: 'ann' }], sidekick);
    t.is(config.runcmd?.at(-1), 'echo a');
    t.is(String(config.timezone), 'UTC');
  }
});

test('what has no room is fetched, and users are there before', (t) => {
  const noise = Array.from({ length: 9000 }, (_, index) => ((index * 7919) % 46_656).toString(36)).join('');
  const extra = `users: [{name: ops}], cloudConfig: {timezone: UTC}, files: [{path: /etc/big, content: "${noise}", user: ops}]`;
  const text = specWith('aws', extra).replace('platform: qemu', 'baseUrl: "https://x.example"');
  const { files, diagnostics } = compile(text, { file: 'x', assets });
  t.deepEqual(diagnostics, []);
  const document = new TextDecoder().decode(files.find(({ path }) => path.endsWith('user-data.yaml'))?.bytes);
  t.regex(document, /quorumgate-fetch\.service/);
  t.regex(document, /^users:\n- default\n-\n? *name: ops/m);
  t.regex(document, /^timezone: UTC$/m);
});

test('a spec without wishes has no word of them', (t) => {
  const bare = (target: string) => {
    const { files } = compile(specWith(target, 'groups: [a]').replace(/extra:.*\n/, ''), { file: 'x', assets });
    return files.map(({ bytes }) => new TextDecoder().decode(bytes)).join('');
  };
  for (const target of ['vagrant', 'flatcar', 'container-linux'])
    t.notRegex(bare(target), /^account |"passwd"|kernelArguments|"merge"|"append"|install -d -m 0/m, target);
});

/** Users, groups and files of a box as the provisioner makes them, in a mount namespace with accounts of its own. */
const inRoot =
  process.getuid?.() === 0 && spawnSync('unshare', ['--mount', 'useradd', '--help']).status === 0 ? test : test.skip;
const KEY = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl ops@example.com';

inRoot('vagrant: a box gets its users, and a second run changes nothing', (t) => {
  const extra = `users: [{name: qgops, uid: 1777, groups: [qgsite, adm], sudo: true, sshAuthorizedKeys: ["${KEY}"]}], groups: [qgsite],
    files: [{path: /etc/qg/a, content: "a b\\n", user: qgops, mode: "0640"}, {path: /home/qgops/note, content: x, user: qgops}], directories: [{path: /opt/qg-folder, mode: "0750", group: qgsite}],
    mounts: [{path: /opt/my-data, device: /dev/vdz}]`;
  const script = compiled('vagrant', extra.replace(/\n */g, ' ')).text('provision.sh');
  t.not(script, '');
  const stage = `
    cat >/tmp/qg-provision-$$; mv /tmp/qg-provision-$$ /dev/shm/qg-$$.sh
    mount -t tmpfs none /opt; cp -a /etc /opt/etc; mount --bind /opt/etc /etc
    mount -t tmpfs none /home; mount -t tmpfs none /run; mkdir -p /run/systemd/system
    mount -t tmpfs none /usr/local/sbin
    for name in systemctl systemd-sysusers systemd-tmpfiles; do
      printf '#!/bin/sh\\necho "%s $*"\\n' $name >/usr/local/sbin/$name; chmod +x /usr/local/sbin/$name
    done
    dash /dev/shm/qg-$$.sh; echo SECOND; dash /dev/shm/qg-$$.sh
    echo LOOK; id qgops; getent passwd qgops; cat ~qgops/.ssh/authorized_keys
    stat -c '%n %a %U:%G' ~qgops/.ssh ~qgops/.ssh/authorized_keys /etc/qg/a /opt/qg-folder /etc/sudoers.d/quorumgate-qgops
    ls /etc/systemd/system/*.mount
    echo mine >/etc/victim; chmod 600 /etc/victim
    runuser -u qgops -- sh -c 'cd /home/qgops; ln -sf /etc/victim .ssh/authorized_keys; rm note; ln -s /etc/victim note.new'
    dash /dev/shm/qg-$$.sh >/dev/null 2>/dev/shm/qg-$$.err; rm /dev/shm/qg-$$.sh
    echo LINKS; cat /etc/victim; stat -c '%n %a %U:%G' /etc/victim /home/qgops/note; cat /dev/shm/qg-$$.err; rm /dev/shm/qg-$$.err
  `;
  const { stdout, stderr, status } = spawnSync('unshare', ['--mount', 'sh', '-ec', stage], {
    input: script,
    encoding: 'utf8',
  });
  t.is(status, 0, stdout + stderr);
  const [first = '', second = '', look = '', links = ''] = stdout.split(/SECOND\n|LOOK\n|LINKS\n/);
  t.regex(first, /changed: user qgops\n/);
  t.regex(
    first,
    /systemctl --quiet enable opt-my\\x2ddata\.mount\nsystemctl --no-block start opt-my\\x2ddata\.mount\n/,
  );
  t.is(second, 'nothing changed\n');
  t.regex(
    look,
    /^uid=1777\(qgops\) gid=\d+\(qgops\) groups=.*\(adm\).*\(qgsite\)$|^uid=1777\(qgops\).*\(qgsite\).*\(adm\)$/m,
  );
  t.regex(look, /^qgops:x:1777:\d+::\/home\/qgops:\/bin\/bash$/m);
  t.true(look.includes(`${KEY}\n`));
  t.regex(look, /\.ssh 700 qgops:qgops\n.*authorized_keys 600 qgops:qgops\n/);
  t.regex(
    look,
    /^\/etc\/qg\/a 640 qgops:qgops\n\/opt\/qg-folder 750 root:qgsite\n\/etc\/sudoers\.d\/quorumgate-qgops 440 root:root$/m,
  );
  t.true(look.includes('/etc/systemd/system/opt-my\\x2ddata.mount\n'));
  // Links that a user lays in a home lead root nowhere.
  t.regex(links, /^mine\n\/etc\/victim 600 root:root\n\/home\/qgops\/note 644 qgops:qgops\n/);
  t.regex(links, /quorumgate: user qgops does not get its keys: what is in \/home\/qgops\/\.ssh\?/);
});
