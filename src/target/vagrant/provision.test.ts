import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { compile } from '../../compile.ts';
import { loadAssets } from '../../io/assets.ts';
import { interpret } from './interpret.ts';

// The provisioner, as it is, on this machine's own /etc and /opt in a mount namespace: with empty file systems in
// their place, and a systemctl that only says what it was told.
const assets = await loadAssets();
const work = mkdtempSync(join(tmpdir(), 'quorumgate-provision-'));
test.after.always(() => rmSync(work, { recursive: true, force: true }));

function compiled(dataDirectory: string) {
  const spec = `version: 1
cluster: {name: mycluster, size: 3}
targets: [vagrant]
address: {cidr: 192.168.56.0/24}
consul: {servers: members, join: [192.168.56.101]}
etcd: {version: 3.7.3, dataDirectory: ${dataDirectory}}
tls: off
`;
  const { files } = compile(spec, { file: 'x', assets });
  const script = files.find(({ path }) => path === 'vagrant/etcd/provision.sh')?.bytes ?? new Uint8Array();
  return { script, tree: interpret(files).get('etcd') };
}

const before = compiled('/srv/etcd');
const after = compiled('/var/lib/etcd');
writeFileSync(join(work, 'before.sh'), before.script);
writeFileSync(join(work, 'after.sh'), after.script);

const stage = `
  mount -t tmpfs none /opt
  cp -a /etc/ld.so.cache /etc/passwd /etc/group /opt/ 2>/dev/null || :
  mount -t tmpfs none /etc
  mv /opt/* /etc/
  mount -t tmpfs none /run
  mkdir -p /run/systemd/system
  mount -t tmpfs none /usr/local/sbin
  for name in systemctl systemd-sysusers systemd-tmpfiles; do
    printf '#!/bin/sh\\necho "%s $*"\\n[ ! -e /run/fail-%s ]\\n' $name $name >/usr/local/sbin/$name
    chmod +x /usr/local/sbin/$name
  done
  tree() { find /etc /opt -newermt @0 -printf '%p %m %u:%g %s %T@ %C@ %i\\n' | sort; }
  sums() { find /etc/[!lpg]* /opt -type f -exec sh -c 'for f; do echo "$(stat -c %a "$f") $(sha256sum "$f")"; done' sh {} + | sort -k 3; }
`;

const inRoot = process.getuid?.() === 0 && spawnSync('unshare', ['--mount', 'true']).status === 0;
const shells = [['dash'], ['bash', '--posix'], ['busybox', 'sh']].filter(
  ([program = '', ...flags]) => spawnSync(program, [...flags, '-c', 'exit 0']).status === 0,
);

function run(commands: string, shell: string[]) {
  const text = stage + commands.replace(/provision (\w+)/g, `${shell.join(' ')} ${work}/$1.sh`);
  const { stdout, stderr, status } = spawnSync('unshare', ['--mount', 'sh', '-ec', text], { encoding: 'utf8' });
  return { stdout, stderr, status };
}

for (const shell of shells) {
  const rooted = inRoot ? test : test.skip;
  const name = shell.join(' ');

  rooted(`the tree is the plan's: ${name}`, (t) => {
    const { stdout, stderr, status } = run('umask 077; provision before >/dev/null; sums', shell);
    t.deepEqual({ stderr, status }, { stderr: '', status: 0 });
    const found = stdout.trim().split('\n');
    const expected = [...(before.tree?.files ?? [])].map(([path, { mode }]) => `${mode.toString(8)} ${path}`);
    const places = found.map((line) => line.replace(/^(\d+) [0-9a-f]{64} +/, '$1 '));
    t.deepEqual(places.sort(), [...expected, '644 /opt/quorumgate/provision-written'].sort());
    for (const [path, { bytes }] of before.tree?.files ?? []) {
      const sum = spawnSync('sha256sum', { input: bytes, encoding: 'utf8' }).stdout.split(' ')[0];
      t.true(
        found.some((line) => line.endsWith(`${sum}  ${path}`)),
        path,
      );
    }
  });

  rooted(`a second run changes nothing, not even a time: ${name}`, (t) => {
    const { stdout, stderr, status } = run(
      'provision before >/run/1; tree >/run/a; provision before; tree >/run/b; cmp /run/a /run/b; wc -l </run/a',
      shell,
    );
    t.deepEqual({ stderr, status }, { stderr: '', status: 0 });
    t.regex(stdout, /^nothing changed\n\d{2,}\n$/);
  });

  rooted(`what was changed on the host is put back, and counts: ${name}`, (t) => {
    const { stdout, stderr } = run(
      `provision before >/dev/null
       echo x >>/etc/quorumgate/programs; chmod 600 /opt/quorumgate/libexec/host; chown 1 /opt/quorumgate/libexec/dns
       rm /etc/systemd/system/etcd.service; ln -s /dev/null /etc/systemd/system/etcd.service
       provision before`,
      shell,
    );
    t.is(stderr, '');
    const lines = stdout.trim().split('\n');
    t.deepEqual(lines.slice(0, 4), [
      'changed: /etc/quorumgate/programs',
      'changed: /opt/quorumgate/libexec/host',
      'changed: /opt/quorumgate/libexec/dns',
      'changed: /etc/systemd/system/etcd.service',
    ]);
    t.is(lines[4], 'systemd-sysusers quorumgate.conf');
    t.true(lines.includes('systemctl --no-block start quorumgate.target'));
    // Nothing that Vagrant waits for waits for the other boxes.
    for (const line of lines) if (/systemctl .*(start|restart)/.test(line)) t.regex(line, /--no-block/);
  });

  rooted(`who is interrupted begins again: ${name}`, (t) => {
    const { stdout } = run(
      `: >/run/fail-systemd-sysusers; ! provision before >/dev/null; rm /run/fail-systemd-sysusers
       provision before; provision before`,
      shell,
    );
    t.regex(stdout, /^systemd-sysusers[\s\S]*\ndone: [^\n]+\nnothing changed\n$/);
  });

  rooted(`what is no longer wanted goes: ${name}`, (t) => {
    const { stdout, stderr } = run(
      'provision before >/dev/null; provision after >/run/log; sums; grep wanted /run/log',
      shell,
    );
    t.is(stderr, '');
    t.notRegex(stdout, /^\d+ .*data-directory\.conf$/m);
    t.regex(stdout, /^changed: \/etc\/systemd\/system\/etcd\.service\.d\/data-directory\.conf \(no longer wanted\)$/m);
    const files = stdout.split('\n').filter((line) => /^\d/.test(line));
    t.is(files.length, (after.tree?.files.size ?? 0) + 1);
  });
}

const rooted = inRoot ? test : test.skip;
rooted('after cloud-init, which keeps no list, nothing is changed', (t) => {
  const { stdout } = run('provision before >/run/1; rm /opt/quorumgate/provision-written; provision before', ['dash']);
  t.is(stdout, 'nothing changed\n');
});

rooted('without systemd it says so and leaves everything alone', (t) => {
  const { stdout, stderr, status } = run('rmdir /run/systemd/system; provision before; find /opt', ['dash']);
  t.is(status, 1);
  t.is(stdout, '');
  t.regex(stderr, /does not run systemd/);
});
