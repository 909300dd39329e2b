import { constructFromEvents, EVENT_ID, parseEvents, YAMLException, type Event as YamlEvent } from 'js-yaml';
import type { Code } from '../diagnostic/codes.ts';
import { diagnose } from '../diagnostic/diagnose.ts';
import type { Diagnostic } from '../diagnostic/diagnostic.ts';
import { type Located, locate } from './locate.ts';
import type { Source } from './source.ts';

export const SIZE_LIMIT = 256 * 1024;
const DEPTH_LIMIT = 20;

export interface Parsed extends Omit<Located, 'diagnostics'> {
  value: unknown;
}

/** Messages of js-yaml in a user's words: message, hint. The first row that matches counts. */
const SYNTAX: readonly [RegExp, string, string][] = [
  [
    /deficient indentation|unexpected end of the stream/,
    'A bracket or a quote is not closed, or a line inside it is not indented.',
    'Close what is opened above this place, or indent the line.',
  ],
  [
    /bad indentation of a mapping|multiline key|expected ':'/,
    'This line does not fit the lines around it.',
    'Write `key: value` (with a space after the colon), indent like the keys beside it, and put a value that holds `: ` into quotes.',
  ],
  [
    /bad indentation of a sequence/,
    'This list item does not fit the items around it.',
    'Indent every `- ` of a list alike.',
  ],
  [/missed comma/, 'A comma is missing between two entries in brackets.', 'Put a comma between the entries.'],
  [
    /unknown escape|hexadecimal/,
    'An unknown escape in double quotes.',
    'Write `\\\\` for a backslash, or use single quotes.',
  ],
  [
    /%?YAML|directive|document separator/,
    'The text does not go on as YAML here.',
    'Check the indentation and the line above.',
  ],
];

/**
 * Reads one YAML document of plain mappings, lists and scalars (YAML 1.2 core schema).
 * `parsed` is missing when the text is no such document; `diagnostics` then says why.
 */
export function parseYaml(source: Source): { parsed?: Parsed; diagnostics: Diagnostic[] } {
  const refused = unfit(source);
  if (refused !== undefined) return { diagnostics: [refused] };
  let events: YamlEvent[];
  try {
    events = parseEvents(source.text, { maxDepth: DEPTH_LIMIT });
  } catch (error) {
    return { diagnostics: [notYaml(error, source)] };
  }
  const second = secondDocument(events, source);
  if (second !== undefined) return { diagnostics: [second] };
  if (isEmpty(events)) return { diagnostics: [empty(source)] };

  const { diagnostics, ...located } = locate(events, source);
  // Without aliases and tags there is no value to go on with; a key written twice leaves the rest readable.
  if (diagnostics.some(({ code }) => code !== 'duplicate-key')) return { diagnostics };
  try {
    const [value] = constructFromEvents(events, { source: source.text, json: true, maxAliases: 0 });
    return { parsed: { value, ...located }, diagnostics };
  } catch (error) {
    return { diagnostics: [...diagnostics, notYaml(error, source)] };
  }
}

