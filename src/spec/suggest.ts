/** Two spellings are alike when they differ in case, `-` and `_` alone. */
const bare = (word: string) => word.toLowerCase().replaceAll(/[-_ ]/g, '');

/**
 * The candidate that `word` is most likely meant to be, or undefined. Counts letters inserted, left out, changed or
 * swapped; accepts about one in three, at most three. A beginning of three letters or more of just one candidate counts too.
 */
export function nearest(word: string, candidates: readonly string[]): string | undefined {
  const typed = bare(word).slice(0, 60);
  if (typed === '') return undefined;
  const limit = Math.min(3, Math.max(1, Math.floor(typed.length / 3)));
  let best: { candidate: string; distance: number } | undefined;
  for (const candidate of candidates) {
    const meant = bare(candidate);
    if (Math.abs(meant.length - typed.length) > limit) continue;
    const distance = editDistance(typed, meant);
    // A word of two letters is one letter away from too many others.
    if (distance > limit || distance >= Math.min(typed.length, meant.length)) continue;
    if (best === undefined || distance < best.distance) best = { candidate, distance };
  }
  if (best !== undefined) return best.candidate;
  const begun = candidates.filter((candidate) => typed.length >= 3 && bare(candidate).startsWith(typed));
  return begun.length === 1 ? begun[0] : undefined;
}

/** Optimal string alignment distance: Levenshtein's, with a swap of neighbours as one step. */
export function editDistance(left: string, right: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (let row = 1; row <= left.length; row++) {
    const current = [row];
    for (let column = 1; column <= right.length; column++) {
      const same = left[row - 1] === right[column - 1];
      let cost = Math.min(
        (last[column] ?? 0) + 1,
        (current[column - 1] ?? 0) + 1,
        (last[column - 1] ?? 0) + (same ? 0 : 1),
      );
      const swapped = left[row - 1] === right[column - 2] && left[row - 2] === right[column - 1];
      if (row > 1 && column > 1 && swapped) cost = Math.min(cost, (beforeLast[column - 2] ?? 0) + 1);
      current.push(cost);
    }
    beforeLast = last;
    last = current;
  }
  return last[right.length] ?? 0;
}
