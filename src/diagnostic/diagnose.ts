import { CODES, type Code } from './codes.ts';
import type { Diagnostic, Place } from './diagnostic.ts';
import type { CodeEntry } from './entry.ts';

export interface Occurrence {
  message: string;
  pointer: string;
  place?: Place | undefined;
  suggestion?: string | undefined;
  /** Why it is allowed, in the user's words: a warning then. */
  allowed?: string | undefined;
  /** Values for the holes of the remedy. */
  detail?: Readonly<Record<string, string | number>>;
}

/** Makes a diagnostic of one of the codes above. Throws when `detail` lacks a hole of the remedy. */
export function diagnose(code: Code, occurrence: Occurrence): Diagnostic {
  const { message, pointer, place, suggestion, allowed, detail = {} } = occurrence;
  const entry: CodeEntry = CODES[code];
  const filled = entry.remedy.replace(/\{([a-z]+)\}/g, (_, hole: string) => {
    const value = detail[hole];
    if (value === undefined) throw new Error(`diagnostic ${code}: nothing to fill {${hole}} with`);
    return String(value);
  });
  const lifts = entry.allowable && allowed === undefined;
  return {
    code,
    severity: allowed === undefined ? entry.severity : 'warning',
    message: allowed === undefined ? message : `${message} Allowed: ${allowed}`,
    remedy: lifts ? `${filled} Or say why it may be so: \`allow: {${code}: REASON}\`.` : filled,
    pointer,
    ...(place === undefined ? {} : { place }),
    ...(suggestion === undefined ? {} : { suggestion }),
    ...(allowed === undefined ? {} : { allowed }),
  };
}
