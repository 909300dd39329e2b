import { EVENT_ID, getScalarValue, SCALAR_STYLE, type ScalarEvent, type Event as YamlEvent } from 'js-yaml';
import type { Code } from '../diagnostic/codes.ts';
import { diagnose } from '../diagnostic/diagnose.ts';
import type { Diagnostic } from '../diagnostic/diagnostic.ts';
import { child, quoted } from './pointer.ts';
import type { Source } from './source.ts';

/** Offsets into the text, `end` exclusive. */
interface Range {
  start: number;
  end: number;
}

/** Where a value stands, and its key if it has one. An empty value (`key:` and nothing) has no range. */
export interface Spot {
  key?: Range;
  value?: Range;
}

export interface Located {
  spots: Map<string, Spot>;
  diagnostics: Diagnostic[];
  /** Pointers of keys that are written twice: what stands there is not to be trusted. */
  duplicates: string[];
}

type Frame =
  | { kind: 'document' }
  | { kind: 'list'; pointer: string; index: number }
  | { kind: 'map'; pointer: string; seen: Map<string, Range>; key?: { pointer: string; range: Range } };

/**
 * Walks the events of one document: where every value and key stands, and a diagnostic for each YAML feature that a
 * spec does not have (anchors, aliases, tags, merge keys, keys that are no plain text) and for each key written twice.
 */
export function locate(events: readonly YamlEvent[], source: Source): Located {
  const spots = new Map<string, Spot>();
  const diagnostics: Diagnostic[] = [];
  const duplicates: string[] = [];
  const frames: Frame[] = [];
  const open: string[] = [];

  const refuse = (code: Code, message: string, range: Range, pointer: string) =>
    diagnostics.push(diagnose(code, { message, pointer, place: source.at(range.start, range.end) }));

  /** Takes a node's place: gives its pointer, or undefined when the node is a key. */
  const enter = (range: Range | undefined, event: YamlEvent): string | undefined => {
    const frame = frames.at(-1);
    if (frame === undefined || frame.kind === 'document') return remember('', { ...(range && { value: range }) });
    if (frame.kind === 'list') {
      const pointer = child(frame.pointer, frame.index++);
      return remember(pointer, { ...(range && { value: range }) });
    }
    if (frame.key !== undefined) {
      const { pointer, range: key } = frame.key;
      delete frame.key;
      return remember(pointer, { key, ...(range && { value: range }) });
    }
    enterKey(frame, range ?? { start: 0, end: 0 }, event);
    return undefined;
  };

  const enterKey = (frame: Frame & { kind: 'map' }, range: Range, event: YamlEvent) => {
    if (event.type !== EVENT_ID.SCALAR || event.valueStart < 0) {
      frame.key = { pointer: child(frame.pointer, ''), range };
      if (event.type !== EVENT_ID.ALIAS) refuse('yaml-key', 'A key must be a plain word.', range, frame.pointer);
      return;
    }
    const name = getScalarValue(source.text, event);
    const pointer = child(frame.pointer, name);
    const first = frame.seen.get(name);
    frame.key = { pointer, range };
    if (name === '<<' && event.style === SCALAR_STYLE.PLAIN) {
      refuse('yaml-merge-key', 'Merge keys (`<<`) are not allowed.', range, pointer);
    } else if (first === undefined) {
      frame.seen.set(name, range);
    } else {
      const line = source.at(first.start, first.end).line;
      refuse('duplicate-key', `\`${quoted(name)}\` is written twice: first in line ${line}.`, range, pointer);
      duplicates.push(pointer);
    }
  };

  const remember = (pointer: string, spot: Spot): string => {
    spots.set(pointer, spot);
    // A block's end is not in its event: every node inside stretches what is open around it.
    if (spot.value !== undefined) for (const outer of open) stretch(spots.get(outer), spot.value.end);
    return pointer;
  };

  for (const event of events) {
    if (event.type === EVENT_ID.POP) {
      if (frames.pop()?.kind !== 'document') closeFlow(spots.get(open.pop() ?? ''), source.text);
      continue;
    }
    if (event.type === EVENT_ID.DOCUMENT) {
      frames.push({ kind: 'document' });
      continue;
    }
    const range = rangeOf(event);
    const pointer = enter(range, event);
    refuseProperties(event, pointer ?? '', refuse);
    if (event.type === EVENT_ID.MAPPING || event.type === EVENT_ID.SEQUENCE) {
      // A collection as a key was refused above; its inside gets pointers that nothing asks for.
      const inner = pointer ?? remember('/?', {});
      open.push(inner);
      frames.push(
        event.type === EVENT_ID.MAPPING
          ? { kind: 'map', pointer: inner, seen: new Map() }
          : { kind: 'list', pointer: inner, index: 0 },
      );
    }
  }
  return { spots, diagnostics, duplicates };
}

type Refuse = (code: Code, message: string, range: Range, pointer: string) => void;

function refuseProperties(event: YamlEvent, pointer: string, refuse: Refuse) {
  if (!('anchorStart' in event)) return;
  const range = { start: event.anchorStart - 1, end: event.anchorEnd };
  if (event.type === EVENT_ID.ALIAS) {
    refuse('yaml-alias', 'Aliases (`*name`) are not allowed.', range, pointer);
    return;
  }
  if (event.anchorStart >= 0) refuse('yaml-anchor', 'Anchors (`&name`) are not allowed.', range, pointer);
  if (event.tagStart >= 0) {
    refuse('yaml-tag', 'Tags (`!name`) are not allowed.', { start: event.tagStart, end: event.tagEnd }, pointer);
  }
}

function rangeOf(event: YamlEvent): Range | undefined {
  if (event.type === EVENT_ID.SCALAR) return scalarRange(event);
  if (event.type === EVENT_ID.ALIAS) return { start: event.anchorStart - 1, end: event.anchorEnd };
  return 'start' in event ? { start: event.start, end: event.start + 1 } : undefined;
}

function scalarRange({ valueStart, valueEnd, style }: ScalarEvent): Range | undefined {
  if (valueStart < 0) return undefined;
  const isQuoted = style === SCALAR_STYLE.SINGLE_QUOTED || style === SCALAR_STYLE.DOUBLE_QUOTED;
  return isQuoted ? { start: valueStart - 1, end: valueEnd + 1 } : { start: valueStart, end: valueEnd };
}

function stretch(spot: Spot | undefined, end: number) {
  if (spot?.value !== undefined && spot.value.end < end) spot.value.end = end;
}

/** A flow collection ends with its bracket, when nothing but spaces is before it. */
function closeFlow(spot: Spot | undefined, text: string) {
  if (spot?.value === undefined) return;
  const closing = { '[': ']', '{': '}' }[text[spot.value.start] ?? ''];
  if (closing === undefined) return;
  let end = spot.value.end;
  while (' \t\r\n,'.includes(text[end] ?? '?')) end++;
  if (text[end] === closing) spot.value.end = end + 1;
}
