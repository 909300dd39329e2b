/**
 * Fills the holes `@{name}` of a template. Throws on a hole without a value and on a value without a hole: both are
 * mistakes of ours.
 */
export function fill(template: string, values: Record<string, string>): string {
  const unused = new Set(Object.keys(values));
  const filled = template.replace(/@\{([a-z0-9-]*)\}/g, (hole, name: string) => {
    const value = values[name];
    if (value === undefined) throw new Error(`unknown hole ${hole}`);
    unused.delete(name);
    return value;
  });
  if (unused.size > 0) throw new Error(`no hole for ${[...unused].join(', ')}`);
  return filled;
}
