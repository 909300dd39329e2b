import { type Entry, STARTED, visible } from './journal.ts';

/** A cause for which a unit waited, each time that it did. */
export interface Wait {
  unit: string;
  cause: string;
  /** Seconds in all. */
  seconds: number;
  /** How often it began. */
  times: number;
  /** From when to when, in seconds; of very many some that follow each other are one. */
  spans: [from: number, to: number][];
  /** It waits still, at the end of the journal. */
  isOpen: boolean;
}

/** More different causes of one host, or times of one, nobody looks through; a journal may hold any number. */
const CAUSES = 60;
const SPANS = 100;

const WAITS = /^(?:waiting\b|refusing:|failed:)/;

interface Open {
  wait: Wait;
  since: number;
}

/** Each two that follow each other as one: no bar shows a hundred. */
function inPairs(spans: Wait['spans']): Wait['spans'] {
  return spans.flatMap(([from, to], index): Wait['spans'] =>
    index % 2 === 1 ? [] : [[from, spans[index + 1]?.[1] ?? to]],
  );
}

/** Collects the waits of one host, by the words of its units. */
export class Waits {
  readonly #all = new Map<string, Wait>();
  readonly #open = new Map<string, Open>();
  /** Causes that there was no room for. */
  left = 0;

  add({ unit, bySystemd, kind, text, at }: Entry): void {
    if (bySystemd) {
      if (kind === STARTED) this.#close(unit, at);
      return;
    }
    const cause = WAITS.test(text) ? visible(text.replace(/^waiting: /, ''), 300) : '';
    const open = this.#open.get(unit);
    if (open?.wait.cause === cause) return;
    this.#close(unit, at);
    if (cause !== '') this.#begin(unit, cause, at);
  }

  #begin(unit: string, cause: string, since: number): void {
    const key = `${unit} ${cause}`;
    const wait = this.#all.get(key) ?? { unit, cause, seconds: 0, times: 0, spans: [], isOpen: false };
    if (wait.times === 0 && this.#all.size >= CAUSES) {
      this.left += 1;
      return;
    }
    this.#all.set(key, wait);
    wait.times += 1;
    this.#open.set(unit, { wait, since });
  }

  #close(unit: string, at: number): void {
    const open = this.#open.get(unit);
    if (open === undefined) return;
    this.#open.delete(unit);
    const { wait, since } = open;
    wait.seconds += Math.max(0, at - since);
    if (wait.spans.length >= SPANS) wait.spans = inPairs(wait.spans);
    wait.spans.push([since, Math.max(at, since)]);
  }

  /** Ends what is open; all in the order in which they began. */
  end(at: number, isUp: boolean): Wait[] {
    for (const [unit, { wait }] of [...this.#open]) {
      wait.isOpen = !isUp;
      this.#close(unit, at);
    }
    return [...this.#all.values()];
  }
}
