type Mapping = Readonly<Record<string, unknown>>;

const isMapping = (value: unknown): value is Mapping =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * Two cloud-configs in one, as cloud-init merges parts by `list(append)+dict(no_replace,recurse_list)+str()` (cloud-init, doc/rtd/reference/merging.rst):
 * lists are appended, mappings joined, and what is there stays. By its default a later part would take the place of our lists.
 */
export function joined(first: object, second: object): object {
  const result: Record<string, unknown> = { ...first };
  for (const [key, value] of Object.entries(second)) {
    const before = result[key];
    if (before === undefined) result[key] = value;
    else if (Array.isArray(before) && Array.isArray(value)) result[key] = [...before, ...value];
    else if (isMapping(before) && isMapping(value)) result[key] = joined(before, value);
  }
  return result;
}
