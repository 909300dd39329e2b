import type { Place } from '../diagnostic/diagnostic.ts';
import { masked } from './secret.ts';

/** A text with its lines. Offsets count UTF-16 units from 0; `end` is exclusive. */
export interface Source {
  file: string;
  /** Without a byte order mark. */
  text: string;
  /** The place of a span, cut at the end of its first line, which is shown without its secrets. */
  at(start: number, end: number): Place;
  /** The place of what is found at the end of the text: the end of the last line that holds anything. */
  atFault(offset: number): Place;
}

export function toSource(raw: string, file: string): Source {
  const text = raw.startsWith('\u{feff}') ? raw.slice(1) : raw;
  const starts = lineStarts(text);
  // A line may be as long as the file, and have a hundred problems.
  const lines = new Map<string, string>();
  const shown = (line: string): string => {
    const text = lines.get(line) ?? masked(line);
    lines.set(line, text);
    return text;
  };

  const at = (start: number, end: number): Place => {
    const from = Math.max(0, Math.min(start, text.length));
    const index = lineIndex(starts, from);
    const lineStart = starts[index] ?? 0;
    const lineText = text.slice(lineStart, starts[index + 1] ?? text.length).replace(/(\r\n|\n|\r)$/, '');
    const column = Math.min(from - lineStart, lineText.length);
    const length = Math.max(0, Math.min(end - lineStart, lineText.length) - column);
    return { file, line: index + 1, column: column + 1, length, lineText: shown(lineText) };
  };

  return {
    file,
    text,
    at,
    atFault(offset) {
      const last = text.trimEnd().length;
      return offset >= last ? at(last, last) : at(offset, offset + 1);
    },
  };
}

function lineStarts(text: string): number[] {
  const starts = [0];
  for (const match of text.matchAll(/\r\n|\n|\r/g)) starts.push(match.index + match[0].length);
  return starts;
}

/** Index of the last start that is not after `offset`. */
function lineIndex(starts: readonly number[], offset: number): number {
  let low = 0;
  let high = starts.length - 1;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if ((starts[middle] ?? 0) <= offset) low = middle;
    else high = middle - 1;
  }
  return low;
}
