// `npm run docs`: writes the generated documents. src/docs.test.ts holds them to it.
import { readdirSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { cliReference } from '../src/cli/reference/commands.ts';
import { labTables } from '../src/cli/reference/lab.ts';
import { CODES, type Code, isAllowable } from '../src/diagnostic/codes.ts';
import { changeTable } from '../src/explain/changes.ts';
import { diagnosticIndex, diagnosticPage } from '../src/explain/page.ts';
import { loadAssets } from '../src/io/assets.ts';
import { cells } from '../src/lab/scenario/matrix/cells.ts';
import { RESULTS, readResults, tableOf } from '../src/lab/scenario/matrix/results.ts';
import { LAYERS } from '../src/layers.ts';
import { bootGraph } from '../src/plan/graph.ts';
import { toDot } from '../src/plan/graph-dot.ts';
import { toSvg } from '../src/plan/graph-svg.ts';
import { AS_OF, type Fact, NEWEST, VERSIONS } from '../src/version/facts.ts';

const root = path.join(import.meta.dirname, '..');
const assets = loadAssets();

export const documents: Record<string, () => Promise<string> | string> = {
  'docs/boot-order.svg': () => toSvg(toDot(bootGraph(unitTexts()))),
  'docs/architecture.md': () => filled('docs/architecture.md', { rooms: rooms() }),
  'docs/cli.md': cliReference,
  'docs/compatibility.md': () => filled('docs/compatibility.md', { versions: versions(), matrix: matrix() }),
  'docs/operations.md': () => filled('docs/operations.md', { changes: changeTable() }),
  'docs/diagnostics/README.md': diagnosticIndex,
  ...Object.fromEntries(
    (Object.keys(CODES) as Code[]).map((code) => [
      `docs/diagnostics/${code}.md`,
      async () => diagnosticPage(code, await assets),
    ]),
  ),
  'docs/lab.md': async () => filled('docs/lab.md', { ...(await labTables()), scenario: scenario() }),
};

/** A document that is written by hand but for the parts between `<!-- NAME: begin -->` and `<!-- NAME: end -->`. */
function filled(name: string, parts: Record<string, string>): string {
  const before = readFileSync(path.join(root, name), 'utf8');
  return Object.entries(parts).reduce((text, [part, made]) => {
    const [begin, end] = [`<!-- ${part}: begin -->\n`, `<!-- ${part}: end -->\n`];
    const [head, rest = ''] = text.split(begin);
    const [, tail] = rest.split(end);
    if (tail === undefined) throw new Error(`${name} has no part ${part}`);
    return `${head}${begin}${made}\n${end}${tail}`;
  }, before);
}

const matrix = () => tableOf(cells(), readResults(path.join(root, RESULTS)));

function rooms(): string {
  const rows = LAYERS.map(({ room, about, uses }) => `| \`${room}\` | ${about} | ${uses.join(', ')} |`);
  return ['| room | what | uses |', '|---|---|---|', ...rows].join('\n');
}

/** The table of versions of etcd and Consul, with the answers that a spec gets. */
function versions(): string {
  const facts = (Object.values(VERSIONS) as Fact[]).filter(({ program }) => program === 'etcd' || program === 'Consul');
  const rows = facts.map(({ program, from, before = [], what, code, ends, source, date }) => {
    const [first, ...others] = [before].flat();
    const end = others.length === 0 ? `before ${first}` : `before ${[first, ...others].join(', ')}`;
    const range = [...(from === undefined ? [] : [`from ${from}`]), ...(first === undefined ? [] : [end])].join(', ');
    const answer = code === undefined ? '' : isAllowable(code) ? `error \`${code}\`` : `refused, \`${code}\``;
    const asOf = ends !== undefined && ends > AS_OF ? `nothing until ${ends}` : answer;
    return `| ${program} | ${range} | ${what.replace(/: refused(, by hosts too)?$/, '')} | ${asOf} | ${source} (${date}) |`;
  });
  const newest = Object.entries(NEWEST).map(([program, { version }]) => `${program} ${version}`);
  const head = `As of ${AS_OF}, the newest without any of these: ${newest.join(' and ')}. Of several ends each is that of its own line.`;
  return [head, '', '| program | versions | what is so | answer | source |', '|---|---|---|---|---|', ...rows].join(
    '\n',
  );
}

function scenario(): string {
  const text = readFileSync(path.join(root, 'src/lab/scenario/heal/example.lab.ts'), 'utf8');
  return `\`\`\`ts\n${text}\`\`\``;
}

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
