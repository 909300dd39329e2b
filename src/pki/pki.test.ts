import { existsSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { connect, createServer } from 'node:tls';
import test from 'ava';
import { place } from './authority.ts';
import { certificate, file, firstOrder, issued, later, made, now, openssl, scratch, within } from './pki-testing.ts';
import { revoke } from './revoke.ts';
import { renew, rotateAuthority } from './rotate.ts';
import { status } from './status.ts';
import { Store } from './store.ts';

/** Whether a client that shows one pair and a server that shows another believe each other, by these bundles. */
async function meet(
  folder: string,
  server: string,
  client: string,
  bundle: string,
  servername?: string,
): Promise<string> {
  const pair = (name: string) => ({
    cert: file(folder, `${name}.crt`),
    key: file(folder, `${name}.key`),
    ca: file(folder, bundle),
  });
  const listener = createServer({ ...pair(server), requestCert: true, rejectUnauthorized: true });
  listener.on('secureConnection', (socket) => socket.end('hello'));
  await new Promise<void>((done) => listener.listen(0, '127.0.0.5', done));
  const { port } = listener.address() as AddressInfo;
  try {
    return await new Promise<string>((resolve) => {
      const socket = connect({ ...pair(client), host: '127.0.0.5', port, ...(servername && { servername }) });
      socket.on('data', (bytes) => resolve(String(bytes)));
      socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
      socket.on('close', () => resolve('closed'));
    });
  } finally {
    listener.close();
  }
}

test('members and clients believe each other, by address and by the names of Consul; a client is no member', async (t) => {
  const folder = await issued(t);
  const [peer, server, client] = ['hosts/etcd-1/peer', 'hosts/etcd-1/server', 'clients/ops/client'];
  t.is(await meet(folder, peer, 'hosts/etcd-2/peer', 'hosts/etcd-1/peer-ca.crt'), 'hello');
  t.is(await meet(folder, server, client, 'hosts/etcd-1/client-ca.crt'), 'hello');
  t.is(await meet(folder, server, server, 'hosts/etcd-1/client-ca.crt'), 'hello', 'its own gateway');
  for (const name of ['7f000005.addr.dc1.consul', 'etcd-1.node.dc1.consul', 'mycluster.etcd3.service.dc1.consul'])
    t.is(await meet(folder, server, client, 'hosts/etcd-1/client-ca.crt', name), 'hello', name);
  t.is(
    await meet(folder, 'hosts/etcd-2/server', client, 'hosts/etcd-1/client-ca.crt'),
    'ERR_TLS_CERT_ALTNAME_INVALID',
    'of another address',
  );
  const peers = certificate(folder, 'hosts/etcd-1/peer-ca.crt');
  t.false(certificate(folder, 'clients/ops/client.crt').checkIssued(peers));
  t.deepEqual(certificate(folder, 'clients/ops/client.crt').keyUsage, ['1.3.6.1.5.5.7.3.2']);
  t.truthy(certificate(folder, 'hosts/etcd-2/peer.crt').checkIP('fd00::2'));
  t.truthy(certificate(folder, 'hosts/etcd-1/consul.crt').checkHost('server.dc1.consul'));
  for (const [pair, bundle] of [
    ['peer', 'peer-ca'],
    ['server', 'client-ca'],
    ['consul', 'consul-ca'],
  ])
    t.regex(
      openssl(join(folder, 'hosts/etcd-1'), 'verify', '-x509_strict', '-CAfile', `${bundle}.crt`, `${pair}.crt`),
      /OK/,
    );
});

test('keys and CAs are for their owner alone, and nothing else is there', async (t) => {
  const folder = await issued(t);
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    const { mode } = statSync(join(folder, name));
    if (/\.(key|json)$/.test(name)) t.is(mode & 0o777, 0o600, name);
    else t.false(/PRIVATE/.test(statSync(join(folder, name)).isFile() ? file(folder, name) : ''), name);
    if (statSync(join(folder, name)).isDirectory()) t.is(mode & 0o077, 0, name);
  }
  t.deepEqual(readdirSync(join(folder, 'hosts/etcd-1')), [
    'client-ca.crt',
    'consul-ca.crt',
    'consul.crt',
    'consul.key',
    'peer-ca.crt',
    'peer.crt',
    'peer.key',
    'server.crt',
    'server.key',
  ]);
  t.false(existsSync(join(folder, '.lock')));
});

test('from one CA to the next in three steps, and at each whoever has the step before is believed', async (t) => {
  const folder = await issued(t);
  const [one, two] = ['hosts/etcd-1', 'hosts/etcd-2'];
  // The second host is a step behind.
  const behind = join(scratch(t), 'behind');
  const keep = () => {
    rmSync(behind, { recursive: true, force: true });
    mkdirSync(behind);
    for (const name of readdirSync(join(folder, two)))
      writeFileSync(join(behind, name), file(folder, `${two}/${name}`));
  };
  const chain = (bundle: string, leaf: string) => openssl('/', 'verify', '-CAfile', bundle, leaf);
  const agree = () => {
    t.regex(chain(join(behind, 'peer-ca.crt'), join(folder, one, 'peer.crt')), /OK/);
    t.regex(chain(join(folder, one, 'peer-ca.crt'), join(behind, 'peer.crt')), /OK/);
  };
  const former = file(folder, `${one}/peer-ca.crt`);
  keep();
  const step = () => within(folder, (store) => rotateAuthority(store, 'peers', undefined, now));
  t.regex((await step()).done.join(), /^1 of 3/);
  agree();
  keep();
  t.deepEqual((await step()).done.length, 3, 'and both hosts have a new certificate');
  agree();
  keep();
  t.regex((await step()).done.join(), /^3 of 3/);
  agree();
  t.false(file(folder, `${one}/peer-ca.crt`).includes(former.trim()));
  t.false(file(folder, `${one}/peer-ca.crt`) === former);
  t.deepEqual(
    (await within(folder, (store) => status(store, 30, now))).filter(({ flaw }) => flaw),
    [],
  );
});

