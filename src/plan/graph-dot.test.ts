import { readdirSync, readFileSync } from 'node:fs';
import test from 'ava';
import { bootGraph, orderingCycles } from './graph.ts';
import { toDot } from './graph-dot.ts';
import { toSvg } from './graph-svg.ts';

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

test('no label touches the border of its box', async (t) => {
  const svg = await toSvg(toDot(bootGraph(units)));
  const boxes = [...svg.matchAll(/<g id="node\d+" class="node">([\s\S]*?)<\/g>/g)].map(([, text = '']) => text);
  t.true(boxes.length > 15);
  for (const box of boxes) {
    const shapes = [...box.matchAll(/ (?:d|points)="([^"]+)"/g)].map(([, points = '']) =>
      [...points.matchAll(/(-?[\d.]+),-?[\d.]+/g)].map(([, x]) => Number(x)),
    );
    for (const [, anchor = '', x = '', label = ''] of box.matchAll(
      /<text [^>]*text-anchor="(\w+)" x="([^"]+)"[^>]*>([^<]+)</g,
    )) {
      // Arial at 11 px is half an em a character, and more where it is wide.
      const width = label.replaceAll('&#45;', '-').length * 11 * 0.5;
      const [left, right] =
        anchor === 'middle' ? [Number(x) - width / 2, Number(x) + width / 2] : [Number(x), Number(x) + width];
      const around = shapes.filter((xs) => Math.min(...xs) <= Number(x) && Math.max(...xs) >= Number(x));
      const inside = around.some((xs) => Math.min(...xs) + 4 <= left && Math.max(...xs) - 4 >= right);
      t.true(
        inside,
        `${label}: ${left} to ${right} in ${JSON.stringify(around.map((xs) => [Math.min(...xs), Math.max(...xs)]))}`,
      );
    }
  }
});
