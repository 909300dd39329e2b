import { generateKeyPairSync, X509Certificate } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { fresh, place } from './authority.ts';
import { assertAuthority } from './check.ts';
import { file, firstOrder, later, made, now, openssl, scratch, within } from './pki-testing.ts';

test('the CA of a user, in files', async (t) => {
  const folder = scratch(t);
  const ca = [
    '-keyout',
    'ca.key',
    '-out',
    'ca.crt',
    '-subj',
    '/CN=Ours',
    '-days',
    '900',
    '-addext',
    'keyUsage=critical,keyCertSign,cRLSign',
  ];
  openssl(folder, 'req', '-x509', '-newkey', 'rsa:2048', '-nodes', ...ca);
  const own = { cert: file(folder, 'ca.crt'), key: file(folder, 'ca.key') };
  assertAuthority(own.cert, own.key, 'ca.crt', now);
  const pki = await made(t, { peers: { current: own } });
  const one = await within(pki, (store) => place(store, firstOrder(9000), now));
  t.is(one.ends, new Date(new X509Certificate(own.cert).validTo).toISOString(), 'no longer than the CA');
  t.regex(openssl(pki, 'verify', '-CAfile', 'hosts/etcd-1/peer-ca.crt', 'hosts/etcd-1/peer.crt'), /OK/);

  const leaf = file(pki, 'hosts/etcd-1/peer.crt');
  const other = await fresh('x', 'peers', 1, now);
  for (const [cert, key, message] of [
    [leaf, undefined, /not one of a CA/],
    ['nonsense', undefined, /no certificate in it/],
    [own.cert, other.key, /not its key/],
    [own.cert, 'nonsense', /none in PEM/],
    [
      own.cert,
      generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
      /ed25519/,
    ],
  ] as const)
    t.throws(() => assertAuthority(cert, key, 'ca.crt', now), { message });
  t.throws(() => assertAuthority(other.cert, other.key, 'ca.crt', later(2)), { message: /expired/ });
});

test('a command that signs is held to what was asked of it', async (t) => {
  const folder = scratch(t);
  const keys = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  openssl(folder, 'req', '-x509', ...keys, '-keyout', 'ca.key', '-out', 'ca.crt', '-subj', '/CN=Ours', '-days', '90');
  const sign = (more = '-copy_extensions copy', before = 'cat') =>
    `cd ${folder} && ${before} | openssl x509 -req -in /dev/stdin -CA ca.crt -CAkey ca.key -days 30 ${more} 2>/dev/null`;
  const by = async (command: string) => {
    const pki = await made(t, { peers: { current: { cert: file(folder, 'ca.crt') }, sign: command } });
    const one = await within(pki, (store) => place(store, firstOrder(90), now)).catch((error: Error) => {
      t.false(existsSync(join(pki, 'hosts')), 'nothing is written');
      return error.message;
    });
    return typeof one === 'string'
      ? one
      : openssl(pki, 'verify', '-CAfile', 'hosts/etcd-1/peer-ca.crt', 'hosts/etcd-1/peer.crt');
  };
  t.regex(await by(sign()), /OK/);
  t.regex(await by(sign('')), /lacks the SAN 127\.0\.0\.5/);
  t.regex(await by(sign('-copy_extensions copy', 'cat >/dev/null; cat other.csr')), /exit code/);
  openssl(folder, 'req', ...keys, '-keyout', 'x', '-out', 'other.csr', '-subj', '/CN=x');
  t.regex(await by(sign('', 'cat >/dev/null; cat other.csr')), /for another key/);
  t.regex(await by('exit 3'), /ended with exit code 3/);
  t.regex(await by('cat >/dev/null'), /no certificate/);
  t.regex(await by('yes'), /writes more than/);
  t.regex(await by('true; yes; true'), /writes more than/, 'what the shell has started ends with it');
  t.regex(await by('yes & true'), /writes more than/, 'also where the shell is gone');
  t.regex(await by('kill -TERM $$'), /was ended by SIGTERM/);
});
