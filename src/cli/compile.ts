import { type Command, Option } from 'commander';
import { type Compiled, compile, FOLDERS } from '../compile.ts';
import { type Format, render } from '../diagnostic/render.ts';
import { loadAssets } from '../io/assets.ts';
import { readInput } from '../io/input.ts';
import { SCHEMAS } from '../spec/validators.ts';
import { targets } from '../target/index.ts';
import { EXIT } from './exit.ts';
import { checkOutput, withOutput, write } from './output.ts';
import { paint } from './paint.ts';

interface CheckOptions {
  format: Format;
  target?: string[];
  sizes?: true;
}

/** Adds `compile`, `check` and `schema`. */
export function addCompileCommands(program: Command): void {
  const command = withSpec(program.command('compile').description('write the boot configuration of every host'));
  withOutput(command, 'where to write: one folder for each target').action(
    async (spec: string, options: CheckOptions & { output: string; check?: true }) => {
      const compiled = await run(spec, options);
      if (compiled === undefined || process.exitCode) return;
      const cluster = compiled.spec?.cluster.name;
      const inJson = (files: readonly string[]) => ({ needs: compiled.needs, files });
      const json = options.format === 'json' ? inJson : undefined;
      if (!options.check) return write(options.output, compiled.files, compiled.report, { cluster, inJson: json });
      const { output, target } = options;
      const chosen = (target ?? []).flatMap((name) => ['--target', name]);
      return checkOutput(output, compiled.files, {
        known: target === undefined ? FOLDERS : [],
        spec,
        again: ['quorumgate compile', spec, '-o', output, ...chosen].join(' '),
        why: 'hosts with other user-data are replaced',
        cluster,
      });
    },
  );
  withSpec(
    program.command('check').description('report everything that is wrong with a spec, and write nothing'),
  ).action(async (spec: string, options: CheckOptions) => {
    const compiled = await run(spec, options);
    if (options.format !== 'json') process.stdout.write((compiled?.report ?? []).map((line) => `${line}\n`).join(''));
    else if (compiled?.spec !== undefined)
      process.stdout.write(`${JSON.stringify({ needs: compiled.needs }, null, 2)}\n`);
  });
  program
    .command('schema')
    .description('print the JSON Schema of the spec, for editors')
    .action(() => {
      process.stdout.write(`${JSON.stringify(SCHEMAS.spec, null, 2)}\n`);
    });
}

function withSpec(command: Command): Command {
  const names = targets.map(({ name }) => name);
  const target = new Option('--target <name>', "compile for this target instead of the spec's; may be repeated")
    .choices(names)
    .argParser((name: string, earlier: string[] = []) => {
      if (names.includes(name)) return [...new Set([...earlier, name])];
      return command.error(`error: there is no target '${name}': use one of ${names.join(', ')}`);
    });
  return command
    .argument('<spec>', 'cluster spec (YAML), or - for standard input')
    .addOption(target)
    .option('--sizes', 'list the largest files of every document, not only of one near its limit')
    .addOption(formatOption());
}

/** Compiles and reports; sets the exit code. Undefined when there is nothing to compile. */
async function run(spec: string, { format, target, sizes }: CheckOptions): Promise<Compiled | undefined> {
  const input = await readInput(spec);
  if ('diagnostic' in input) {
    process.exitCode = EXIT.wrong;
    process.stderr.write(render([input.diagnostic], format, paint));
    return undefined;
  }
  const compiled = compile(input.text, {
    file: input.file,
    lock: input.lock,
    assets: await loadAssets(),
    sizes,
    ...(target && { overlay: (valid) => ({ ...valid, targets: target }) }),
  });
  if (compiled.diagnostics.some(({ severity }) => severity === 'error')) process.exitCode = EXIT.wrong;
  process.stderr.write(render(compiled.diagnostics, format, paint));
  return compiled;
}

export function formatOption(): Option {
  return new Option('--format <format>', 'how errors and warnings are printed')
    .choices(['text', 'json', 'ci'])
    .default('text');
}
