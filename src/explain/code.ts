import { CODES, type Code } from '../diagnostic/codes.ts';
import type { CodeEntry } from '../diagnostic/entry.ts';
import { EXAMPLES } from './example/index.ts';
import type { Explained, Fact, Known } from './explained.ts';

/** A diagnostic: its meaning, its remedy, and where the spec at hand has it. */
export function explainCode(word: string, { compiled }: Known): Explained[] {
  if (!Object.hasOwn(CODES, word)) return [];
  const code = word as Code;
  const { severity, title, remedy, allowable }: CodeEntry = CODES[code];
  const example = EXAMPLES[code];
  const found = (compiled?.diagnostics ?? []).filter((one) => one.code === code);
  const here = found.map(
    ({ place, message }) => `${place ? `${place.file}:${place.line}:${place.column}: ` : ''}${message}`,
  );
  const facts: Fact[] = [
    ['means', `${title}.`],
    ['is', severity === 'error' ? 'an error: nothing is compiled' : 'a warning'],
    ['remedy', remedy.replace(/\{([a-z]+)\}/g, (_, hole: string) => `<${hole}>`)],
    allowable
      ? ['allow', `a spec may say why it is so: \`allow: {${code}: REASON}\``]
      : ['allow', severity === 'error' ? 'never' : 'a warning needs no reason'],
    ...(example === undefined
      ? []
      : ([
          ['wrong', ...example.wrong],
          ['right', ...example.right],
        ] satisfies Fact[])),
    ...(compiled === undefined
      ? []
      : ([['here', ...(here.length > 0 ? here : ['not in this spec'])]] satisfies Fact[])),
  ];
  return [{ kind: 'code', name: code, facts }];
}
