import type { Place } from '../shared/ports.ts';
import { readIfThere } from './durable.ts';

/** Each as JSON. */
const shape: Record<keyof Place, RegExp> = {
  location: /^"[^"]/,
  mounted: /^(true|false)$/,
  incarnation: /^"[\w.-]{1,128}"$/,
  nonce: /^"[\w-]{1,64}"$/,
  memberId: /^"[0-9a-f]{16}"$/,
  lineage: /^"[0-9a-f]{16}"$/,
  generation: /^\d{1,15}$/,
  ran: /^(true|undefined)$/,
};

/** Undefined when there is none; throws with its name when it is not one: what was launched here is then not known. */
export function readPlace(path: string): Place | undefined {
  const text = readIfThere(path);
  if (text === undefined) return undefined;
  try {
    const place = JSON.parse(text) as Place;
    const isSo = ([name, pattern]: [string, RegExp]) => pattern.test(JSON.stringify(place[name as keyof Place]));
    if (Object.entries(shape).every(isSo)) return place;
  } catch {}
  throw new Error(`${path} is malformed: if no volume is missing, or its data is lost for good: rm ${path}`);
}
