import test from 'ava';
import { type CompileOptions, compile } from './compile.ts';
import { loadAssets } from './io/assets.ts';
import { type LockedPrograms, printLock } from './spec/lock.ts';

// The lock file beside the spec has a say.
const assets = await loadAssets();
const spec = `version: 1
cluster: {name: mycluster, size: 3}
targets: [aws]
address: {metadata: ec2}
consul: {servers: existing, join: [10.0.0.5], version: 2.1.0}
etcd: {version: 3.7.3}
tls: off
programs:
  consul: release
  sidekick: release
releases:
  index: a.json
  arch: arm64
  versions: {sidekick: 0.1.0}
`;
const consul = {
  version: '2.1.0',
  arch: 'arm64' as const,
  url: 'https://example.com/consul.zip',
  sha256: 'ab'.repeat(32),
};
const sidekick = {
  version: '0.1.0',
  arch: 'arm64' as const,
  url: 'https://example.com/sidekick',
  sha256: 'cd'.repeat(32),
};

const lockOf = (programs: LockedPrograms) => ({ file: 'cluster.lock.yaml', text: printLock(programs) });
const run = (lock: CompileOptions['lock'], text = spec) => compile(text, { file: 'cluster.yaml', assets, lock });

test('what is locked is what is planned, as if the spec had said so', (t) => {
  const { files, diagnostics, spec: read } = run(lockOf({ consul, sidekick }));
  t.deepEqual(diagnostics, []);
  t.deepEqual(read?.programs.consul, { url: consul.url, sha256: consul.sha256 });
  const written = spec
    .replace('consul: release', `consul: {url: ${consul.url}, sha256: ${consul.sha256}}`)
    .replace('sidekick: release', `sidekick: {url: ${sidekick.url}, sha256: ${sidekick.sha256}}`)
    .replace(/releases:[\s\S]*/, '');
  t.deepEqual(run(undefined, written).files, files);
});

test('a lock of more than the spec takes is no problem, and a spec without releases needs none', (t) => {
  t.deepEqual(run(lockOf({ consul, sidekick, etcd: consul })).diagnostics, []);
  const without = spec.replace(/programs:[\s\S]*/, 'programs: {sidekick: {url: "https://x/y.cjs"}}\n');
  for (const lock of [undefined, { file: 'a' }, { file: 'a', unreadable: 'x' }, { file: 'a', text: '?' }]) {
    t.deepEqual(run(lock, without).diagnostics, []);
  }
});

/** Diagnostics as `FILE:LINE:COLUMN code message`. */
const refuses = test.macro<[lock: CompileOptions['lock'], ...expected: RegExp[]]>((t, lock, ...expected) => {
  const { files, diagnostics, spec: read } = run(lock);
  t.deepEqual(files, []);
  t.is(read, undefined);
  t.is(diagnostics.length, expected.length);
  for (const [index, pattern] of expected.entries()) {
    const { code, message, place, remedy } = diagnostics[index] ?? {};
    t.regex(`${place?.file}:${place?.line}:${place?.column} ${code} ${message}`, pattern);
    if (code !== 'lock-nowhere') t.regex(remedy ?? '', /[Rr]un `quorumgate lock cluster\.yaml`/);
  }
});

test(
  'no lock file',
  refuses,
  { file: 'cluster.lock.yaml' },
  /^cluster\.yaml:9:11 lock-missing There is no cluster\.lock\.yaml\.$/,
);
test('standard input', refuses, undefined, /^cluster\.yaml:9:11 lock-nowhere /);
test(
  'a lock file that cannot be read',
  refuses,
  { file: 'x', unreadable: 'Cannot read x.' },
  /lock-broken Cannot read x\./,
);
test(
  'a broken lock file',
  refuses,
  { file: 'x.lock.yaml', text: 'format: 1\n' },
  /^x\.lock\.yaml:1:1 lock-broken .* `programs`/,
);
test(
  'nothing of it locked',
  refuses,
  lockOf({}),
  /:9:11 lock-incomplete .* has no consul/,
  /:10:13 lock-incomplete .* has no sidekick/,
);
test(
  'another version locked',
  refuses,
  lockOf({ consul: { ...consul, version: '1.20.0' }, sidekick: { ...sidekick, version: '0.2.0' } }),
  /^cluster\.yaml:5:56 lock-stale cluster\.lock\.yaml has consul 1\.20\.0, not 2\.1\.0\.$/,
  /^cluster\.yaml:14:24 lock-stale cluster\.lock\.yaml has sidekick 0\.2\.0, not 0\.1\.0\.$/,
);
test(
  'another architecture locked',
  refuses,
  lockOf({ consul: { ...consul, arch: 'amd64' }, sidekick }),
  /^cluster\.yaml:13:9 lock-stale cluster\.lock\.yaml has consul for amd64, not for arm64\.$/,
);

test('what a target refuses is said in the same run', (t) => {
  const text = spec.replace('[aws]', '[flatcar]').replace('consul: release', 'consul: release\n  etcd: package');
  const codes = run({ file: 'cluster.lock.yaml' }, text).diagnostics.map(({ code }) => code);
  t.deepEqual(codes, ['lock-missing', 'no-package-manager']);
});

test('a secret that reaches what lands on hosts is an error, by whichever way, and is not repeated', (t) => {
  const signed = `${consul.url}?X-Amz-${'Signature'}=0badc0ffee`;
  const { files, plans, diagnostics } = run(lockOf({ consul: { ...consul, url: signed }, sidekick }));
  t.deepEqual([files, plans], [[], []]);
  t.regex(JSON.stringify(diagnostics), /spec-secret.*There is a signed URL in `\/etc\/quorumgate\/programs`/);
  t.false(JSON.stringify(diagnostics).includes('0badc0ffee'));
  // Of parts that are none, as whoever uses the library may put them together.
  const parts = ['-----BEGIN EC PRIV', 'ATE KEY-----\nMHcCAQEE'];
  const overlay: CompileOptions['overlay'] = (read) => ({ ...read, secrets: { command: parts.join(''), timeout: 9 } });
  const plain = spec.replace('tls: off', 'secrets: {command: "true"}');
  const joined = compile(plain, { file: 'x', assets, lock: lockOf({ consul, sidekick }), overlay });
  t.deepEqual(joined.files, []);
  t.regex(JSON.stringify(joined.diagnostics), /There is a private key in `\/etc\/quorumgate\/deliver`/);
  t.false(JSON.stringify(joined.diagnostics).includes('MHcC'));
});
