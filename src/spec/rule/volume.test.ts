import test from 'ava';
import { marked } from '../marked-testing.ts';
import { readSpec } from '../read.ts';
import { SMALLEST } from '../reference.ts';

/** Each diagnostic as `code: marked text`. */
const finds = test.macro<[volume: string, ...expected: string[]]>({
  exec(t, volume, ...expected) {
    const spec = SMALLEST.replace(/etcd:\n {2}version: .*\n/, `etcd: {version: 3.7.3, volume: ${volume}}\n`);
    t.deepEqual(marked(readSpec(spec, 'cluster.yaml', ['aws']).diagnostics), expected);
  },
  title: (_, volume, ...expected) => `${expected.join(', ') || 'nothing'} in ${volume}`,
});

test(finds, '{mount: true}');
test(finds, '{device: /dev/vdb}');
test(finds, '{device: /dev/disk/by-id/x, filesystem: xfs}');
test(finds, '{}', 'choose-one: {}');
test(finds, '{filesystem: xfs}', 'choose-one: {filesystem: xfs}');
test(finds, '{mount: true, device: /dev/vdb}', 'choose-one: {mount: true, device: /dev/vdb}');
test(finds, '{mount: true, filesystem: ext4}', 'volume-unneeded: filesystem');
test(finds, '{mount: false}', 'not-one-of: false');
test(finds, '{device: vdb}', 'bad-format: vdb');
test(finds, '{device: /dev/../etc/x}', 'path-not-plain: /dev/../etc/x');
test(finds, '{device: /dev/vdb, filesystem: btrfs}', 'not-one-of: btrfs');
