import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { systemdOn } from './host.ts';

test('the version of systemd on a disk is that of its library, wherever a distribution has it', (t) => {
  const root = mkdtempSync(join(tmpdir(), 'quorumgate-root-'));
  t.teardown(() => rmSync(root, { recursive: true, force: true }));
  t.is(systemdOn(root), undefined);
  mkdirSync(join(root, 'usr/lib/x86_64-linux-gnu/systemd'), { recursive: true });
  writeFileSync(join(root, 'usr/lib/os-release'), '');
  writeFileSync(join(root, 'usr/lib/x86_64-linux-gnu/systemd/libsystemd-shared-262.so'), '');
  t.is(systemdOn(root), 262);
  mkdirSync(join(root, 'usr/lib/systemd'));
  writeFileSync(join(root, 'usr/lib/systemd/libsystemd-shared-252.16-1.so'), '');
  t.is(systemdOn(root), 252);
});
