import type { Diagnostic } from '../diagnostic/diagnostic.ts';

/** Each diagnostic as `code: marked text`. */
export const marked = (diagnostics: readonly Diagnostic[]): string[] =>
  diagnostics.map(({ code, place }) => {
    const { lineText = '', column = 0, length = 0 } = place ?? {};
    return `${code}: ${lineText.slice(column - 1, column - 1 + length)}`;
  });
