import { readFileSync } from 'node:fs';
import test from 'ava';
import type { Wanted } from '../../spec/locked.ts';
import { findInJson } from './json-index.ts';
import { ReleaseError } from './release-error.ts';

const sha256 = 'ab'.repeat(32);
const wanted: Wanted = { program: 'etcd', version: '3.5.16', arch: 'amd64', pointer: '' };
const release = { program: 'etcd', version: '3.5.16', arch: 'amd64', url: 'https://example.com/etcd.tar.gz', sha256 };
const own = (...releases: object[]) => JSON.stringify({ format: 1, releases });
const find = (text: string, where = 'https://example.com/r/index.json', what = wanted) => findInJson(text, where, what);

test('a release with its hash, in lower case whatever the index has', (t) => {
  const found = { url: release.url, sha256, sums: undefined };
  t.deepEqual(find(own({ ...release, version: '3.5.17' }, { ...release, arch: 'arm64' }, release)), found);
  t.is(find(own({ ...release, sha256: sha256.toUpperCase() })).sha256, sha256);
});

test('one entry for all versions and architectures; what is said of one version counts first', (t) => {
  const all = {
    program: 'etcd',
    url: 'https://example.com/v{version}/etcd-{arch}.tar.gz',
    sums: 'SHA256SUMS-{version}',
  };
  t.deepEqual(find(own(all)), {
    url: 'https://example.com/v3.5.16/etcd-amd64.tar.gz',
    sums: 'https://example.com/v3.5.16/SHA256SUMS-3.5.16',
    sha256: undefined,
  });
  t.is(find(own(all, release)).url, release.url);
  t.is(find(own(all, { ...release, version: '3.5.15' })).url, 'https://example.com/v3.5.16/etcd-amd64.tar.gz');
});

test('URLs relative to the index, where it has a URL', (t) => {
  t.is(find(own({ ...release, url: 'etcd/a b.tar.gz' })).url, 'https://example.com/r/etcd/a%20b.tar.gz');
  t.is(find(own({ ...release, url: '/x' }), 'http://127.0.0.1:8080/i?q').url, 'http://127.0.0.1:8080/x');
});

const refuses = test.macro<[text: string, expected: RegExp, where?: string]>((t, text, expected, where) => {
  const error = t.throws(() => find(text, where), { instanceOf: ReleaseError, message: expected });
  t.regex(error?.advice ?? '', /\.$/);
});

test('no JSON', refuses, '<html>', /index\.json is not JSON: /);
test('another thing', refuses, '[]', /is no index of releases: the top level must be object/);
test('another format', refuses, '{"format": 2, "releases": []}', /: \/format must be/);
test('an unknown key', refuses, own({ ...release, md5: 'x' }), /: \/releases\/0 must NOT have additional/);
test('a hash that is none', refuses, own({ ...release, sha256: 'zz' }), /: \/releases\/0\/sha256 must match/);
test(
  'not there',
  refuses,
  own(
    { ...release, version: '3.5.9' },
    { ...release, version: '3.5.10' },
    { ...release, program: 'socat', version: '3.5.16' },
  ),
  /has no etcd 3\.5\.16 for amd64; it has 3\.5\.10, 3\.5\.9$/,
);
test(
  'for another architecture',
  refuses,
  own({ ...release, arch: 'arm64' }),
  /has no etcd 3\.5\.16 for amd64; it has 3\.5\.16$/,
);
test('nothing at all', refuses, own(), /has no etcd 3\.5\.16 for amd64$/);
test(
  'twice',
  refuses,
  own(release, { ...release, url: 'https://example.com/b' }),
  /has 2 files of etcd .*etcd\.tar\.gz, https:\/\/example\.com\/b/,
);
test(
  'for all, and no hole',
  refuses,
  own({ program: 'etcd', version: '3.5.16', url: 'https://x/a' }),
  /without arch has neither that nor \{arch\} in its URL/,
);
test(
  'for all, with one hash',
  refuses,
  own({ program: 'etcd', url: 'https://x/{version}/{arch}', sha256 }),
  /without version and arch has one hash for several/,
);
test(
  'a relative URL in a file',
  refuses,
  own({ ...release, url: 'etcd' }),
  /`etcd` is no URL, and there is nothing/,
  'index.json',
);
test('a URL that is none', refuses, own({ ...release, url: 'https://[' }), /`https:\/\/\[` is no URL/);

/** As https://releases.hashicorp.com/consul/index.json is, cut to two versions (hashicorp/hc-install, read 2026-11-25). */
const build = (version: string, os: string, arch: string, ending = 'zip') => {
  const filename = `consul_${version}_${os}_${arch}.${ending}`;
  return {
    name: 'consul',
    version,
    os,
    arch,
    filename,
    url: `https://releases.hashicorp.com/consul/${version}/${filename}`,
  };
};
const product = (name: string, ...builds: object[]) =>
  JSON.stringify({
    name,
    versions: Object.fromEntries(
      ['1.20.1', '1.20.1+ent', '1.9.0'].map((version) => [
        version,
        {
          name,
          version,
          shasums: `${name}_${version}_SHA256SUMS`,
          shasums_signature: `${name}_${version}_SHA256SUMS.sig`,
          builds: [
            build(version, 'darwin', 'amd64'),
            build(version, 'linux', '386'),
            build(version, 'linux', 'arm64'),
            ...builds,
          ],
        },
      ]),
    ),
  });
const consul: Wanted = { program: 'consul', version: '1.20.1', arch: 'amd64', pointer: '' };
const hashicorp = 'https://releases.hashicorp.com/consul/index.json';

test("HashiCorp's own index", (t) => {
  const text = product('consul', build('1.20.1', 'linux', 'amd64'), build('1.20.1', 'linux', 'amd64', 'deb'));
  t.deepEqual(find(text, hashicorp, consul), {
    url: 'https://releases.hashicorp.com/consul/1.20.1/consul_1.20.1_linux_amd64.zip',
    sums: 'https://releases.hashicorp.com/consul/1.20.1/consul_1.20.1_SHA256SUMS',
  });
  const enterprise = { ...consul, version: '1.20.1+ent', arch: 'arm64' as const };
  t.regex(find(text, hashicorp, enterprise).url, /consul_1\.20\.1\+ent_linux_arm64\.zip$/);
  t.throws(() => find(product('consul'), hashicorp, consul), {
    message: /has no consul 1\.20\.1 for amd64; it has 1\.20\.1\+ent, 1\.20\.1, 1\.9\.0$/,
  });
  t.throws(() => find(text, hashicorp, { ...consul, version: 'constructor' }), {
    message: /has no consul constructor/,
  });
  t.throws(() => find(product('nomad'), hashicorp, consul), { message: /is the index of nomad, not of consul/ });
  t.throws(() => find('{"name": "consul", "versions": {"1": {}}}', hashicorp, consul), {
    message: /no index of releases: \/versions\/1 must/,
  });
});

test('the entries that the document shows', (t) => {
  const text = readFileSync(new URL('../../../docs/artifacts.md', import.meta.url), 'utf8');
  const [entry = '', whole = ''] = [...text.matchAll(/```json\n([\s\S]*?)```/g)].map(([, block]) => block);
  t.is(
    find(`{"format": 1, "releases": [${entry}]}`).sums,
    'https://github.com/etcd-io/etcd/releases/download/v3.5.16/SHA256SUMS',
  );
  const sidekick: Wanted = { program: 'sidekick', version: '0.1.0', arch: 'amd64', pointer: '' };
  t.is(find(whole, 'index.json', sidekick).url, 'https://files.example/sidekick/0.1.0/etcd-sidekick-x64');
});
