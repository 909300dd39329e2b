import { type Command, Option } from 'commander';
import { type Compiled, compile, FOLDERS, NOTHING, type Sized } from '../compile.ts';
import type { Diagnostic } from '../diagnostic/diagnostic.ts';
import { loadAssets } from '../io/assets.ts';
import { readInput } from '../io/input.ts';
import { published } from '../spec/schema/published.ts';
import { SCHEMAS } from '../spec/validators.ts';
import { targets } from '../target/index.ts';
import { EXIT } from './exit.ts';
import { withOutput } from './output-option.ts';
import { add, fileRow, isForPrograms, print, say, tell } from './report.ts';
import { assertStrict, isRefused, strictOption } from './strict.ts';

interface CheckOptions {
  target?: string[];
  sizes?: true;
  strict?: true;
}

interface CompileOptions extends CheckOptions {
  output: string;
  check?: true;
  role?: string;
}

/** `-o`: one document goes to standard output, and nothing else does. */
const STDOUT = '-';

/** Adds `compile`, `check` and `schema`. */
export function addCompileCommands(program: Command): void {
  addCompile(program);
  withOptions(
    program
      .command('check')
      .description('report everything that is wrong with specs, and write nothing')
      .argument('<spec...>', 'cluster specs (YAML), or - for standard input'),
  ).action(async (specs: string[], options: CheckOptions, command: Command) => {
    if (specs.filter((spec) => spec === '-').length > 1) command.error('error: standard input can be read once only');
    const found: Diagnostic[] = [];
    for (const spec of specs) {
      const compiled = await run(spec, options);
      found.push(...compiled.diagnostics);
      if (isForPrograms()) {
        const rows = compiled.files.map(({ path, bytes }) => ({ spec, ...fileRow(path, bytes) }));
        add('files', rows);
      } else if (compiled.report.length > 0) {
        if (specs.length > 1) say(`${spec}:`);
        print(compiled.report.map((line) => `${line}\n`).join(''));
      }
    }
    assertStrict(found, options.strict);
  });
  program
    .command('schema')
    .description('print the JSON Schema of the spec, for editors')
    .action(() => {
      const names = targets.map(({ name }) => name);
      process.stdout.write(`${JSON.stringify(published(SCHEMAS.spec, names), null, 2)}\n`);
    });
}

function addCompile(program: Command): void {
  const command = withOptions(
    program
      .command('compile')
      .description('write the boot configuration of every host')
      .argument('<spec>', 'cluster spec (YAML), or - for standard input'),
  );
  withOutput(command, 'where to write: one folder for each target; `-`: one document, to standard output')
    .option('--role <role>', 'with `-o -`: the role whose document is written, where there are two')
    .action(async (spec: string, options: CompileOptions) => {
      const { output, check, target, role } = options;
      if (role !== undefined && output !== STDOUT) command.error('error: --role chooses a document for `-o -`');
      if (output === STDOUT && (check || isForPrograms()))
        command.error(`error: \`-o -\` writes a document, which goes not with ${check ? '--check' : '--format json'}`);
      const compiled = await run(spec, options);
      assertStrict(compiled.diagnostics, options.strict);
      if (process.exitCode) return;
      if (output === STDOUT) return writeOne(command, chosen(command, compiled, role), compiled.report);
      const cluster = compiled.spec?.cluster.name;
      // `check` starts without what writes.
      const { checkOutput, write } = await import('./output.ts');
      if (!check) return write(output, compiled.files, compiled.report, cluster);
      const again = (target ?? []).flatMap((name) => ['--target', name]);
      return checkOutput(output, compiled.files, {
        known: target === undefined ? FOLDERS : [],
        spec,
        again: ['quorumgate compile', spec, '-o', output, ...again].join(' '),
        why: 'hosts with other user-data are replaced',
        cluster,
      });
    });
}

/** The one document that is meant. */
function chosen(command: Command, { documents }: Compiled, role: string | undefined): Sized {
  const names = (of: (one: Sized) => string) => [...new Set(documents.map(of))].join(', ');
  if (documents.some(({ target }) => target !== documents[0]?.target))
    return command.error(
      `error: \`-o -\` writes one document: choose by --target one of ${names((one) => one.target)}`,
    );
  const left = documents.filter((one) => role === undefined || one.role === role);
  const [only] = left;
  if (only !== undefined && left.length === 1) return only;
  const wrong = role === undefined ? '`-o -` writes one document' : `there is no role '${role}'`;
  return command.error(`error: ${wrong}: choose by --role one of ${names((one) => one.role)}`);
}

/** Bytes on standard output; what people read goes to standard error. */
function writeOne(command: Command, { file, target, role }: Sized, report: readonly string[]): void {
  const isText = Buffer.from(file.bytes).equals(Buffer.from(new TextDecoder().decode(file.bytes)));
  if (process.stdout.isTTY && !isText)
    command.error(
      `error: the document for ${target}/${role} is no text, and this is a terminal: send it to a file, \`> user-data\``,
    );
  process.stderr.write(report.map((line) => `${line}\n`).join(''));
  process.stdout.write(file.bytes);
}

function withOptions(command: Command): Command {
  const names = targets.map(({ name }) => name);
  const target = new Option('--target <name>', "compile for this target instead of the spec's; may be repeated")
    .choices(names)
    .argParser((name: string, earlier: string[] = []) => {
      if (names.includes(name)) return [...new Set([...earlier, name])];
      return command.error(`error: there is no target '${name}': use one of ${names.join(', ')}`);
    });
  return command
    .addOption(target)
    .option('--sizes', 'list the largest files of every document, not only of one near its limit')
    .addOption(strictOption());
}

/** Compiles and reports; sets the exit code. */
async function run(spec: string, { target, sizes, strict }: CheckOptions): Promise<Compiled> {
  const input = await readInput(spec);
  const compiled: Compiled =
    'diagnostic' in input
      ? { ...NOTHING, diagnostics: [input.diagnostic], place: () => undefined }
      : compile(input.text, {
          file: input.file,
          lock: input.lock,
          assets: await loadAssets(),
          sizes,
          ...(target && { overlay: (valid) => ({ ...valid, targets: target }) }),
        });
  if (isRefused(compiled.diagnostics, strict)) process.exitCode = EXIT.wrong;
  tell(compiled.diagnostics, spec);
  if (isForPrograms()) addRows(spec, compiled);
  return compiled;
}

/** The rows by which programs learn of a spec that was compiled. */
function addRows(spec: string, { documents, needs }: Compiled): void {
  add('files', []);
  add(
    'documents',
    documents.map(({ file, ...rest }) => ({ spec, ...rest, ...fileRow(file.path, file.bytes), size: rest.size })),
  );
  add(
    'needs',
    needs.map((need) => ({ spec, ...need })),
  );
}
