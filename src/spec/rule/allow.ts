import { ALLOWABLE, isAllowable } from '../../diagnostic/codes.ts';
import { isWithin } from '../pointer.ts';
import type { Problem } from '../problem.ts';
import type { Draft } from './draft.ts';

/**
 * The problems with the reasons for which they are allowed, and what else `allow` says for nothing.
 *
 * @param excuse a reason for all that may be allowed, beside those that the spec gives
 */
export function withAllowed(
  problems: readonly Problem[],
  { allow = {} }: Draft,
  invalid: readonly string[],
  excuse?: string,
): Problem[] {
  const lifted = problems.map((problem): Problem => {
    const allowed = isAllowable(problem.code) ? (allow[problem.code] ?? excuse) : undefined;
    return allowed === undefined ? problem : { ...problem, allowed };
  });
  const unneeded = ALLOWABLE.filter((code) => {
    const [program = ''] = code.split('-');
    const isKnown = !invalid.some((pointer) => isWithin(pointer, `/${program}`) || isWithin(pointer, '/programs'));
    return allow[code] !== undefined && isKnown && !problems.some((problem) => problem.code === code);
  });
  return [
    ...lifted,
    ...unneeded.map((code): Problem => {
      const message = `\`allow.${code}\` lifts nothing: there is no such error in this spec.`;
      return { code: 'allow-unneeded', pointer: `/allow/${code}`, on: 'key', message };
    }),
  ];
}