test('a step that was killed half-way is finished before the next', async (t) => {
  const folder = await issued(t);
  await within(folder, (store) => rotateAuthority(store, 'peers', undefined, now));
  await within(folder, async (store) => {
    // As if it ended when the new CA had just begun to sign.
    const { next, ...rest } = store.state('peers');
    if (next === undefined) return t.fail();
    await store.save('peers', { ...rest, current: next, old: rest.current.cert });
  });
  const finished = await within(folder, (store) => rotateAuthority(store, 'peers', undefined, now));
  t.regex(finished.done.join('; '), /^2 of 3.*etcd-1\/peer\.crt.*etcd-2\/peer\.crt/);
  t.regex((await within(folder, (store) => rotateAuthority(store, 'peers', undefined, now))).done.join(), /^3 of 3/);
});

test('what ends soon is shown and renewed, and what is not as it was issued is shown', async (t) => {
  const folder = await issued(t, 40);
  const flaws = async (at: Date) =>
    (await within(folder, (store) => status(store, 30, at))).flatMap(({ what, flaw }) =>
      flaw ? [`${what} ${flaw}`] : [],
    );
  t.deepEqual(await flaws(now), []);
  t.is((await flaws(later(15))).length, 7);
  t.true((await flaws(later(41))).includes('hosts/etcd-1/peer.crt expired'));
  const { done } = await within(folder, (store) => renew(store, 30, later(15)));
  t.is(done.length, 7);
  t.deepEqual(await flaws(later(15)), []);
  t.deepEqual((await within(folder, (store) => renew(store, 30, later(15)))).done, []);

  writeFileSync(join(folder, 'hosts/etcd-1/peer.key'), file(folder, 'hosts/etcd-2/peer.key'));
  rmSync(join(folder, 'hosts/etcd-2/peer.crt'));
  writeFileSync(join(folder, 'hosts/etcd-1/server.crt'), file(folder, 'hosts/etcd-2/server.crt'));
  t.deepEqual(await flaws(later(15)), [
    'hosts/etcd-1/peer.crt the key beside it is not its key: issue it anew',
    'hosts/etcd-2/peer.crt its file is gone',
    'hosts/etcd-1/server.crt its file has another: issue it anew',
  ]);
});

test('revoked by a serial, a folder, or a file: all that was ever issued there', async (t) => {
  const folder = await issued(t);
  const copy = join(scratch(t), 'ops.crt');
  writeFileSync(copy, file(folder, 'clients/ops/client.crt'));
  await within(folder, (store) => renew(store, 91, now));
  const by = (what: string) => within(folder, (store) => revoke(store, what, now));
  t.deepEqual((await by(copy)).done.length, 1, 'the one that was replaced');
  const { serialNumber } = certificate(folder, 'hosts/etcd-1/server.crt');
  t.regex((await by(serialNumber)).done.join(), /hosts\/etcd-1\/server\.crt/);
  t.is((await by('hosts/etcd-2/')).done.length, 6);
  t.regex((await by('hosts/etcd-2')).done.join(), /revoked already/);
  const list = openssl(
    folder,
    'crl',
    '-in',
    'hosts/etcd-1/client.crl',
    '-inform',
    'DER',
    '-noout',
    '-text',
    '-CAfile',
    'hosts/etcd-1/client-ca.crt',
  );
  t.true(list.includes(serialNumber));
  t.is(list.match(/Serial Number/g)?.length, 4);
  await within(folder, (store) => place(store, firstOrder(90), now));
  t.true(existsSync(join(folder, 'hosts/etcd-1/peer.crl')));
  await t.throwsAsync(by('hosts/etcd-9'), { message: /Nothing that was issued here/ });
  await t.throwsAsync(by('00'), { message: /Nothing that was issued here/ });
});

test('one command at a time, and only in what is whole', async (t) => {
  const folder = await made(t);
  await within(folder, () =>
    t.throwsAsync(
      within(folder, async () => {}),
      { message: /Another `quorumgate pki` is at work/ },
    ),
  );
  await within(folder, async () => {});
  await t.throwsAsync(
    within(join(folder, 'none'), async () => {}),
    { message: /is not there/ },
  );
  await t.throwsAsync(Store.make(folder, new Map()), { message: /is not empty/ });
  writeFileSync(join(folder, 'ca/peers.json'), '{"version":1}');
  await t.throwsAsync(
    within(folder, async () => {}),
    { message: /peers\.json is not what/ },
  );
  t.false(existsSync(join(folder, '.lock')));
});
