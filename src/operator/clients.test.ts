import test from 'ava';
import { readClients } from './clients.ts';
import type { Registrations } from './host/ports.ts';
import { settings } from './operator-testing.ts';

const entry = (n: number, cid = 'a', address = `10.0.0.${n}`) => ({
  node: `etcd-${n}`,
  id: `etcd-${n}-client`,
  address,
  port: 2379,
  meta: { cid },
  alive: true,
});

const read = (hosts: Registrations['hosts'], unfit: string[] = []) =>
  readClients(settings, { clients: async () => ({ hosts, unfit }) });

test('gives the addresses of the members that pass', async (t) => {
  t.deepEqual(await read([entry(2), entry(1), entry(3)]), ['10.0.0.2', '10.0.0.1', '10.0.0.3']);
});

test('refuses fewer than all members, and two records of one address', async (t) => {
  await t.throwsAsync(read([entry(3), entry(1)]), { message: /names 2 members .* says 3: etcd-1, etcd-3/ });
  await t.throwsAsync(read([]), { message: /says 3: none/ });
  await t.throwsAsync(read([entry(1), entry(2), entry(2)]), { message: /names 2 members/ });
});

test('refuses members of two clusters', async (t) => {
  await t.throwsAsync(read([entry(1), entry(2), entry(3, 'b')]), {
    message: /several clusters for mycluster: a and b/,
  });
});

test('W10: nothing but an address that others reach gets into flags and manifests', async (t) => {
  await t.throwsAsync(read([entry(1), entry(2), entry(3, 'a', '127.0.0.1')]), {
    message: /is no member: etcd-3-client of node etcd-3: others do not reach 127\.0\.0\.1/,
  });
  await t.throwsAsync(read([entry(1), entry(2), entry(3)], ['"x" of node "y": its address is "z"']), {
    message: /is no member: "x" of node "y"/,
  });
});
