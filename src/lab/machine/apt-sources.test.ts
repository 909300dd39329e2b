import test from 'ava';
import { debianArchive, parseDeb822, parseOneLineStyle, sourcesFor } from './apt-sources.ts';

const KEY = '/usr/share/keyrings/debian-archive-keyring.gpg';

test('one-line style', (t) => {
  const text = `# deb http://old.example/debian stretch main
deb [arch=amd64 signed-by=${KEY}] http://mirror.example/debian bookworm main contrib # ours
deb-src http://mirror.example/debian bookworm main
  deb http://mirror.example/debian-security bookworm-security main
`;
  t.deepEqual(parseOneLineStyle(text), [
    { uri: 'http://mirror.example/debian', suites: ['bookworm'], components: ['main', 'contrib'], signedBy: KEY },
    { uri: 'http://mirror.example/debian-security', suites: ['bookworm-security'], components: ['main'] },
  ]);
});

test('deb822: comments, several URIs and suites, an embedded key, what is switched off', (t) => {
  const text = `Types: deb deb-src
# URIs: http://commented.example/debian
URIs: http://a.example/debian http://b.example/debian
Suites: bookworm bookworm-updates
Components: main
Signed-By:
 -----BEGIN PGP PUBLIC KEY BLOCK-----
 .
 abc

Types: deb
Enabled: no
URIs: http://off.example/debian
Suites: bookworm
Components: main
`;
  const signedBy = '\n -----BEGIN PGP PUBLIC KEY BLOCK-----\n .\n abc';
  const common = { suites: ['bookworm', 'bookworm-updates'], components: ['main'], signedBy };
  t.deepEqual(parseDeb822(text), [
    { uri: 'http://a.example/debian', ...common },
    { uri: 'http://b.example/debian', ...common },
  ]);
  t.deepEqual(parseDeb822(sourcesFor({ uri: 'http://a.example/debian', ...common }, 'trixie')), [
    { uri: 'http://a.example/debian', suites: ['trixie'], components: ['main'], signedBy },
  ]);
});

test('the Debian archive is told from others that use its suite names', (t) => {
  const source = (uri: string, suite: string, component = 'main') => ({
    uri,
    suites: [suite],
    components: [component],
  });
  const debian = source('http://mirror.example/debian/', 'bookworm');
  const others = [
    source('http://vendor.example', 'bookworm'),
    source('http://docker.example/linux/debian', 'bookworm', 'stable'),
    source('http://mirror.example/debian-security', 'bookworm-security'),
    source('http://pg.example/debian', 'bookworm-pgdg'),
  ];
  t.is(debianArchive([...others, debian]), debian);
  t.is(debianArchive(others), undefined);
});
