import test from 'ava';
import { awsAutoJoins, parseAutoJoin } from './auto-join.ts';

const reads = test.macro<[entry: string, expected: Record<string, string> | string]>({
  exec(t, entry, expected) {
    const read = parseAutoJoin(entry);
    t.deepEqual('malformed' in read ? read.malformed : Object.fromEntries(read), expected);
  },
  title: (_, entry) => `go-discover reads: ${entry}`,
});

test(reads, 'provider=aws tag_key=etcd  tag_value=a', { provider: 'aws', tag_key: 'etcd', tag_value: 'a' });
test(reads, 'provider=aws tag_value="a b=\\"c\\" \\\\"', { provider: 'aws', tag_value: 'a b="c" \\' });
test(reads, 'provider=aws tag_value=""', { provider: 'aws', tag_value: '' });
test(reads, "provider=aws tag_value='a'", { provider: 'aws', tag_value: "'a'" });
test(reads, "provider=aws tag_value='a b'", "b'");
test(reads, 'provider=aws tag_value=a=b', 'tag_value=a=b');
test(reads, 'provider=aws tag_value', 'tag_value');
test(reads, 'provider=aws tag_value=', 'tag_value=');
test(reads, 'provider=aws tag_value="a', 'tag_value="a');
test(reads, 'provider=aws tag_value="a"b', 'tag_value="a"b');
test(reads, 'provider=aws tag_value="\\q"', 'tag_value="\\q"');
test(reads, 'provider=aws tag_key=a tag_key=b', 'tag_key=b');

test('only what asks AWS', (t) => {
  const join = ['10.0.0.1', 'provider=gce tag_value=a', 'provider=aws tag_value', 'provider=aws tag_key=a'];
  t.deepEqual(
    awsAutoJoins(join).map((options) => [...options]),
    [
      [
        ['provider', 'aws'],
        ['tag_key', 'a'],
      ],
    ],
  );
});
