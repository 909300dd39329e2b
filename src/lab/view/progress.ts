import type { Seen } from './look.ts';

export interface Terminal {
  write(text: string): unknown;
  isTTY?: boolean;
  columns?: number;
}

/** A status line may hold anything: no control character reaches the terminal. */
function plain(text: string): string {
  return text.replace(/\p{Cc}+/gu, ' ');
}

function line({ host, step, status }: Seen): string {
  return plain(`${host.name.padEnd(16)} ${step.padEnd(10)} ${status}`).trimEnd();
}

/** One line per host: refreshed in place on a terminal, elsewhere appended when it has changed. */
export function progress(out: Terminal): (seen: readonly Seen[]) => void {
  const began = Date.now();
  const last = new Map<string, string>();
  let drawn = 0;
  return (seen) => {
    if (out.isTTY) {
      const width = Math.max(20, out.columns || 80) - 1;
      const lines = seen.map((one) => `\x1b[2K${line(one).slice(0, width)}\n`);
      out.write((drawn > 0 ? `\x1b[${drawn}A` : '') + lines.join(''));
      drawn = seen.length;
      return;
    }
    const seconds = ((Date.now() - began) / 1000).toFixed(1).padStart(6);
    for (const one of seen) {
      const text = line(one);
      if (last.get(one.host.name) !== text) out.write(`${seconds} s  ${text}\n`);
      last.set(one.host.name, text);
    }
  };
}
