import { spawnSync } from 'node:child_process';
import { type Command, Option } from 'commander';
import { compile } from '../../compile.ts';
import { loadAssets } from '../../io/assets.ts';
import { readInput } from '../../io/input.ts';
import { IoError } from '../../io/io-error.ts';
import { type BootGraph, bootGraph } from '../../plan/graph.ts';
import { toDot } from '../../plan/graph-dot.ts';
import { toSvg } from '../../plan/graph-svg.ts';
import { toMermaid, toText } from '../../plan/graph-text.ts';
import { EXIT } from '../exit.ts';
import { add, tell } from '../report.ts';

const ROLES = ['etcd', 'consul-server'] as const;
const FORMS = ['text', 'json', 'dot', 'svg', 'mermaid'] as const;

interface Flags {
  format: (typeof FORMS)[number];
  role: (typeof ROLES)[number];
}

/** Adds `graph`. */
export function addGraphCommand(program: Command): void {
  program
    .command('graph')
    .description('show the order in which the units of a host start, with the gate in it')
    .argument('<spec>', 'cluster spec (YAML), or - for standard input')
    .addOption(new Option('--role <role>', 'which hosts').choices(ROLES).default('etcd'))
    .addOption(
      new Option('--format <format>', 'lines, one JSON object, or a picture: for Graphviz, drawn, for Mermaid')
        .choices(FORMS)
        .default('text'),
    )
    .action(async (file: string, { format, role }: Flags, command: Command) => {
      const input = await readInput(file);
      const { diagnostics, plans } =
        'diagnostic' in input
          ? { diagnostics: [input.diagnostic], plans: [] }
          : compile(input.text, { ...input, assets: await loadAssets() });
      tell(diagnostics, file);
      if (plans.length === 0) {
        process.exitCode = EXIT.wrong;
        return;
      }
      const plan = plans.find((one) => one.role === role);
      if (plan === undefined) return command.error(`error: ${file} has no hosts of role '${role}'`);
      const graph = bootGraph(Object.fromEntries(plan.units.map(({ name, content }) => [name, content])));
      if (format === 'json') return addRows(graph);
      process.stdout.write(
        format === 'svg' ? await svgOf(graph) : { text: toText, dot: toDot, mermaid: toMermaid }[format](graph),
      );
    });
}

function addRows({ nodes, order, pulls }: BootGraph): void {
  add('units', nodes);
  add('order', order);
  add('pulls', pulls);
}

/** By the package that draws our documents, where it is installed; else by Graphviz itself. */
async function svgOf(graph: BootGraph): Promise<string> {
  const dot = toDot(graph);
  try {
    return await toSvg(dot);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ERR_MODULE_NOT_FOUND')) throw error;
  }
  const { status, stdout, stderr, error } = spawnSync('dot', ['-Tsvg'], { input: dot, encoding: 'utf8' });
  if (status === 0) return stdout;
  throw new IoError(
    error === undefined ? `Graphviz has failed: ${stderr.trim()}.` : 'There is nothing here to draw with.',
    'Install Graphviz (`dot`) or the npm package `@viz-js/viz`, or print it for another program: `--format dot`.',
  );
}