function unfit(source: Source): Diagnostic | undefined {
  const { text } = source;
  const refuse = (code: Code, message: string, start: number, end: number) =>
    diagnose(code, { message, pointer: '', place: source.at(start, end) });
  if (text.length > SIZE_LIMIT || new TextEncoder().encode(text).length > SIZE_LIMIT) {
    return refuse('spec-too-large', `The text is larger than ${SIZE_LIMIT / 1024} KiB.`, 0, 0);
  }
  const control = /[^\P{Cc}\t\n\r\u0085]|[\u{feff}\u{fffe}\u{ffff}]|\p{Cs}/u.exec(text);
  if (control !== null) {
    const hex = (control[0].codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
    const end = control.index + control[0].length;
    return refuse('spec-control-character', `The text holds the character U+${hex}.`, control.index, end);
  }
  return text.trim() === '' ? empty(source) : blankFault(source);
}

/** No-break spaces and their like look like spaces, and YAML takes them for letters. Comments may hold them. */
function blankFault(source: Source): Diagnostic | undefined {
  const { text } = source;
  const found: number[] = [];
  for (const match of text.matchAll(/^[^\n\r]+/gm)) {
    const content = match[0].replace(/(^|[ \t])#.*$/su, '');
    for (const { index } of content.matchAll(/[\u0085\u200b-\u200d\u2060]|[^\P{Z} ]/gu))
      found.push(match.index + index);
  }
  const [first] = found;
  if (first === undefined) return undefined;
  const hex = (text.codePointAt(first) ?? 0).toString(16).toUpperCase().padStart(4, '0');
  const what = hex === '00A0' ? 'A no-break space (U+00A0)' : `The blank U+${hex}`;
  const more = found.length === 1 ? '' : `; there are ${found.length - 1} more such blanks`;
  const message = `${what} stands where YAML wants a space${more}.`;
  return diagnose('spec-blank', { message, pointer: '', place: source.at(first, first + 1) });
}

function empty(source: Source): Diagnostic {
  const message = source.text.trim() === '' ? 'There is no text.' : 'There is nothing but comments.';
  return diagnose('spec-empty', { message, pointer: '', place: source.at(0, 0) });
}

function isEmpty(events: readonly YamlEvent[]): boolean {
  const content = events.find((event) => event.type !== EVENT_ID.DOCUMENT && event.type !== EVENT_ID.POP);
  return content === undefined || (content.type === EVENT_ID.SCALAR && content.valueStart < 0 && content.tagStart < 0);
}

function secondDocument(events: readonly YamlEvent[], source: Source): Diagnostic | undefined {
  const index = events.findIndex((event, at) => at > 0 && event.type === EVENT_ID.DOCUMENT);
  if (index === -1) return undefined;
  const last = Math.max(0, ...events.slice(0, index).map((event) => ('valueEnd' in event ? event.valueEnd : 0)));
  // Under the first document's own `---` when it has no content at all.
  const from = last === 0 ? source.text.indexOf('---') + 3 : last;
  const marker = /^---/m.exec(source.text.slice(from));
  const next = events.slice(index).find((event) => 'start' in event || 'valueStart' in event);
  const offset = marker !== null ? from + marker.index : next === undefined ? from : startOf(next, from);
  const message = 'A second YAML document starts here; one is wanted.';
  return diagnose('yaml-several-documents', { message, pointer: '', place: source.at(offset, offset + 3) });
}

function startOf(event: YamlEvent, fallback: number): number {
  if ('start' in event) return event.start;
  return 'valueStart' in event && event.valueStart >= 0 ? event.valueStart : fallback;
}

function notYaml(error: unknown, source: Source): Diagnostic {
  if (!(error instanceof YAMLException)) throw error;
  const offset = error.mark?.position ?? 0;
  const place = source.atFault(offset);
  const reason = error.reason;
  const tab = /^ *\t/.exec(place.lineText);
  if (tab !== null || /tab characters/.test(reason)) {
    const column = tab === null ? place.column : tab[0].length;
    const message = 'A tab stands where the line is indented.';
    return diagnose('yaml-tab', { message, pointer: '', place: { ...place, column, length: 1 } });
  }
  if (/maxDepth/.test(reason)) {
    return diagnose('yaml-too-deep', { message: `More than ${DEPTH_LIMIT} levels.`, pointer: '', place });
  }
  const [, message, hint] = SYNTAX.find(([pattern]) => pattern.test(reason)) ?? [];
  return diagnose('yaml-syntax', {
    message: message === undefined ? `Not YAML: ${reason}.` : `${message} (${reason})`,
    pointer: '',
    place,
    detail: { hint: hint ?? 'Check this line and the one above; put values with special characters into quotes.' },
  });
}
