import type { Command, Help } from 'commander';
import { compile } from '../../compile.ts';
import { explain, meantBy } from '../../explain/explain.ts';
import type { Explained, Known } from '../../explain/explained.ts';
import { unitReasons } from '../../explain/reasons.ts';
import { columns } from '../../format/columns.ts';
import { loadAssets, readUnitReadme } from '../../io/assets.ts';
import { readInput } from '../../io/input.ts';
import { IoError } from '../../io/io-error.ts';
import { EXIT } from '../exit.ts';
import { add, isForPrograms, say, tell } from '../report.ts';

/** Adds `explain`. */
export function addExplainCommand(program: Command): void {
  program
    .command('explain')
    .description('say what a diagnostic, key, file, unit or etcd flag is, and why a spec has it')
    .argument(
      '<what>',
      "code of a diagnostic, key of the spec, path or unit on hosts, path of `compile`'s output, or flag of etcd without its dashes",
    )
    .argument('[spec]', 'cluster spec (YAML), or - for standard input: then with its lines, documents and sizes')
    .action(async (what: string, spec: string | undefined, _, command: Command) => {
      const known = await knownOf(spec);
      const found = explain(what, known);
      add('explained', found.map(toRow));
      if (found.length === 0) throw unknown(what, spec, known);
      if (!isForPrograms()) for (const one of found) show(one, command.createHelp());
    });
}

async function knownOf(spec: string | undefined): Promise<Known> {
  const known = { assets: await loadAssets(), reasons: unitReasons(readUnitReadme()) };
  if (spec === undefined) return known;
  const input = await readInput(spec);
  if ('diagnostic' in input) {
    process.exitCode = EXIT.wrong;
    tell([input.diagnostic], spec);
    return known;
  }
  const compiled = compile(input.text, { ...input, assets: known.assets, sizes: true });
  if (compiled.spec === undefined) {
    if (isForPrograms()) tell(compiled.diagnostics, spec);
    else process.stderr.write(`${spec} has errors (quorumgate check): its hosts and documents are not known.\n`);
  }
  return { ...known, compiled };
}

function unknown(what: string, spec: string | undefined, known: Known): IoError {
  const meant = meantBy(what, known);
  const hint = meant === undefined ? '' : `Did you mean \`${meant}\`? `;
  const wanted = spec === undefined ? ' A file that hosts get may be known with a spec only.' : '';
  return new IoError(
    `there is no diagnostic, key, file, unit or flag \`${what}\`${spec === undefined ? '' : ` in what ${spec} gives`}.`,
    `${hint}Give a code as messages have it, a key as \`etcd.peerPort\`, a path, a unit, or a flag of etcd.${wanted}`,
  );
}

/** Labels on the left, and what is long in several lines beside them. */
function show({ kind, name, facts }: Explained, help: Help): void {
  say(`${name}: ${TITLES[kind]}`);
  const widest = Math.max(...facts.map(([label]) => label.length));
  const room = Math.max(40, (process.stdout.columns ?? 120) - widest - 4);
  const rows = facts.flatMap(([label, ...lines]) =>
    lines
      .flatMap((line) => help.boxWrap(line, room).split('\n'))
      .map((line, index) => [index === 0 ? label : '', line]),
  );
  for (const line of columns(rows)) say(`  ${line}`);
}

const TITLES: Record<Explained['kind'], string> = {
  code: 'a diagnostic',
  key: 'a key of the spec',
  file: 'a file',
  unit: 'a unit on hosts',
  flag: 'a flag of etcd',
};

const toRow = ({ kind, name, facts }: Explained) => ({
  kind,
  name,
  facts: facts.map(([label, ...lines]) => ({ label, lines })),
});
