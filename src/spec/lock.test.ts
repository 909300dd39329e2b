import test from 'ava';
import fc from 'fast-check';
import { type LockedPrograms, printLock, readLock } from './lock.ts';

const sha256 = fc.string({ unit: fc.constantFrom(...'0123456789abcdef'), minLength: 64, maxLength: 64 });
const locked = fc.record({
  version: fc.oneof(
    fc.stringMatching(/^[0-9A-Za-z][0-9A-Za-z.+_-]{0,30}$/),
    fc.constantFrom('1.8', '010', '1e5', 'null', 'y'),
  ),
  arch: fc.constantFrom('amd64' as const, 'arm64' as const),
  url: fc.stringMatching(/^https?:\/\/[a-z0-9.-]{1,20}\/[!-~]{0,40}$/).filter((url) => !/@/.test(url)),
  // A number, as YAML reads it.
  sha256: fc.oneof(sha256, fc.constantFrom('1'.repeat(64), `${'1'.repeat(30)}e${'2'.repeat(33)}`, '0'.repeat(64))),
});
const programs = fc.record(
  { consul: locked, etcd: locked, socat: locked, node: locked, sidekick: locked },
  { requiredKeys: [] },
) as fc.Arbitrary<LockedPrograms>;

test('what is printed is read back, and printed as it was', (t) => {
  const ending = /\.(tar|gz|tgz|xz|txz|bz2|tbz2|zst|7z|zip|deb|rpm)([?#].*)?$/i;
  fc.assert(
    fc.property(programs, (value) => {
      for (const one of Object.values(value)) if (ending.test(one.url)) one.url = 'https://example.com/';
      const text = printLock(value);
      const read = readLock({ file: 'a.lock.yaml', text }, 'a.yaml');
      t.deepEqual(read, value);
      t.is(printLock(read as LockedPrograms), text);
    }),
  );
});

const entry = {
  version: '3.7.3',
  arch: 'amd64' as const,
  url: 'https://example.com/etcd.tar.gz',
  sha256: 'ab'.repeat(32),
};
const good = printLock({ etcd: entry, consul: entry });

test('programs are in the order of their names, and nothing else is in it', (t) => {
  t.is(good, printLock({ consul: { ...entry }, etcd: entry }));
  t.regex(good, /^# Written by [^\n]*\nformat: 1\nprograms:\n {2}consul:\n {4}version: 3\.7\.3\n {4}arch: amd64\n/);
});

/** The only diagnostic as `LINE:COLUMN message`. */
const broken = test.macro<[change: (text: string) => string, expected: RegExp]>({
  exec(t, change, expected) {
    const found = readLock({ file: 'a.lock.yaml', text: change(good) }, 'my.yaml');
    if (!Array.isArray(found)) return t.fail('it was read');
    t.deepEqual(
      found.map(({ code }) => code),
      found.map(() => 'lock-broken'),
    );
    const [first] = found;
    t.is(first?.place?.file, 'a.lock.yaml');
    t.regex(`${first?.place?.line}:${first?.place?.column} ${first?.message}`, expected);
    t.regex(first?.remedy ?? '', /run `quorumgate lock my\.yaml`/);
  },
  title: (_, __, expected) => `broken: ${expected.source}`,
});

test(broken, () => '', /^1:1 There is no text\.$/);
test(broken, () => '# nothing\n', /^1:1 There is nothing but comments\.$/);
test(broken, () => 'just text\n', /^1:1 The lock file is a string, not a mapping\.$/);
test(broken, (text) => `<<<<<<< HEAD\n${text}`, /^3:\d+ /);
test(broken, (text) => text.replace('format: 1', 'format: 2'), /^2:9 `format` is `2`/);
test(broken, (text) => text.replace('format: 1\n', ''), /^\d+:\d+ The lock file has no `format`\.$/);
test(broken, (text) => text.replace('  etcd:', '  etdc:'), /^9:3 `programs` has no key `etdc`\.$/);
test(broken, (text) => text.replace('  etcd:', '  consul:'), /^9:3 `consul` is written twice/);
test(broken, (text) => text.replace('abab', 'ABAB'), /^8:13 `ABAB.* is not a valid `programs\.consul\.sha256`\.$/);
test(broken, (text) => text.replace('amd64', 'x64'), /^6:11 `programs\.consul\.arch` is `x64`/);
test(broken, (text) => text.replace('https', 'ftp'), /^7:10 .* is not a valid `programs\.consul\.url`\.$/);
test(broken, (text) => text.replace('etcd.tar.gz', 'etcd.rpm'), /^7:10 `programs\.consul\.url` ends with `\.rpm`/);
test(broken, (text) => text.replace('//', '//me:secret@'), /^7:10 `programs\.consul\.url` holds credentials\.$/);
test(broken, (text) => text.replace(/ {4}sha256.*\n/, ''), /^\d+:\d+ `programs\.consul` has no `sha256`\.$/);
test(broken, (text) => `${text}#${'x'.repeat(256 * 1024)}`, /^1:1 The text is larger than 256 KiB\.$/);

test('a lock file that cannot be read is broken without a place', (t) => {
  const found = readLock(
    { file: 'a.lock.yaml', unreadable: 'Cannot read a.lock.yaml: permission denied (EACCES).' },
    'a.yaml',
  );
  t.like(found, [{ code: 'lock-broken', message: 'Cannot read a.lock.yaml: permission denied (EACCES).' }]);
});
