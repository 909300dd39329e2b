import test from 'ava';
import { marked } from '../marked-testing.ts';
import { readSpec } from '../read.ts';

const LINES = {
  version: 'version: 1',
  cluster: 'cluster: {name: mycluster, size: 3}',
  targets: 'targets: [aws]',
  address: 'address: {metadata: ec2}',
  consul: 'consul: {servers: members, join: [provider=aws tag_key=etcd tag_value=mycluster]}',
  etcd: 'etcd: {version: 3.7.3}',
  tls: 'tls: off',
};

type Changes = Partial<Record<keyof typeof LINES | 'programs', string>>;

const sha = 'ab'.repeat(32);
const read = (changes: Changes) =>
  readSpec(`${Object.values({ ...LINES, ...changes }).join('\n')}\n`, 'cluster.yaml', ['aws']).diagnostics;

/** Each diagnostic as `code: marked text`. */
const finds = test.macro<[changes: Changes, ...expected: string[]]>({
  exec(t, changes, ...expected) {
    const found = marked(read(changes));
    t.deepEqual(found, expected);
  },
  title: (_, changes, ...expected) => `${expected.join(', ') || 'nothing'} in ${Object.values(changes).join(' / ')}`,
});

const advises = test.macro<[changes: Changes, remedy: RegExp]>({
  exec(t, changes, remedy) {
    const remedies = read(changes).map((diagnostic) => diagnostic.remedy);
    t.is(remedies.length, 1);
    t.regex(remedies[0] ?? '', remedy);
  },
  title: (_, changes, remedy) => `${remedy} for ${Object.values(changes).join(' / ')}`,
});

const fetched = (url: string, name = 'etcd') => ({ programs: `programs: {${name}: {url: "${url}", sha256: ${sha}}}` });
for (const ending of ['.tar.gz', '.tgz', '.tar.xz', '.zip', '', '.bin', '.zip?a=b.deb', '.tgz#.rpm']) {
  test(finds, fetched(`https://x/etcd${ending}`));
}
for (const ending of ['.tar', '.gz', '.tar.bz2', '.txz', '.7z', '.deb', '.rpm', '.tar.zst?x=.zip', '.ZIP']) {
  test(finds, fetched(`https://x/etcd${ending}`), `program-archive: "https://x/etcd${ending}"`);
}
test(finds, fetched('https://a:b@x/etcd'), 'program-credentials: "https://***@x/etcd"');
test(finds, fetched('https://x/etcd?X-Amz-Signature=ab'), 'spec-secret: "https://x/etcd?X-Amz-Signature=**"');
test(finds, fetched('https://x/etcd@3?a@b'));
test(finds, fetched('https://10.0.0.5:8080/etcd-v3.7.3-linux.tar.gz?v=1.2.3'));
test(finds, fetched('https://x/v3.7.3/on-glibc-2.36.0.tar.gz'));
test(finds, fetched('https://x/v3.5.17/etcd-v3.5.17.tar.gz'), 'version-contradicts-url: 3.7.3');
test(finds, fetched('https://x/consul_2.1.0.zip', 'consul'));
const older = { consul: 'consul: {servers: existing, join: [a], version: 2.1.1}' };
test(finds, { ...older, ...fetched('https://x/consul_2.1.0.zip', 'consul') }, 'version-contradicts-url: 2.1.1');
test(finds, { programs: `programs: {etcd: {url: "https://x/y", sha: ${sha}}}` }, 'unknown-key: sha');
test(finds, { programs: 'programs: {sidekick: inline, node: image}' });
test(finds, { programs: 'programs: {sidekick: package}' }, 'not-one-of: package');
test(finds, fetched('https://x/etcd-sidekick-x64', 'sidekick'));
test(finds, fetched('https://x/etcd-sidekick.deb', 'sidekick'), 'program-archive: "https://x/etcd-sidekick.deb"');
test(finds, { programs: 'programs: {sidekick: {}}' }, 'missing-key: sidekick');
// The compiler's own script: its hash is known.
for (const url of ['https://x/etcd-sidekick.cjs', 'http://10.0.0.1/a/b.cjs?v=1.0#x']) {
  test(finds, { programs: `programs: {node: image, sidekick: {url: "${url}"}}` });
  test(finds, { programs: `programs: {node: image, sidekick: {url: "${url}", sha256: ${sha}}}` });
}
for (const url of ['https://x/etcd-sidekick-x64', 'https://x/sidekick.js', 'https://x/?a.cjs', 'https://x/#.cjs']) {
  const programs = `programs: {sidekick: {url: "${url}"}}`;
  test(finds, { programs }, `sidekick-without-hash: {url: "${url}"}`);
}
test(finds, { programs: 'programs: {sidekick: {url: "https://x/y", sha256: 12ab}}' }, 'bad-format: 12ab');
test(finds, { programs: `programs: {sidekick: {url: "https://x/y", sha: ${sha}}}` }, 'unknown-key: sha');
test(finds, { programs: 'programs: {sidekick: {url: ftp://x/y}}' }, 'bad-format: ftp://x/y');
test(
  finds,
  { programs: 'programs: {sidekick: {url: "https://a:b@x/y.cjs"}}' },
  'program-credentials: "https://***@x/y.cjs"',
);
const both = { programs: `programs: {node: package, sidekick: {url: "https://x/y", sha256: ${sha}}}` };
test(finds, both, 'node-unneeded: package');

const unknown = { programs: 'programs: {sidekick: {url: "https://x/y"}}' };
test(advises, unknown, /^Add `sha256: …`.+only that of `etcd-sidekick\.cjs` is known here\.$/);
test(advises, both, /^Remove `programs\.node`, or give the URL of `etcd-sidekick\.cjs`/);
test(advises, fetched('https://x/etcd.deb'), /`\.tar\.gz`, `\.tgz`, `\.tar\.xz`, `\.zip`, or the plain executable/);

const two = (etcd: string, consul: string) => ({
  programs: `programs: {etcd: {url: "https://x/${etcd}", sha256: ${sha}}, consul: {url: "https://x/${consul}", sha256: ${'cd'.repeat(32)}}}`,
});
test(finds, two('etcd-linux-amd64.tar.gz', 'consul_linux_amd64.zip'));
test(finds, two('etcd-linux-arm64.tar.gz', 'consul_linux_arm64.zip'));
test(finds, two('etcd-linux-x86_64.tar.gz', 'consul-x64.zip'));
test(finds, two('amd64/arm64/etcd', 'arm64/consul'));
test(
  finds,
  two('etcd-linux-arm64.tar.gz', 'consul_linux_amd64.zip'),
  'program-architecture: "https://x/etcd-linux-arm64.tar.gz"',
);
test(finds, fetched('https://x/etcd-darwin-amd64.zip'), 'program-system: "https://x/etcd-darwin-amd64.zip"');
test(
  finds,
  fetched('https://x/etcd-v3.7.3-windows-amd64.zip'),
  'program-system: "https://x/etcd-v3.7.3-windows-amd64.zip"',
);
test(finds, fetched('https://darwin.example/windows/etcd'));
