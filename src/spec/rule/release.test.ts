import test from 'ava';
import { marked } from '../marked-testing.ts';
import { readSpec } from '../read.ts';

/** Each diagnostic as `code: marked text`. */
const finds = test.macro<[changes: string, ...expected: string[]]>({
  exec(t, changes, ...expected) {
    const lines = {
      version: 'version: 1',
      cluster: 'cluster: {name: mycluster, size: 3}',
      targets: 'targets: [aws]',
      address: 'address: {metadata: ec2}',
      consul: 'consul: {servers: existing, join: [10.0.0.5]}',
      etcd: 'etcd: {version: 3.7.3}',
      tls: 'tls: off',
      ...Object.fromEntries(changes.split('\n').map((line) => [line.split(':', 1)[0], line])),
    };
    const { diagnostics } = readSpec(Object.values(lines).join('\n'), 'cluster.yaml', ['aws']);
    const found = marked(diagnostics);
    t.deepEqual(found, expected, JSON.stringify(diagnostics, null, 1));
  },
  title: (_, changes, ...expected) => `${expected.join(', ') || 'nothing'} in ${changes.replaceAll('\n', ' / ')}`,
});

const etcd = 'programs: {etcd: release}';
test(finds, `${etcd}\nreleases: {index: index.json}`);
test(finds, `${etcd}\nreleases: {index: "../my releases/index.json", arch: arm64}`);
test(finds, `${etcd}\nreleases: {index: {etcd: "https://example.com/index.json"}}`);
test(finds, `${etcd}\nreleases: {index: s3://bucket/prefix}`);
test(finds, `${etcd}\nreleases: {index: "https://example.com/?list-type=2&prefix=a/"}`);
test(finds, 'programs: {sidekick: release}\nreleases: {index: a.json, versions: {sidekick: 0.1.0-rc.1+x}}');

test(finds, etcd, 'release-without-index: release');
test(
  finds,
  `${etcd}\nreleases: {index: {consul: a.json}}`,
  'release-without-index: release',
  'release-unneeded: consul',
);
test(finds, 'programs: {consul: release}\nreleases: {index: a.json}', 'release-without-version: release');
test(finds, 'programs: {socat: release}\nreleases: {index: a.json}', 'release-without-version: release');
test(finds, 'programs: {node: release}', 'release-without-index: release', 'release-without-version: release');
test(finds, 'releases: {index: a.json}', 'release-unneeded: releases');
test(finds, `${etcd}\nreleases: {index: a.json, versions: {node: 20.19.5}}`, 'release-unneeded: node');
test(finds, `${etcd}\nreleases: {index: {etcd: a.json, socat: b.json}}`, 'release-unneeded: socat');
// A value that is wrong anyway says nothing about what is needed.
test(finds, 'programs: {etcd: relaese}\nreleases: {index: {etcd: a.json}}', 'not-one-of: relaese');
test(finds, `${etcd}\nreleases: {index: 5}`, 'wrong-type: 5');
// The index may have the script, which Node runs.
test(
  finds,
  'programs: {node: release, sidekick: release}\nreleases: {index: a.json, versions: {node: 1.2.3, sidekick: 0.1.0}}',
);

for (const index of ['ftp://example.com/a', 'https://example.com/a b', '"a\\tb"', 'S3://bucket']) {
  test(finds, `${etcd}\nreleases: {index: ${index}}`, `bad-format: ${index}`);
}
test(finds, `${etcd}\nreleases: {index: {etcd: "ftp://x/a"}}`, 'bad-format: "ftp://x/a"');
test(finds, `${etcd}\nreleases: {index: {}}`, 'choose-one: {}');
test(finds, `${etcd}\nreleases: {arch: arm64}`, 'missing-key: releases');
test(finds, `${etcd}\nreleases: {index: a.json, arch: x64}`, 'not-one-of: x64');
test(finds, `${etcd}\nreleases: {index: ${'x'.repeat(1001)}}`, `too-long: ${'x'.repeat(1001)}`);
test(finds, 'programs: {socat: release}\nreleases: {index: a.json, versions: {socat: 1.8}}', 'wrong-type: 1.8');
test(finds, 'programs: {socat: release}\nreleases: {index: a.json, versions: {socat: a/b}}', 'bad-format: a/b');
test(finds, `${etcd}\nreleases: {index: a.json, versions: {etcd: 3.7.3}}`, 'unknown-key: etcd');
test(finds, 'programs: {sidekick: image}', 'not-one-of: image');

for (const [index, shown] of [
  ['"https://me:secret@example.com/index.json"', '"https://*********@example.com/index.json"'],
  ['"s3://me@bucket/"', '"s3://**@bucket/"'],
  ['"https://x/?list-type=2&X-Amz-Signature=ab"', '"https://x/?list-type=2&X-Amz-Signature=**"'],
  ['"https://x/?sv=2&sig=ab%2F"', '"https://x/?sv=2&sig=*****"'],
]) {
  test(finds, `${etcd}\nreleases: {index: ${index}}`, `index-credentials: ${shown}`);
}
test(finds, `${etcd}\nreleases: {index: {etcd: "http://a@b/c"}}`, 'index-credentials: "http://*@b/c"');

test('what is missing is shown as it is to be written', (t) => {
  const spec = `version: 1\ncluster: {name: a, size: 3}\ntargets: [aws]\naddress: {metadata: ec2}\netcd: {version: 3.7.3}\ntls: off
consul: {servers: existing, join: [10.0.0.5]}\nprograms: {consul: release, socat: release}\nreleases: {index: a.json, versions: {consul: 2.1.0}}`;
  const remedies = readSpec(spec, 'cluster.yaml', ['aws']).diagnostics.map(({ remedy }) => remedy);
  t.deepEqual(remedies.slice(-1), ['Write it as `consul.version`, which counts here too.']);
  const without = spec.replace(', versions: {consul: 2.1.0}', '');
  const [consul, socat] = readSpec(without, 'cluster.yaml', ['aws']).diagnostics.map(({ remedy }) => remedy);
  t.is(consul, 'Add `version: 2.1.0` under `consul`.');
  t.is(socat, 'Add `versions: {socat: 1.8.0.3}` under `releases`.');
});
