import test from 'ava';
import fc from 'fast-check';
import { netmask, overlap, toAddress, toNetwork, toNumber } from './ipv4.ts';

test('addresses and numbers are the same thing', (t) => {
  t.is(toNumber('10.77.0.1'), 0x0a4d0001);
  t.is(toAddress(0xffffffff), '255.255.255.255');
  fc.assert(fc.property(fc.ipV4(), (address) => toAddress(toNumber(address)) === address));
});

test('a network begins where its prefix says', (t) => {
  t.deepEqual(toNetwork('10.77.3.9/16'), { base: toNumber('10.77.0.0'), prefix: 16 });
  t.deepEqual(toNetwork('255.255.255.255/32'), { base: 0xffffffff, prefix: 32 });
  t.deepEqual(toNetwork('1.2.3.4/0'), { base: 0, prefix: 0 });
  t.is(netmask(toNetwork('10.0.0.0/23')), '255.255.254.0');
  t.is(netmask(toNetwork('10.0.0.0/0')), '0.0.0.0');
});

test('networks overlap when one lies in the other', (t) => {
  const overlaps = (one: string, other: string) => [
    overlap(toNetwork(one), toNetwork(other)),
    overlap(toNetwork(other), toNetwork(one)),
  ];
  t.deepEqual(overlaps('10.0.0.0/8', '10.77.0.0/24'), [true, true]);
  t.deepEqual(overlaps('10.77.1.0/24', '10.77.0.0/24'), [false, false]);
  t.deepEqual(overlaps('192.168.0.0/16', '192.168.0.0/16'), [true, true]);
});
