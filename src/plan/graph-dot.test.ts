import { readdirSync, readFileSync } from 'node:fs';
import test from 'ava';
import { bootGraph, orderingCycles } from './graph.ts';
import { toDot } from './graph-dot.ts';

const root = new URL('../../', import.meta.url);
const names = readdirSync(new URL('units/', root)).filter((name) => /\.(service|target|path|timer|socket)$/.test(name));
const units = Object.fromEntries(
  names.sort().map((name) => [name, readFileSync(new URL(`units/${name}`, root), 'utf8')]),
);

const small = {
  'a.service': '[Unit]\nWants=b.service c.service\nAfter=b.service',
  'b.service': '[Unit]\nAfter=network-online.target',
  'c.service': '[Unit]\nAfter=a.service b.service',
};

test('order is reduced, what is started as well is orange, what is only started is dashed, the host is grey', (t) => {
  const edges = toDot(bootGraph(small))
    .split('\n')
    .filter((line) => / -> .*(a|b|c)\.service"/.test(line));
  t.deepEqual(
    edges.map((line) => line.trim()),
    [
      '"a.service" -> "c.service" [color="#c2701c", penwidth=1.3];',
      '"b.service" -> "a.service";',
      '"basic.target" -> "b.service" [color="#a8a8a8"];',
      '"network-online.target" -> "b.service" [color="#a8a8a8"];',
    ],
  );
});

test('what is started and does not come later is dashed', (t) => {
  const dot = toDot(bootGraph({ 'a.service': '[Unit]\nWants=b.service', 'b.service': '' }));
  t.regex(dot, /"a\.service" -> "b\.service" \[style=dashed, /);
});

test('the gate stands in the unit that it holds back, on the left', (t) => {
  const [box = ''] = /"etcd\.service" \[.*/.exec(toDot(bootGraph(units))) ?? [];
  t.regex(box, /<td [^>]*>etcd-ready<br\/>the gate<\/td><td [^>]*>etcd<\/td>/);
});

test('order through a hidden target of the host is shown', (t) => {
  const dot = toDot(bootGraph({ 'a.path': '[Path]\nPathChanged=/x', 'b.service': '' }));
  t.regex(dot, /"a\.path" -> "basic\.target"/);
  t.notRegex(dot, /paths\.target/);
});

test('our units have no ordering loop, with static pods as without', (t) => {
  t.deepEqual(orderingCycles(bootGraph(units)), []);
  const folder = new URL('units/static-pod/', root);
  const inPods = readdirSync(folder).map((name) => [name, readFileSync(new URL(name, folder), 'utf8')]);
  t.deepEqual(orderingCycles(bootGraph({ ...units, ...Object.fromEntries(inPods) })), []);
});
