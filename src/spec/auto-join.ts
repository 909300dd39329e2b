/** One entry of `consul.join` for cloud auto-join, as Consul's library reads it (hashicorp/go-discover, config.go). */
export type AutoJoin = ReadonlyMap<string, string>;

/** Consul takes whatever holds `provider=` for cloud auto-join. */
export const isAddress = (entry: string) => !entry.includes('provider=');

/**
 * `key=value key="some value" …`. Double quotes hold blanks, `=` and escapes; single quotes are plain characters, so a
 * blank ends the value. Consul itself also takes blanks around `=` and quoted keys: here they are malformed.
 *
 * @returns the options in their order, or the first part that is none
 */
export function parseAutoJoin(entry: string): AutoJoin | { malformed: string } {
  const options = new Map<string, string>();
  // A part ends at a blank that is not in double quotes.
  for (const part of entry.match(/(?:"(?:\\.|[^"\\])*"|[^ ])+/g) ?? []) {
    const { key = '', value = '' } = /^(?<key>[a-z][a-z0-9_-]*)=(?<value>.+)$/.exec(part)?.groups ?? {};
    const text = unquoted(value);
    if (text === undefined || options.has(key)) return { malformed: part };
    options.set(key, text);
  }
  return options;
}

/** Undefined for what Consul refuses. Its escapes are Go's; those of JSON are the ones worth having. */
function unquoted(value: string): string | undefined {
  if (!value.startsWith('"')) return value === '' || value.includes('=') ? undefined : value;
  try {
    return String(JSON.parse(value));
  } catch {
    return undefined;
  }
}

/** The entries of `consul.join` that ask AWS. */
export function awsAutoJoins(join: readonly string[]): AutoJoin[] {
  return join
    .filter((entry) => !isAddress(entry))
    .map(parseAutoJoin)
    .filter((options): options is AutoJoin => !('malformed' in options) && options.get('provider') === 'aws');
}
