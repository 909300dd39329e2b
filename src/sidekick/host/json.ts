import { visible } from './text.ts';

/** Deeper than any answer here. V8 takes 64 bytes for each list or object that is open. */
const DEPTH = 64;

/** JSON of bounded depth, and of no more lists and objects than these. Throws an Error with a message in one line. */
export function parseJson(text: string, most = 50_000): unknown {
  let depth = 0;
  let many = 0;
  let quoted = false;
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (quoted) {
      if (character === '\\') at++;
      else if (character === '"') quoted = false;
    } else if (character === '"') quoted = true;
    else if (character === ']' || character === '}') depth--;
    else if ((character === '[' || character === '{') && (++depth > DEPTH || ++many > most)) {
      throw new Error('too deep or too much');
    }
  }
  try {
    return JSON.parse(text);
  } catch {
    throw new Error(`not JSON: ${visible(text, 60)}`);
  }
}

/** An object's fields, each of which may be anything; throws unless it is one. */
export function fieldsOf(value: unknown, what: string): Record<string, unknown> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw new Error(`${what} is no object`);
}

/** A list; throws unless it is one, and no longer. */
export function wholeListOf(value: unknown, what: string, most: number): unknown[] {
  if (Array.isArray(value) && value.length <= most) return value as unknown[];
  throw new Error(`${what} is no list, or one of more than ${most}`);
}

/** A list within something else: Go writes an empty one as null, or not at all. */
export function listOf(value: unknown, what: string, most: number): unknown[] {
  return wholeListOf(value ?? [], what, most);
}

/** A text that this pattern allows; throws, with it shown, unless it is one. */
export function textOf(value: unknown, what: string, pattern: RegExp): string {
  if (typeof value === 'string' && pattern.test(value)) return value;
  throw new Error(`${what} is ${JSON.stringify(typeof value === 'string' ? visible(value, 60) : typeof value)}`);
}
