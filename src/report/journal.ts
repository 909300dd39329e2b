/** One line of a journal, of which little is needed. Its text is anybody's. */
export interface Entry {
  /** Seconds of the monotonic clock, and since 1970 by the clock on the wall. */
  at: number;
  clock: number;
  boot: string;
  machine: string;
  host: string;
  /** The unit that speaks, or of which systemd speaks. */
  unit: string;
  bySystemd: boolean;
  /** The kind of message, where systemd says one. */
  kind: string;
  text: string;
}

/** Kinds of systemd's messages (sd-messages.h): a unit is to start once more; it has been started, a oneshot to its end. */
export const RESTARTED = '5eb03494b6584870a536b337290809b3';
export const STARTED = '39f53479d3a045ac8e11786248231fbf';

/** Longer text decides nothing here, and nobody reads it. */
const MOST = 4000;

/** A field as text: it may also be bytes, several values, or null where it was too long for `journalctl`. */
function textOf(field: unknown): string {
  if (typeof field === 'string') return field.slice(0, MOST);
  if (!Array.isArray(field)) return '';
  const [first] = field as unknown[];
  if (typeof first !== 'number') return textOf(first);
  const bytes = (field as unknown[]).slice(0, MOST).map((byte) => (typeof byte === 'number' ? byte : 0));
  return new TextDecoder().decode(Uint8Array.from(bytes));
}

/** Microseconds as seconds. */
function secondsOf(field: unknown): number | undefined {
  const text = textOf(field);
  return /^\d{1,17}$/.test(text) ? Number(text) / 1e6 : undefined;
}

/** A line of `journalctl -o json`; undefined when it is none. */
export function entryOf(line: string): Entry | undefined {
  let fields: Record<string, unknown>;
  try {
    const value: unknown = JSON.parse(line);
    if (typeof value !== 'object' || value === null) return undefined;
    fields = value as Record<string, unknown>;
  } catch {
    return undefined;
  }
  const at = secondsOf(fields['__MONOTONIC_TIMESTAMP']);
  const clock = secondsOf(fields['__REALTIME_TIMESTAMP']);
  if (at === undefined || clock === undefined) return undefined;
  // Fields that begin with `_` are the journal's own word: any process can say `UNIT`.
  const bySystemd = textOf(fields['_PID']) === '1';
  return {
    at,
    clock,
    boot: textOf(fields['_BOOT_ID']),
    machine: textOf(fields['_MACHINE_ID']),
    host: textOf(fields['_HOSTNAME']),
    unit: textOf(bySystemd ? fields['UNIT'] : fields['_SYSTEMD_UNIT']),
    bySystemd,
    kind: bySystemd ? textOf(fields['MESSAGE_ID']) : '',
    text: textOf(fields['MESSAGE']),
  };
}

/** Text of others as one line of visible characters: nothing in it moves, hides or turns round what stands beside it. */
export function visible(text: string, most: number): string {
  const line = text
    .slice(0, 4 * most)
    .replace(/[\p{Cc}\p{Cf}\p{Co}\p{Z}]+/gu, ' ')
    .replace(/\p{Cs}/gu, '\u{fffd}')
    // A tower of accents covers the lines above.
    .replace(/(\p{Mn}{2})\p{Mn}+/gu, '$1')
    .trim();
  const letters = [...line];
  return letters.length > most ? `${letters.slice(0, most - 1).join('')}…` : line;
}
