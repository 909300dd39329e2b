/** One archive that apt knows: a URI with its suites. */
export interface AptSource {
  uri: string;
  suites: string[];
  components: string[];
  /** As apt takes it: a path, fingerprints, or an embedded key (lines after the first begin with a space). */
  signedBy?: string;
}

const DEBIAN_SUITES = /^(bullseye|bookworm|trixie|forky|duke|sid|oldoldstable|oldstable|stable|testing|unstable)$/;

/** `deb [signed-by=…] URI SUITE COMPONENT…` lines. */
export function parseOneLineStyle(text: string): AptSource[] {
  return text.split('\n').flatMap((line) => {
    const match = /^\s*deb\s+(?:\[([^\]]*)\]\s+)?(\S+)\s+(\S+)([^#]*)/.exec(line);
    if (match === null) return [];
    const [, options = '', uri = '', suite = '', rest = ''] = match;
    const signedBy = /(?:^|\s)signed-by=(\S+)/i.exec(options)?.[1];
    return [{ uri, suites: [suite], components: rest.split(/\s+/).filter(Boolean), ...(signedBy ? { signedBy } : {}) }];
  });
}

/** The deb822 format of `*.sources` files. */
export function parseDeb822(text: string): AptSource[] {
  const withoutComments = text.replace(/^#.*\n?/gm, '');
  return withoutComments.split(/\n(?:[ \t]*\n)+/).flatMap((stanza) => {
    const fields = new Map<string, string>();
    for (const [, key = '', value = ''] of stanza.matchAll(/^([A-Za-z-]+):[ \t]*(.*(?:\n[ \t].*)*)/gm)) {
      fields.set(key.toLowerCase(), value);
    }
    const words = (key: string) => (fields.get(key) ?? '').split(/\s+/).filter(Boolean);
    if (!words('types').includes('deb') || fields.get('enabled')?.trim() === 'no') return [];
    const signedBy = fields.get('signed-by')?.trimEnd();
    return words('uris').map((uri) => ({
      uri,
      suites: words('suites'),
      components: words('components'),
      ...(signedBy ? { signedBy } : {}),
    }));
  });
}

/** The Debian archive among them: others (HashiCorp's, PostgreSQL's) use Debian's suite names too. */
export function debianArchive(sources: readonly AptSource[]): AptSource | undefined {
  const score = (source: AptSource) =>
    (/\/debian\/?$/.test(source.uri) ? 2 : 0) + (source.signedBy?.includes('debian-archive') ? 1 : 0);
  return sources
    .filter(
      ({ suites, components }) => components.includes('main') && suites.some((suite) => DEBIAN_SUITES.test(suite)),
    )
    .filter((source) => score(source) > 0)
    .sort((a, b) => score(b) - score(a))[0];
}

/** An archive with another suite, as the text of a `.sources` file. */
export function sourcesFor(archive: AptSource, suite: string): string {
  const signed = archive.signedBy === undefined ? '' : `Signed-By: ${archive.signedBy}\n`;
  return `Types: deb\nURIs: ${archive.uri}\nSuites: ${suite}\nComponents: main\n${signed}`;
}
