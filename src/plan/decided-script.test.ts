import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { SHELLS, scriptText } from '../testing/script.ts';

const work = mkdtempSync(join(tmpdir(), 'quorumgate-decided-'));
test.after.always(() => rmSync(work, { recursive: true, force: true }));

for (const [index, shell] of SHELLS.entries()) {
  const [program = '', ...flags] = shell;
  const file = join(work, `decision-${index}.env`);
  const script = scriptText('decided').replaceAll('/run/etcd/decision.env', file);
  const run = (...args: string[]) =>
    spawnSync(program, [...flags, '-c', script, 'decided', ...args], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { PATH: '/usr/bin:/bin' },
    });

  test(`${shell.join(' ')}: the program has the decision, and its arguments as they are`, (t) => {
    writeFileSync(
      file,
      'ETCD_INITIAL_CLUSTER=a=http://10.0.0.1:2380,b=http://[::1]:2380\nETCD_INITIAL_CLUSTER_STATE=new\n',
    );
    const { stdout, stderr } = run('/bin/sh', '-c', 'env; echo "$0"', 'two words');
    t.is(stderr, '');
    t.regex(stdout, /^ETCD_INITIAL_CLUSTER=a=http:\/\/10\.0\.0\.1:2380,b=http:\/\/\[::1\]:2380$/m);
    t.regex(stdout, /^ETCD_INITIAL_CLUSTER_STATE=new$/m);
    t.regex(stdout, /^two words$/m);
  });

  test(`${shell.join(' ')}: without a decision nothing is started`, (t) => {
    rmSync(file, { force: true });
    const { status, stdout } = run('/bin/echo', 'started');
    t.not(status, 0);
    t.is(stdout, '');
  });
}

test('no unit’s environment comes from where a lesser user may put another file', (t) => {
  const units = fileURLToPath(new URL('../../units/', import.meta.url));
  const names = readdirSync(units, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.service'));
  const files = names.flatMap((name) => readFileSync(join(units, name), 'utf8').match(/^EnvironmentFile=.*$/gm) ?? []);
  const roots = /^EnvironmentFile=-?(\/etc\/quorumgate\/|\/run\/quorumgate\/host\.env$)/;
  t.deepEqual(
    files.filter((line) => !roots.test(line)),
    [],
  );
});
