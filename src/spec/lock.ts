import { dump } from 'js-yaml';
import type { Static } from 'typebox';
import { diagnose } from '../diagnostic/diagnose.ts';
import type { Diagnostic } from '../diagnostic/diagnostic.ts';
import { placeIn, textIn } from './read.ts';
import { hasCredentials, PROGRAMS, strangeEnding } from './rule/program.ts';
import type { Locked as LockedSchema, LockSchema } from './schema/lock.ts';
import { toSource } from './source.ts';
import { validate } from './validate.ts';
import { parseYaml } from './yaml.ts';

export type Locked = Static<typeof LockedSchema>;
export type LockedPrograms = Static<typeof LockSchema>['programs'];

/** The lock file as it was found. */
export interface LockFile {
  /** Its name in diagnostics. */
  file: string;
  /** Undefined where there is none. */
  text?: string;
  /** Why it cannot be read. */
  unreadable?: string;
}

/**
 * Reads a lock file that is there. Whatever is wrong with it stands at its place in it.
 *
 * @param spec name of the spec, for the remedy
 */
export function readLock({ file, text = '', unreadable }: LockFile, spec: string): LockedPrograms | Diagnostic[] {
  const detail = { spec };
  const broken = (message: string, found: Pick<Diagnostic, 'pointer' | 'place'>) =>
    diagnose('lock-broken', { message, detail, pointer: found.pointer, place: found.place });
  const source = toSource(text, file);
  if (unreadable !== undefined) return [broken(unreadable, { pointer: '' })];
  const { parsed, diagnostics } = parseYaml(source);
  if (parsed === undefined || diagnostics.length > 0) return diagnostics.map((one) => broken(one.message, one));
  const place = placeIn(source, parsed.spots);
  const at = (pointer: string, on?: 'key' | 'value') => {
    const found = place(pointer, on);
    return { pointer, ...(found && { place: found }) };
  };
  const { problems } = validate(parsed.value, 'lock', textIn(source, parsed.spots));
  if (problems.length > 0) return problems.map(({ message, pointer, on }) => broken(message, at(pointer, on)));
  // Valid by the schema: ajv has just said so.
  const { programs } = parsed.value as Static<typeof LockSchema>;
  const unfit = PROGRAMS.flatMap((name) => {
    const why = unfitUrl(programs[name]?.url ?? '');
    return why === undefined ? [] : [broken(`\`programs.${name}.url\` ${why}.`, at(`/programs/${name}/url`))];
  });
  return unfit.length > 0 ? unfit : programs;
}

/** Why hosts cannot take what is behind a URL. */
export function unfitUrl(url: string): string | undefined {
  if (hasCredentials(url)) return 'holds credentials';
  const ending = strangeEnding(url);
  return ending === undefined ? undefined : `ends with \`${ending}\`, which hosts cannot unpack`;
}

/** The text of a lock file: the same programs, the same bytes. */
export function printLock(programs: LockedPrograms): string {
  const named = PROGRAMS.flatMap((name) => {
    const locked = programs[name];
    if (locked === undefined) return [];
    const { version, arch, url, sha256 } = locked;
    return [[name, { version, arch, url, sha256 }] as const];
  });
  const value = { format: 1, programs: Object.fromEntries(named.sort(([left], [right]) => (left < right ? -1 : 1))) };
  return `# Written by \`quorumgate lock\`. Commit it beside the spec; do not edit it.\n${dump(value, { lineWidth: -1 })}`;
}
