import path from 'node:path';
import { type Command, Option } from 'commander';
import type { LockFile } from '../compile.ts';
import { diagnose } from '../diagnostic/diagnose.ts';
import type { Diagnostic } from '../diagnostic/diagnostic.ts';
import { readInput } from '../io/input.ts';
import { IoError } from '../io/io-error.ts';
import { resolveReleases } from '../io/release/resolve.ts';
import { replaceFile } from '../io/replace-file.ts';
import type { Spec } from '../spec/defaults.ts';
import { type LockedPrograms, printLock, readLock } from '../spec/lock.ts';
import { wantedReleases } from '../spec/locked.ts';
import { type PlaceOf, readSpec } from '../spec/read.ts';
import { PROGRAMS } from '../spec/rule/program.ts';
import { targets } from '../target/index.ts';
import { EXIT } from './exit.ts';
import { untouched } from './interruptible.ts';
import { add, fileRow, say, tell } from './report.ts';
import { assertStrict, isRefused, strictOption } from './strict.ts';

type Program = (typeof PROGRAMS)[number];

interface LockFlags {
  check?: true;
  hashFiles?: true;
  replaceHash: Program[];
  strict?: true;
}

/** Adds `lock`. */
export function addLockCommand(program: Command): void {
  const command: Command = program
    .command('lock')
    .description("write the URLs and hashes of the spec's releases into the lock file beside it")
    .argument('<spec>', 'cluster spec (YAML)')
    .option('--check', 'write nothing; exit with 1 when the lock file is not what spec and index give now')
    .option('--hash-files', 'fetch files for which the index has no hash, and lock the hash of what was fetched')
    .addOption(
      new Option('--replace-hash <program>', 'lock the new hash of a release that has changed; may be repeated')
        .argParser((name: string, earlier: Program[]) => {
          const known = PROGRAMS.find((one) => one === name);
          return known
            ? [...earlier, known]
            : command.error(`error: there is no program '${name}': use one of ${PROGRAMS.join(', ')}`);
        })
        .default([], 'none'),
    )
    .addOption(strictOption())
    .action(async (spec: string, flags: LockFlags) => {
      if (spec === '-') command.error('error: the lock file stands beside the spec: give the path of the spec');
      const found = await lock(spec, flags);
      if (found.some(({ severity }) => severity === 'error')) process.exitCode = EXIT.wrong;
      tell(found, spec);
      assertStrict(found, flags.strict);
    });
}

/** @returns what was found in spec, lock file and index; with an error among it nothing was written */
async function lock(file: string, flags: LockFlags): Promise<Diagnostic[]> {
  const input = await readInput(file);
  if ('diagnostic' in input) return [input.diagnostic];
  const { spec, diagnostics, place } = readSpec(
    input.text,
    file,
    targets.map(({ name }) => name),
  );
  if (spec === undefined || input.lock === undefined) return diagnostics;
  const before = isThere(input.lock) ? readLock(input.lock, file) : {};
  if (Array.isArray(before)) return [...diagnostics, ...before];
  const { programs, found } = await look(spec, file, before, flags, place);
  const all = [...diagnostics, ...found];
  if (found.length > 0 || isRefused(all, flags.strict)) return all;
  await settle(file, input.lock, before, programs, flags);
  return diagnostics;
}

const isThere = ({ text, unreadable }: LockFile) => text !== undefined || unreadable !== undefined;

/** The programs to lock now, and why any of them cannot be. */
async function look(spec: Spec, file: string, before: LockedPrograms, flags: LockFlags, place: PlaceOf) {
  const all = wantedReleases(spec);
  const { programs, failures } = await resolveReleases(all, {
    index: spec.releases?.index ?? {},
    folder: path.dirname(file),
    hashFiles: flags.hashFiles === true,
  });
  const unresolved = failures.flatMap(({ wanted: { pointer: own }, error }) => {
    const same = failures.filter((one) => one.error.message === error.message).map(({ wanted }) => wanted.pointer);
    // One cause for several programs is the index, and is told once.
    if (same.indexOf(own) > 0) return [];
    const pointer = same.length > 1 ? '/releases/index' : own;
    const detail = { advice: error.advice };
    return [diagnose('lock-unresolved', { message: `${error.message}.`, pointer, place: place(pointer), detail })];
  });
  const changed = all.flatMap(({ program, pointer }) => {
    const [was, is] = [before[program], programs[program]];
    const isOther = was && is && was.version === is.version && was.arch === is.arch && was.sha256 !== is.sha256;
    if (!isOther || flags.replaceHash.includes(program)) return [];
    const message = `${program} ${is.version} for ${is.arch} had SHA-256 ${was.sha256} when it was locked; now ${is.url} has ${is.sha256}.`;
    const detail = { spec: file, program };
    return [diagnose('lock-hash-changed', { message, pointer, place: place(pointer), detail })];
  });
  return { programs, found: [...unresolved, ...changed] };
}

/** Writes what is new, or says that it would. @throws IoError when that is not to be, or the lock file is not needed */
async function settle(
  file: string,
  lock: LockFile,
  before: LockedPrograms,
  programs: LockedPrograms,
  { check }: LockFlags,
) {
  if (Object.keys(programs).length === 0) {
    if (lock.text === undefined) return say(`${file} takes no program by release: there is nothing to lock`);
    throw new IoError(`${file} takes no program by release, and there is ${lock.file}.`, `Remove ${lock.file}.`);
  }
  const text = printLock(programs);
  add(
    'programs',
    Object.entries(programs).map(([program, locked]) => ({ program, ...locked })),
  );
  if (lock.text?.replaceAll('\r\n', '\n') === text) return say(`${lock.file} is up to date`);
  for (const line of changes(before, programs)) say(line);
  if (check) {
    throw new IoError(
      `${lock.file} is not what ${file} and its index give now.`,
      `Run \`quorumgate lock ${file}\`, and commit what it writes.`,
    );
  }
  await untouched(() => replaceFile(lock.file, text));
  say(lock.file);
  add('files', [fileRow(lock.file, Buffer.from(text))]);
}

/** One line for each program of which something is other than before. */
function changes(before: LockedPrograms, after: LockedPrograms): string[] {
  return PROGRAMS.flatMap((program) => {
    const [was, is] = [before[program], after[program]];
    if (is === undefined) return was === undefined ? [] : [`${program}: no longer a release`];
    const now = `${program} ${is.version} ${is.arch}: ${is.url}`;
    if (was === undefined) return [now];
    const keys = (['version', 'arch', 'url', 'sha256'] as const).filter((key) => was[key] !== is[key]);
    return keys.length === 0 ? [] : [`${now} (other ${keys.join(', ')} than before)`];
  });
}
