import test from 'ava';
import { address, byNumber, dnsLabel, dnsServer, image, label, several, taint } from './kubernetes-value.ts';

const DIGEST = `sha256:${'0'.repeat(64)}`;

const takes = test.macro<[parse: (text: string) => unknown, good: [string, unknown][], bad: string[]]>({
  exec(t, parse, good, bad) {
    for (const [text, value] of good) t.deepEqual(parse(text), value, text);
    for (const text of bad) t.throws(() => parse(text), { code: 'commander.invalidArgument' }, text);
  },
  title: (_, parse) => parse.name,
});

const same = (...texts: string[]) => texts.map((text): [string, string] => [text, text]);

test(takes, address, same('10.0.0.1', '169.253.0.1', '8.8.8.8'), [
  '',
  'etcd-1',
  '::1',
  '10.0.0',
  '127.0.0.1',
  '169.254.0.1',
  '224.0.0.1',
  '0.0.0.0',
]);
test(
  takes,
  dnsServer,
  [
    ['10.0.0.2', '10.0.0.2:53'],
    ['10.0.0.2:8600', '10.0.0.2:8600'],
  ],
  ['', 'dns', '10.0.0.2:', '10.0.0.2:0', '10.0.0.2:65536', '10.0.0.2:1:2'],
);
test(takes, dnsLabel, same('etcd', 'a-1', '1'), ['', 'Etcd', '-a', 'a-', 'a.b', 'a'.repeat(64)]);
test(takes, image, same(`a@${DIGEST}`, `a.example:5000/b/c:1.2@${DIGEST}`), [
  '',
  'a',
  'a:1',
  `@${DIGEST}`,
  `a@${DIGEST}0`,
  `a@sha512:${'0'.repeat(64)}`,
  `a b@${DIGEST}`,
]);
test(
  takes,
  label,
  [
    ['a=b', { key: 'a', value: 'b' }],
    ['a.b/c=', { key: 'a.b/c', value: '' }],
  ],
  ['', 'a', '=b', 'a=b=c', 'a/b/c=d', 'a=b c', '-a=b', 'a=-', `a=${'b'.repeat(64)}`],
);
test(
  takes,
  taint,
  [
    ['a=b:NoSchedule', { key: 'a', value: 'b', effect: 'NoSchedule' }],
    ['a:NoExecute', { key: 'a', value: '', effect: 'NoExecute' }],
  ],
  ['', 'a=b', 'a=b:Never', ':NoSchedule', 'a=b c:NoSchedule'],
);

test('addresses are in the order of their numbers', (t) => {
  t.deepEqual(['10.0.0.10', '10.0.0.9', '9.0.0.11', '10.0.0.9'].sort(byNumber), [
    '9.0.0.11',
    '10.0.0.9',
    '10.0.0.9',
    '10.0.0.10',
  ]);
});

test('several values are kept, each as it was parsed', (t) => {
  const parse = several(Number);
  t.deepEqual(parse('2', parse('1')), [1, 2]);
});
