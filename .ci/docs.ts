// `npm run docs`: writes the generated documents. `--check` writes nothing and fails when one is out of date.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { bootGraph } from '../src/plan/graph.ts';
import { toDot } from '../src/plan/graph-dot.ts';
import { toSvg } from '../src/plan/graph-svg.ts';

const root = path.join(import.meta.dirname, '..');

export const documents: Record<string, () => Promise<string> | string> = {
  'docs/boot-order.svg': () => toSvg(toDot(bootGraph(unitTexts()))),
};

function unitTexts(): Record<string, string> {
  const folder = path.join(root, 'units');
  const names = readdirSync(folder).filter((name) => /\.(service|target|path|timer|socket)$/.test(name));
  return Object.fromEntries(names.sort().map((name) => [name, readFileSync(path.join(folder, name), 'utf8')]));
}

const check = process.argv.includes('--check');
for (const [name, render] of Object.entries(documents)) {
  const file = path.join(root, name);
  const text = await render();
  if (!check) writeFileSync(file, text);
  else if (readFileSync(file, 'utf8') !== text) throw new Error(`${name} is out of date: run npm run docs`);
  console.log(`${name}: ${check ? 'up to date' : 'written'}`);
}
