/** Numbers in [0, 1) that a seed decides (mulberry32): the same order can be had again. */
export function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** How many seconds after the first each of `count` hosts starts: spread evenly at random over `seconds`. */
export function startDelays(count: number, seconds: number, seed: number): number[] {
  const next = random(seed);
  return Array.from({ length: count }, () => next() * seconds);
}
