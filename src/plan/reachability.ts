/** Small questions about a directed graph given as its edges. */
interface Edge {
  before: string;
  after: string;
}

/** Everything that comes after `start`; `start` itself only where it lies on a loop. */
export function reaches(edges: Edge[], start: string): Set<string> {
  const found = new Set<string>();
  const queue = [start];
  for (const node of queue) {
    for (const { before, after } of edges) {
      if (before !== node || found.has(after)) continue;
      found.add(after);
      queue.push(after);
    }
  }
  return found;
}

/** Transitive reduction: what is left says the same order with the fewest edges. For graphs without a loop. */
export function reduced<E extends Edge>(edges: E[]): E[] {
  return edges.filter(({ before, after }) => {
    const others = edges.filter((edge) => edge.before === before && edge.after !== after);
    return !others.some((edge) => reaches(edges, edge.after).has(after));
  });
}
