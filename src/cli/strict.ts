import { Option } from 'commander';
import type { Diagnostic } from '../diagnostic/diagnostic.ts';
import { IoError } from '../io/io-error.ts';

export const strictOption = (): Option =>
  new Option('--strict', 'warnings fail, but for those that `allow` in the spec gives a reason for');

const unexcused = (diagnostics: readonly Diagnostic[]) =>
  diagnostics.filter(({ severity, allowed }) => severity === 'warning' && allowed === undefined);

/** Whether nothing may be made of a spec with these. */
export const isRefused = (diagnostics: readonly Diagnostic[], strict = false): boolean =>
  diagnostics.some(({ severity }) => severity === 'error') || (strict && unexcused(diagnostics).length > 0);

/** Says why a spec without an error fails. @throws IoError when it does */
export function assertStrict(diagnostics: readonly Diagnostic[], strict = false): void {
  if (!strict || diagnostics.some(({ severity }) => severity === 'error')) return;
  const { length } = unexcused(diagnostics);
  if (length === 0) return;
  throw new IoError(
    `${length === 1 ? 'one warning' : `${length} warnings`}, and with --strict a warning fails.`,
    'Follow the remedies above, or leave --strict out.',
  );
}
