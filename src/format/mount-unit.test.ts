import { spawnSync } from 'node:child_process';
import test from 'ava';
import { escapedPath, mountUnit } from './mount-unit.ts';

const real = spawnSync('systemd-escape', ['--version']).error === undefined ? test : test.skip;

real('a path is escaped as systemd-escape does it', (t) => {
  for (const path of ['/srv', '/srv/my-data', '/a.b/c_d', '/.a/b', '/a/.b', '/x@y+z/1-2', '/a/b/c']) {
    const { stdout } = spawnSync('systemd-escape', ['--path', path], { encoding: 'utf8' });
    t.is(escapedPath(path), stdout.trim(), path);
  }
});

test('what comes over the network waits for it', (t) => {
  const { name, content } = mountUnit({ path: '/srv/nfs', device: 'nfs.example.com:/a', options: ['ro', 'soft'] });
  t.is(name, 'srv-nfs.mount');
  t.regex(content, /^After=network-online\.target$/m);
  t.regex(
    content,
    /^What=nfs\.example\.com:\/a\nWhere=\/srv\/nfs\nOptions=ro,soft\n\n\[Install\]\nWantedBy=remote-fs\.target\n$/m,
  );
  t.notRegex(mountUnit({ path: '/srv/a', device: '/dev/vdb' }).content, /network|Options|Type|remote/);
});
