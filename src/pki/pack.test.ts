import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { readTar } from '../format/tar.ts';
import type { Spec } from '../spec/defaults.ts';
import { readSpec } from '../spec/read.ts';
import { place } from './authority.ts';
import { pack } from './pack.ts';
import { firstOrder, issued, made, now, scratch } from './pki-testing.ts';
import { revoke } from './revoke.ts';
import { Store } from './store.ts';

const read = (name: string, change = (text: string) => text) => {
  const { spec } = readSpec(change(readFileSync(`examples/${name}.yaml`, 'utf8')), name, ['aws']);
  if (spec === undefined) throw new Error(`examples/${name}.yaml is no spec`);
  return spec;
};
const WORDS = ['agent', 'dns', 'gossip', 'sidekick', 'operator', 'management'];

const packed = async (spec: Spec, { dir, ...place }: { dir: string; secrets: string; out: string }) =>
  (await Store.use(dir, (store) => pack(spec, store, place))).packed;

/** Certificates of two members and a server of Consul's, and Consul's own secrets. */
async function folders(t: Parameters<typeof issued>[0]) {
  const [dir, secrets, place] = [await issued(t), scratch(t), scratch(t)];
  for (const name of WORDS) writeFileSync(join(secrets, name), `${name} of this cluster\n`);
  return { dir, secrets, out: join(place, 'packed') };
}

test('each host gets what its role reads, and no more; the same files give the same bytes', async (t) => {
  const all = await folders(t);
  for (const name of ['peer.crt', 'peer.key', 'server.crt', 'server.key'])
    rmSync(join(all.dir, 'hosts/etcd-2', name), { force: true });
  const made = await packed(read('consul-servers'), all);
  t.deepEqual(readdirSync(all.out), ['etcd-1.tar', 'etcd-2.tar']);
  const [member, server] = made.map(({ file }) => readTar(readFileSync(file)).map(({ path }) => path));
  t.deepEqual(member, [
    ...['agent', 'client-ca.crt', 'consul-ca.crt', 'consul.crt', 'consul.key', 'dns', 'gossip'],
    ...['peer-ca.crt', 'peer.crt', 'peer.key', 'server.crt', 'server.key', 'sidekick'],
  ]);
  t.deepEqual(server, ['agent', 'consul-ca.crt', 'consul.crt', 'consul.key', 'dns', 'gossip']);
  t.is(statSync(join(all.out, 'etcd-1.tar')).mode & 0o777, 0o600);
  const before = readFileSync(join(all.out, 'etcd-1.tar'));
  await packed(read('consul-servers'), all);
  t.deepEqual(readFileSync(join(all.out, 'etcd-1.tar')), before);
});

test('what the spec says otherwise is not packed', async (t) => {
  const all = await folders(t);
  const plain = (text: string) => text.replace('secrets: image', 'secrets: {command: cat x}\ntls: off');
  const [one] = await packed(read('mycluster', plain), all);
  t.false(one?.names.some((name) => /^(peer|server|client)/.test(name)));
  t.true(one?.names.includes('consul.key'));
});

test('a file that is missing, empty or too large is named, with its remedy; nothing of that host is written', async (t) => {
  const all = await folders(t);
  const spec = read('mycluster');
  rmSync(join(all.secrets, 'dns'));
  await t.throwsAsync(packed(spec, all), { message: /dns is not there/ });
  for (const text of ['', 'x'.repeat(70_000)]) {
    writeFileSync(join(all.secrets, 'dns'), text);
    await t.throwsAsync(packed(spec, all), { message: /dns has (nothing in it|more than 65536 bytes)/ });
  }
  t.false(existsSync(join(all.out, 'etcd-1.tar')));
  await t.throwsAsync(packed(spec, { ...all, dir: await made(t) }), { message: /There is no host in/ });
});

test('a host whose certificates are revoked is left out, and said to be, until others are issued', async (t) => {
  const all = await folders(t);
  const spec = read('mycluster');
  await Store.use(all.dir, (store) => revoke(store, join(all.dir, 'hosts/etcd-1/peer.crt'), now));
  const { revoked } = await Store.use(all.dir, (store) => pack(spec, store, all));
  t.deepEqual(revoked, ['etcd-1']);
  t.deepEqual(readdirSync(all.out), ['etcd-2.tar']);
  await Store.use(all.dir, (store) => place(store, firstOrder(90), now));
  await packed(spec, all);
  t.deepEqual(readdirSync(all.out), ['etcd-1.tar', 'etcd-2.tar']);
});
