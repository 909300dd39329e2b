import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import test from 'ava';
import { peerUrl, readSettings, type Settings, type TlsFiles } from '../shared/settings.ts';
import { Authority, type Wanted } from './authority-testing.ts';
import { call, etcdPort } from './etcd.ts';

// Real servers on loopback, whose certificates openssl made: who is believed to be a member.

const [peers, clients, strangers] = ['peers', 'clients', 'strangers'].map((name) => new Authority(name)) as [
  Authority,
  Authority,
  Authority,
];
const servers: Server[] = [];
test.after.always(() => {
  for (const server of servers) server.close();
  for (const authority of [peers, clients, strangers]) authority.remove();
});

const address = '127.0.0.11';
const [asPeer, asClient] = [peers, clients].map((authority) => authority.issue({ san: ['IP:127.0.0.1'] })) as [
  TlsFiles,
  TlsFiles,
];
const srvName = 'DNS:7f00000b.addr.dc1.consul';

function settings(discovery: 'committed' | 'srv', clientPort = 0): Settings {
  const env = { QG_CLUSTER: 'c', QG_SIZE: '3', QG_SCHEME: 'https', QG_DATACENTER: 'dc1', QG_DOMAIN: 'consul' };
  const ports = {
    QG_PEER_PORT: '1',
    QG_CLIENT_PORT: `${clientPort}`,
    QG_METRICS_PORT: '1',
    QG_REPLACE_DEAD_AFTER: '0',
  };
  const host = { QG_DATA_DIR: '/d', QG_DISCOVERY: discovery, QG_NAME: 'n', QG_ADDRESS: '127.0.0.1' };
  const files = (prefix: string, { cert, key, ca }: TlsFiles) => ({
    [`${prefix}CERT_FILE`]: cert,
    [`${prefix}KEY_FILE`]: key,
    [`${prefix}TRUSTED_CA_FILE`]: ca,
  });
  const pair = { ...files('ETCD_PEER_', asPeer), ...files('ETCD_', asClient) };
  return readSettings({ ...env, ...ports, ...host, ...pair });
}

/** Something that answers as a member does, and asks for a certificate of this CA. */
async function listen({ cert, key }: TlsFiles, ca: string): Promise<number> {
  const files = { cert: readFileSync(cert), key: readFileSync(key), ca: readFileSync(ca), requestCert: true };
  const server = createServer(files, (_, response) => {
    const member = { id: 1, name: 'n', peerURLs: ['https://127.0.0.11:2380'] };
    response.setHeader('x-etcd-cluster-id', 'abc').end(JSON.stringify([member]));
  });
  servers.push(server);
  await new Promise<void>((done) => server.listen(0, address, done));
  return (server.address() as AddressInfo).port;
}

/** Asks the port for peers of the host at `address`. */
const clusterIdAt = async (asked: Settings, port: number) =>
  (await etcdPort(asked).peer(peerUrl(asked, address, port), 60_000)).clusterId;
/** Asks its port for clients. */
const callAt = (asked: Settings) => call(asked, address, 'x', {}, 60_000, () => true);

const isAnother = /does not match certificate's altnames/;
const cases: [title: string, wanted: Wanted, refused?: RegExp][] = [
  ['its address', { san: [`IP:${address}`] }],
  ['its address among others', { san: ['DNS:etcd-1', 'IP:127.0.0.12', `IP:${address}`] }],
  ["another member's address", { san: ['IP:127.0.0.12'] }, isAnother],
  ['its address as a name', { san: [`DNS:${address}`] }, isAnother],
  ['its address as common name alone', { commonName: address }, isAnother],
  ['no name at all', {}, isAnother],
  ['a name in Consul, where nobody asks by it', { san: [srvName] }, isAnother],
  ['its address, for clients alone', { san: [`IP:${address}`], usage: 'clientAuth' }, /purpose/],
  ['its address, expired', { san: [`IP:${address}`], valid: [-3, -1] }, /expired/],
  ['its address, of tomorrow', { san: [`IP:${address}`], valid: [0.5, 1] }, /not yet valid/],
];
for (const [title, wanted, refused] of cases) {
  test(`at both ports, a certificate of ${title}: ${refused ? 'refused' : 'believed'}`, async (t) => {
    for (const authority of [peers, clients]) {
      const port = await listen(authority.issue(wanted), authority.ca);
      const asked = settings('committed', port);
      const answer = authority === peers ? clusterIdAt(asked, port) : callAt(asked);
      if (refused) await t.throwsAsync(answer, { message: refused });
      else await t.notThrowsAsync(answer);
    }
  });
}

test('a certificate of the other CA is believed at neither port', async (t) => {
  const san = [`IP:${address}`];
  for (const other of [clients, strangers]) {
    const port = await listen(other.issue({ san }), peers.ca);
    await t.throwsAsync(clusterIdAt(settings('committed'), port), { message: /unable to verify/ });
  }
  for (const other of [peers, strangers]) {
    const port = await listen(other.issue({ san }), clients.ca);
    await t.throwsAsync(callAt(settings('committed', port)), { message: /unable to verify/ });
  }
});

test('where etcd asks DNS a peer may have the name that Consul gives to its address, and no other', async (t) => {
  const at = async (san: string[]) => clusterIdAt(settings('srv'), await listen(peers.issue({ san }), peers.ca));
  t.is(await at([srvName]), '0000000000000abc');
  t.is(await at(['DNS:*.addr.dc1.consul']), '0000000000000abc');
  t.is(await at([`IP:${address}`]), '0000000000000abc');
  await t.throwsAsync(at(['DNS:7f00000c.addr.dc1.consul']), { message: isAnother });
  const port = await listen(clients.issue({ san: [srvName] }), clients.ca);
  await t.throwsAsync(callAt(settings('srv', port)), { message: isAnother });
});
