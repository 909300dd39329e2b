import { Type } from 'typebox';
import { ALLOWABLE, CODES } from '../../diagnostic/codes.ts';
import { strict, Text } from './parts.ts';

const Reason = (title: string) =>
  Type.Optional(
    Text({
      pattern: '^\\S(.*\\S)?$',
      form: 'the reason in words, on one line, for example `behind mutual TLS until March`',
      maxLength: 200,
      description: `Why this may be: ${title.replace(/^An? /, (article) => article.toLowerCase())}.`,
      examples: ['behind mutual TLS until March'],
    }),
  );

/** A key for each code that may be lifted. */
export const Allow = Type.Unsafe<Readonly<Record<string, string | undefined>>>(
  Type.Object(Object.fromEntries(ALLOWABLE.map((code) => [code, Reason(CODES[code].title)])), {
    ...strict,
    description:
      'Errors that are warnings in this spec, by their code, each with the reason: for versions that you cannot leave yet.',
  }),
);
