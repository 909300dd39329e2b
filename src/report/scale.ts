/** An axis of seconds from 0 to `end`, in parts of its width. */
export interface Scale {
  end: number;
  /** Where there are lines and numbers. */
  ticks: number[];
}

/** Distances between ticks that people count in: seconds, minutes, hours, days. */
const NICE = [0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 43_200, 86_400];

/** At most five parts: more numbers have no room on a phone. */
export function scaleTo(end: number): Scale {
  const last = Math.max(0.1, Number.isFinite(end) ? end : 0);
  const step = NICE.find((one) => last / one <= 5) ?? Math.ceil(last / 5 / 86_400) * 86_400;
  const count = Math.floor(last / step + 1e-9);
  return { end: last, ticks: Array.from({ length: count + 1 }, (_, index) => index * step) };
}

/** Percent of the width. */
export function percent({ end }: Scale, seconds: number): number {
  return Math.round(Math.min(100, Math.max(0, (seconds / end) * 100)) * 100) / 100;
}

/** Units of time, the largest first. */
const UNITS = [
  ['d', 86_400],
  ['h', 3600],
  ['min', 60],
  ['s', 1],
] as const;

/** `7.1 s`, `12 min 5 s`, `3 h 2 min`. */
export function duration(seconds: number): string {
  if (seconds < 100) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  const first = UNITS.findIndex(([, length]) => whole >= length);
  let rest = whole;
  const parts = UNITS.slice(first, first + 2).flatMap(([name, length]) => {
    const count = Math.floor(rest / length);
    rest -= count * length;
    return count === 0 ? [] : [`${count} ${name}`];
  });
  return parts.join(' ');
}

/** A number at the axis. */
export function tickLabel(seconds: number, { ticks }: Scale): string {
  const step = (ticks[1] ?? 1) - (ticks[0] ?? 0);
  if (seconds >= 100) return duration(seconds);
  return `${step < 1 ? seconds.toFixed(1) : seconds} s`;
}
