// `npm run docs`: writes the generated documents. src/docs.test.ts holds them to it.
import { readdirSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { cliReference } from '../src/cli/reference.ts';
import { bootGraph } from '../src/plan/graph.ts';
import { toDot } from '../src/plan/graph-dot.ts';
import { toSvg } from '../src/plan/graph-svg.ts';

const root = path.join(import.meta.dirname, '..');

export const documents: Record<string, () => Promise<string> | string> = {
  'docs/boot-order.svg': () => toSvg(toDot(bootGraph(unitTexts()))),
  'docs/cli.md': cliReference,
};

function unitTexts(): Record<string, string> {
  const folder = path.join(root, 'units');
  const names = readdirSync(folder).filter((name) => /\.(service|target|path|timer|socket)$/.test(name));
  return Object.fromEntries(names.sort().map((name) => [name, readFileSync(path.join(folder, name), 'utf8')]));
}

if (realpathSync(process.argv[1] ?? '') === import.meta.filename) {
  for (const [name, render] of Object.entries(documents)) {
    writeFileSync(path.join(root, name), await render());
    console.log(`${name}: written`);
  }
}
