import { chmodSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import type { Settings, TlsFiles } from '../shared/settings.ts';
import { Authority, type Wanted } from './authority-testing.ts';
import { certificateProblem } from './certificates.ts';

const all: Authority[] = [];
const made = (...args: ConstructorParameters<typeof Authority>) => {
  const authority = new Authority(...args);
  all.push(authority);
  return authority;
};
test.after.always(() => {
  for (const authority of all) authority.remove();
});

const [peers, clients, strangers] = [made('peers'), made('clients'), made('strangers')];
const read = (path: string) => readFileSync(path, 'utf8');
const address = '127.0.0.1';
const good: Wanted = { san: [`IP:${address}`] };
const [peer, client] = [peers.issue(good), clients.issue(good)];
const of = (changed: Partial<Settings>) =>
  certificateProblem({
    ...{ address, discovery: 'committed', datacenter: 'dc1', domain: 'consul', tls: peer, clientTls: client },
    ...changed,
  } as Settings);

/** The words on both pairs when one is such a one. */
const saysOf = test.macro<[wanted: Wanted, cause?: RegExp, changed?: Partial<Settings>]>({
  exec(t, wanted, cause = /^$/, changed = {}) {
    const [tls, clientTls] = [peers.issue(wanted), clients.issue(wanted)];
    const said = [of({ ...changed, tls }), of({ ...changed, clientTls })];
    for (const [index, files] of [tls, clientTls].entries()) {
      t.regex(said[index] ?? '', cause);
      if (cause.source !== '^$') t.true(said[index]?.startsWith(`${files.cert} cannot be used: `), said[index]);
    }
  },
  title: (_, wanted, cause) => `${JSON.stringify(wanted)}: ${cause ?? 'in order'}`,
});

test(saysOf, good);
test(saysOf, { ...good, usage: '' });
test(saysOf, { ...good, usage: 'emailProtection,clientAuth,serverAuth' });
test(saysOf, { san: ['DNS:a', 'IP:10.0.0.1', `IP:${address}`] });
test(saysOf, { san: ['IP:127.0.0.2'] }, /: no SAN 127\.0\.0\.1$/);
test(saysOf, { san: [`DNS:${address}`] }, /no SAN 127\.0\.0\.1$/);
test(saysOf, { commonName: address }, /no SAN 127\.0\.0\.1$/);
test(saysOf, { ...good, usage: 'serverAuth' }, /: not for serverAuth and clientAuth$/);
test(saysOf, { ...good, usage: 'clientAuth' }, /not for serverAuth and clientAuth$/);
test(saysOf, { ...good, usage: 'emailProtection' }, /not for serverAuth and clientAuth$/);
test(saysOf, { ...good, valid: [-9, -2] }, /: expired \w{3} +\d+ [\d:]{8} 20\d\d GMT$/);
test(saysOf, { ...good, valid: [0.1, 1] }, /: valid from \w{3} +\d+ [\d:]{8} 20\d\d GMT$/);

test('plain http has no certificates', (t) => {
  t.is(of({ tls: undefined, clientTls: undefined }), undefined);
});

test('a file that is missing, no file, holds something else, or is hidden from this user; it may come late', (t) => {
  for (const kind of ['cert', 'key', 'ca'] as const) {
    const said = (path: string) => of({ tls: { ...peer, [kind]: path } }) ?? '';
    const late = join(peers.folder, `${kind}.late`);
    t.regex(said(late), new RegExp(`^${late} cannot be read: ENOENT: no such file`));
    t.regex(said(peers.folder), /cannot be read: EISDIR/);
    t.regex(said(peers.write(`${kind}.late`, 'not PEM\n')), new RegExp(`^${late} cannot be read: `));
    const broken = read(peer[kind]).replace(/\n[^-\n]{20}/, '\nAAAAAAAAAAAAAAAAAAAA');
    t.regex(said(peers.write(`${kind}.late`, broken)), new RegExp(`^${late} cannot be read: `));
    t.is(said(peers.write(`${kind}.late`, read(peer[kind]))), '');
  }
  const key = peers.write('hidden', read(peer.key));
  chmodSync(key, 0);
  // From root nothing is hidden.
  const isRoot = process.getuid?.() === 0;
  if (isRoot) process.seteuid?.(65_534);
  try {
    t.regex(of({ tls: { ...peer, key } }) ?? '', /cannot be read: EACCES/);
  } finally {
    if (isRoot) process.seteuid?.(0);
  }
});

test('a list of the revoked that etcd cannot read lets nobody in', (t) => {
  const said = (content: string | Uint8Array) =>
    of({ clientTls: { ...client, crl: peers.write('crl', content) } }) ?? '';
  t.regex(said('-----BEGIN X509 CRL-----\n'), /crl cannot be read: it is not DER: openssl crl -in \S+ -outform DER$/);
  t.regex(said(''), /is not DER/);
  t.is(said(Uint8Array.of(0x30, 0x82)), '');
  t.regex(of({ tls: { ...peer, crl: '/nowhere' } }) ?? '', /^\/nowhere cannot be read: ENOENT/);
});

test("another's key, or one under a passphrase", (t) => {
  t.is(of({ tls: { ...peer, key: client.key } }), `${peer.cert} cannot be used: ${client.key} is not its key`);
  const key = join(peers.folder, 'encrypted');
  peers.openssl('pkcs8', '-topk8', '-in', peer.key, '-passout', 'pass:x', '-out', key);
  t.regex(of({ tls: { ...peer, key } }) ?? '', /encrypted cannot be read: error/);
});

test('files are taken as etcd takes them: parameters, text, a key and a certificate in one', (t) => {
  peers.openssl('ecparam', '-name', 'prime256v1', '-out', 'parameters');
  const key = peers.write('key', `-- text\n${read(join(peers.folder, 'parameters'))}${read(peer.key)}`);
  const cert = peers.write('both', `${read(peer.key)}-- BEGIN\n${read(peer.cert)}`);
  const ca = peers.write('cas', `# BEGIN\n${read(strangers.ca)}${read(peers.ca)}`);
  t.is(of({ tls: { key, cert, ca } }), undefined);
  t.is(of({ tls: { key: cert, cert, ca } }), undefined);
  // With this etcd does not start.
  t.regex(
    of({ tls: { ...peer, ca: peers.write('ca+key', read(peers.ca) + read(peer.key)) } }) ?? '',
    /ca\+key cannot be/,
  );
});

test('where etcd asks DNS, the peer has the name that Consul gives to its address, the client the address', (t) => {
  const srv = { discovery: 'srv' } as const;
  const name = '7f000001.addr.dc1.consul';
  for (const san of [`DNS:${name}`, 'DNS:*.addr.dc1.consul'])
    t.is(of({ ...srv, tls: peers.issue({ san: [san] }) }), undefined);
  t.regex(of(srv) ?? '', new RegExp(`no SAN ${name}$`));
  const tls = peers.issue({ san: [`DNS:${name}`] });
  t.regex(of({ ...srv, tls, clientTls: clients.issue({ san: [`DNS:${name}`] }) }) ?? '', /no SAN 127\.0\.0\.1$/);
});

test('a client is no peer: of two CAs that are none, or by a name that peers alone have', (t) => {
  const shared = /^any client could be a member: \S+ and \S+ share a CA \(docs\/tls\.md\)$/;
  const other = peers.issue(good);
  const both = (...cas: string[]) => peers.write('several', cas.map(read).join(''));
  const renewed = made('peers', { key: join(peers.folder, 'ca.key') });
  const below = made('below', { by: peers });
  for (const [title, clientTls] of Object.entries<TlsFiles>({
    'the same file': other,
    'its copy': { ...other, ca: both(peers.ca) },
    'one among several': { ...client, ca: clients.write('several', read(clients.ca) + read(peers.ca)) },
    'the same CA, renewed': { ...renewed.issue(good) },
    'a CA below it, beside another': { ...client, ca: below.write('beside', read(clients.ca) + read(below.ca)) },
    'a CA below it, and itself': { ...below.issue(good), ca: below.write('several', read(below.ca) + read(peers.ca)) },
  })) {
    t.regex(of({ clientTls }) ?? '', shared, title);
    t.regex(of({ clientTls, peerHostname: 'peers.example' }) ?? '', /no SAN peers\.example$/, title);
    t.regex(of({ clientTls, peerCommonName: 'peer' }) ?? '', /common name is not peer$/, title);
    const tls = peers.issue({ san: [...(good.san ?? []), 'DNS:peers.example'], commonName: 'peer' });
    t.is(of({ tls, clientTls, peerHostname: 'peers.example' }), undefined, title);
    t.is(of({ tls, clientTls, peerCommonName: 'peer' }), undefined, title);
    t.regex(of({ tls, clientTls, peerCommonName: 'pee' }) ?? '', /common name/, title);
  }
  // As by the common name Go knows no host.
  t.regex(
    of({ tls: peers.issue({ ...good, commonName: 'peers.example' }), peerHostname: 'peers.example' }) ?? '',
    /no SAN/,
  );
});
