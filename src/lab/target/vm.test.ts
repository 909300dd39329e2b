import test from 'ava';
import { load } from 'js-yaml';
import { networkOf } from '../network/addresses.ts';
import { qemuCommand } from './qemu.ts';
import { labTarget, slowest } from './targets.ts';
import { noCloud } from './vm.ts';

const files = {
  kernel: '/lab/vmlinuz',
  initrd: '/lab/initrd.img',
  disk: '/lab/a,b/disk.ext4',
  seed: '/lab/seed.iso',
  agent: '/lab/agent',
  console: '/lab/log/etcd-1.log',
};

/** The values of an option, in the order in which they stand. */
const valuesOf = (command: readonly string[], option: string) =>
  command.flatMap((word, index) => (command[index - 1] === option ? [word] : []));

test("QEMU gets a host's disk first, its seed read-only, and its cable", (t) => {
  const command = qemuCommand(files, '06:00:0a:4d:00:65');
  t.deepEqual(valuesOf(command, '-drive'), [
    'file=/lab/a,,b/disk.ext4,format=raw,if=virtio,cache=writeback',
    'file=/lab/seed.iso,format=raw,if=virtio,readonly=on',
  ]);
  t.deepEqual(valuesOf(command, '-netdev'), ['tap,id=cable,ifname=tap0,script=no,downscript=no']);
  t.true(valuesOf(command, '-device').includes('virtio-net-pci,netdev=cable,mac=06:00:0a:4d:00:65,romfile='));
  t.true(valuesOf(command, '-device').includes('virtserialport,chardev=agent,name=org.qemu.guest_agent.0'));
  t.regex(valuesOf(command, '-append').join(), /^root=\/dev\/vda rw console=ttyS0 net\.ifnames=0 tsc=unstable /);
});

test("a machine's clock is this one's, or begins where it is told to", (t) => {
  t.deepEqual(valuesOf(qemuCommand(files, ''), '-rtc'), ['base=utc']);
  const clock = new Date('2031-02-03T04:05:06.789Z');
  t.deepEqual(valuesOf(qemuCommand(files, '', clock), '-rtc'), ['base=2031-02-03T04:05:06']);
});

test('the second disk has the very user-data, the name, and the address', (t) => {
  const bytes = new Uint8Array([0x1f, 0x8b, 0]);
  const host = { name: 'etcd-2', role: 'etcd', address: '10.77.0.102' } as const;
  const seed = noCloud(host, networkOf({ address: {} }), new Map([['aws/etcd/user-data', bytes]]));
  t.is(seed['user-data'], bytes);
  t.deepEqual(load(String(seed['meta-data'])), { 'instance-id': 'i-lab-etcd-2', 'local-hostname': 'etcd-2' });
  t.like(load(String(seed['network-config'])), {
    version: 2,
    ethernets: {
      eth0: {
        match: { macaddress: '06:00:0a:4d:00:66' },
        addresses: ['10.77.0.102/24'],
        nameservers: { addresses: ['10.77.0.1'] },
      },
    },
  });
  t.is(seed['vendor-data'], '');
});

test('what is waited for is as slow as its slowest host', (t) => {
  t.is(slowest([]), 1);
  t.is(slowest([{ target: 'aws' }, { target: 'flatcar' }]), 1);
  t.is(slowest([{ target: 'aws' }, { target: 'vm' }]), labTarget('vm').slower ?? 0);
});
