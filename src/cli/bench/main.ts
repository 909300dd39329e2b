// `npm run bench:cli`: what commands cost, and compiling in one process. `-- --against DIR` measures another tree that is
// built, turn by turn with this one.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { targets } from '../../target/index.ts';

const here = path.join(import.meta.dirname, '../../..');
const { values } = parseArgs({
  options: {
    against: { type: 'string' },
    runs: { type: 'string', default: '15' },
    specs: { type: 'string', default: '100' },
  },
});
const trees = values.against === undefined ? [here] : [here, path.resolve(values.against)];
const names = ['this tree', 'the other'].slice(0, trees.length);
const folder = mkdtempSync(path.join(tmpdir(), 'quorumgate-bench-'));
const hook = path.join(folder, 'hook.cjs');

interface Cost {
  /** Milliseconds of user and system, of the process alone. */
  cpu: number;
  wall: number;
}

/** Runs Node; what the process itself says of its CPU as it ends. */
function cost(args: readonly string[]): Cost {
  const start = performance.now();
  const { status, output } = spawnSync(process.execPath, ['--require', hook, ...args], {
    cwd: here,
    encoding: 'utf8',
    stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
  });
  const wall = performance.now() - start;
  if (status !== 0) throw new Error(`${args.join(' ')}: ${output[2]}`);
  const { user, system } = JSON.parse(output[3] ?? '') as NodeJS.CpuUsage;
  return { cpu: (user + system) / 1000, wall };
}

function median(numbers: readonly number[]): number {
  return [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN;
}

function line(...cells: readonly (string | number)[]): void {
  const shown = cells.map((cell) => (typeof cell === 'number' ? cell.toFixed(cell < 10 ? 2 : 0) : cell));
  process.stdout.write(`${shown.map((cell, index) => (index === 0 ? cell.padEnd(30) : cell.padStart(14))).join('')}\n`);
}

/** Commands in turns, so that what else the machine does falls on all of them. */
function commands(): void {
  const program = (tree: string) => path.join(tree, 'dist/cli/index.mjs');
  const spec = path.join(here, 'examples/mycluster.yaml');
  const rows: [name: string, args: string[]][] = [
    ['node -e 0', ['-e', '0']],
    ...trees.flatMap((tree, index): [string, string[]][] => [
      [`--version, ${names[index]}`, [program(tree), '--version']],
      [`check, ${names[index]}`, [program(tree), 'check', spec]],
      [`compile, ${names[index]}`, [program(tree), 'compile', spec, '-o', path.join(folder, `out-${index}`)]],
    ]),
  ];
  const costs = rows.map((): Cost[] => []);
  for (let run = 0; run < Number(values.runs); run++) {
    for (const [index, [, args]] of rows.entries()) costs[index]?.push(cost(args));
  }
  const [bare = Number.NaN] = costs.map((all) => median(all.map(({ cpu }) => cpu)));
  line('medians', 'CPU ms', 'wall ms', 'x node -e 0');
  for (const [index, [name]] of rows.entries()) {
    const all = costs[index] ?? [];
    const cpu = median(all.map((one) => one.cpu));
    line(name, cpu, median(all.map(({ wall }) => wall)), cpu / bare);
  }
}

const ROUNDS = 3;

/** One process that compiles specs of a target with the compiler of a tree. */
function compiling(tree: string, target: string): Cost {
  const args = ['--import=tsx', path.join(here, 'src/cli/bench/specs.ts'), tree, target, values.specs];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: here, encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout) as Cost;
}

/** Medians, from the first spec on: the trees in turns. */
function specs(): void {
  line('\nspecs a second', ...names.flatMap((name) => [`${name}, CPU`, 'wall']));
  for (const { name } of targets) {
    const rounds = Array.from({ length: ROUNDS }, () => trees.map((tree) => compiling(tree, name)));
    const rates = trees.flatMap((_, index) =>
      (['cpu', 'wall'] as const).map((what) => {
        return (1000 * Number(values.specs)) / median(rounds.map((round) => round[index]?.[what] ?? Number.NaN));
      }),
    );
    line(name, ...rates);
  }
}

try {
  const report = "require('node:fs').writeSync(3, JSON.stringify(process.cpuUsage()))";
  writeFileSync(hook, `process.on('exit', () => ${report});\n`);
  commands();
  specs();
} finally {
  rmSync(folder, { recursive: true, force: true });
}
