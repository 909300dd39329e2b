import { spawnSync } from 'node:child_process';
import { cpSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { SMALLEST } from '../../spec/reference.ts';
import { inFolder } from '../folder-testing.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const SRV = SMALLEST.replace('version: 3.7.3', 'version: 3.7.3\n  discovery: srv');

test('graph: every unit stands below those that it comes after, the gate in its unit', (t) => {
  const { run } = inFolder(t, { 'cluster.yaml': SRV });
  const { status, stdout } = run('graph', 'cluster.yaml');
  t.is(status, 0);
  const seen = new Set<string>();
  for (const block of stdout.split(/\n(?=\S)/)) {
    const [name = ''] = block.split(/[ \n]/);
    const [, after = ''] = /^ {4}after (.+)$/m.exec(block) ?? [];
    for (const one of after.split(', ').filter(Boolean)) t.true(seen.has(one), `${name} after ${one}`);
    seen.add(name);
  }
  t.true(seen.has('etcd-assert.service'), 'a unit of this spec alone');
  t.regex(stdout, /^etcd\.service\n {4}after .+\n {4}gate etcd-ready: /m);
});

test('graph: the same arrows for Graphviz and for Mermaid, which has the gate before its unit', (t) => {
  const { run } = inFolder(t, { 'cluster.yaml': SRV });
  const dot = run('graph', 'cluster.yaml', '--format', 'dot').stdout;
  const mermaid = run('graph', 'cluster.yaml', '--format', 'mermaid').stdout;
  const names = new Map([...mermaid.matchAll(/^ {2}(u\d+)\W+"([^"]+)"/gm)].map(([, id = '', name = '']) => [id, name]));
  const arrows = [...mermaid.matchAll(/^ {2}(u\d+) (?:-->|==>|-\.->) (u\d+)g?$/gm)].map(
    ([, from = '', to = '']) => `"${names.get(from)}" -> "${names.get(to)}"`,
  );
  t.deepEqual(arrows, dot.match(/"[^"]+" -> "[^"]+"/g));
  t.regex(mermaid, /^ {2}(u\d+)g\{"etcd-ready, the gate"\}:::gate\n {2}\1g ==> \1\n/m);
});

test('graph: drawn, and as rows; a role that is not there, a wrong spec', (t) => {
  const { run, told } = inFolder(t, { 'cluster.yaml': SMALLEST, 'even.yaml': SMALLEST.replace('size: 3', 'size: 4') });
  t.regex(run('graph', 'cluster.yaml', '--format', 'svg').stdout, /<svg [\s\S]+the gate[\s\S]+<\/svg>\n$/);
  const { units } = told('graph', 'cluster.yaml') as unknown as { units: { name: string; gate?: string }[] };
  t.is(units.find(({ name }) => name === 'etcd.service')?.gate, 'etcd-ready');
  t.regex(run('graph', 'cluster.yaml', '--role', 'consul-server').stderr, /has no hosts of role 'consul-server'/);
  const wrong = run('graph', 'even.yaml');
  t.like(wrong, { status: 1, stdout: '' });
  t.regex(wrong.stderr, /size-even/);
});

test('graph: without anything to draw with the picture is printed for others', (t) => {
  const { folder } = inFolder(t, { 'cluster.yaml': SMALLEST });
  cpSync(path.join(root, 'dist'), path.join(folder, 'dist'), { recursive: true });
  const args = ['dist/cli/index.mjs', 'graph', 'cluster.yaml', '--format', 'svg'];
  const { status, stderr } = spawnSync(process.execPath, args, { cwd: folder, env: { PATH: '' }, encoding: 'utf8' });
  t.is(status, 1);
  t.regex(stderr, /^error: There is nothing here to draw with\.\n {2}remedy: .*--format dot/);
});
