import type { Place } from './diagnostic.ts';

const TAB = '    ';
const WIDTH = 100;
/** How many characters on each side of a place are looked at: a line may be as long as the file. */
const REACH = 4 * WIDTH;
const wide =
  /\p{Extended_Pictographic}|[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]/u;

interface Cell {
  text: string;
  width: number;
  /** Index of its first UTF-16 unit in the line. */
  index: number;
}

/**
 * The line of `place` as a terminal shows it, and a second line that marks the span: `^` for one column or less,
 * `~~~` for more. Tabs are shown as four spaces, control characters as one mark each; a line wider than 100
 * columns is cut to a window around the span, with `…` at each cut.
 */
export function excerpt(place: Place): { line: string; mark: string } {
  const first = place.column - 1;
  const end = Math.max(first + 1, first + place.length);
  const from = Math.max(0, first - REACH);
  const to = Math.min(place.lineText.length, first + REACH);
  const cells = toCells(place.lineText.slice(from, to), from);
  const before = cells.filter((cell) => cell.index < first);
  const span = cells.filter((cell) => cell.index >= first && cell.index < end);
  const after = cells.filter((cell) => cell.index >= end);

  const isWhole = from === 0 && to === place.lineText.length;
  if (isWhole && width(cells) <= WIDTH) return show(before, span, after, '', '');

  const shown = takeStart(span, WIDTH - 20);
  const isCut = shown.length < span.length || end > to;
  const room = WIDTH - width(shown) - 2;
  const tail = isCut ? [] : takeStart(after, Math.max(room - width(before), Math.floor(room / 2)));
  const head = takeEnd(before, room - width(tail));
  const left = head.length < before.length || from > 0 ? '…' : '';
  const right = isCut || tail.length < after.length || to < place.lineText.length ? '…' : '';
  return show(head, shown, tail, left, right);
}

function show(before: Cell[], span: Cell[], after: Cell[], left: string, right: string) {
  const columns = width(span);
  return {
    line: left + text(before) + text(span) + text(after) + right,
    mark: ' '.repeat(left.length + width(before)) + (columns <= 1 ? '^' : '~'.repeat(columns)),
  };
}

function toCells(part: string, start: number): Cell[] {
  const cells: Cell[] = [];
  let index = start;
  for (const character of part) {
    cells.push({ ...look(character), index });
    index += character.length;
  }
  return cells;
}

function look(character: string): { text: string; width: number } {
  if (character === '\t') return { text: TAB, width: TAB.length };
  if (/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u.test(character)) return { text: '\u{fffd}', width: 1 };
  if (/[\p{Mn}\p{Me}]/u.test(character)) return { text: character, width: 0 };
  return { text: character, width: wide.test(character) ? 2 : 1 };
}

const width = (cells: readonly Cell[]) => cells.reduce((sum, cell) => sum + cell.width, 0);
const text = (cells: readonly Cell[]) => cells.map((cell) => cell.text).join('');

function takeStart(cells: Cell[], room: number): Cell[] {
  let used = 0;
  const end = cells.findIndex((cell) => {
    used += cell.width;
    return used > room;
  });
  return end === -1 ? cells : cells.slice(0, end);
}

function takeEnd(cells: Cell[], room: number): Cell[] {
  return takeStart([...cells].reverse(), room).reverse();
}
