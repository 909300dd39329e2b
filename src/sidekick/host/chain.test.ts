import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import test from 'ava';
import type { Settings, TlsFiles } from '../shared/settings.ts';
import { Authority } from './authority-testing.ts';
import { certificateProblem } from './certificates.ts';
import { ask } from './http.ts';

// Ways from a certificate to a root: what is said of the files is what a handshake with them comes to.

const all: Authority[] = [];
const made = (...args: ConstructorParameters<typeof Authority>) => {
  const authority = new Authority(...args);
  all.push(authority);
  return authority;
};
test.after.always(() => {
  for (const authority of all) authority.remove();
});

const read = (path: string) => readFileSync(path, 'utf8');
const san = ['IP:127.0.0.1'];
const root = made('root');
const middle = made('middle', { by: root });
const low = made('low', { by: middle });
const others = made('others');
const expired = made('expired', { valid: [-9, -2] });
const old = made('root', { valid: [-9, -2] });
const renewed = made('root', { key: `${old.folder}/ca.key` });
const leaf = low.issue({ san });
const [ofOld, ofRenewed] = [old.issue({ san }), renewed.issue({ san })];
const own = made('own', { san, usage: 'serverAuth,clientAuth', extensions: [] });
const self = { cert: own.ca, key: `${own.folder}/ca.key`, ca: own.ca };
/** A root of version 1, as `openssl x509 -req -signkey` makes it, and its leaf: they know each other by name and key alone. */
function madePlain(): TlsFiles {
  const plain = made('plain');
  const { key } = plain.issue({});
  const names = plain.write(
    'names',
    `subjectAltName=${san}\nextendedKeyUsage=serverAuth,clientAuth\nauthorityKeyIdentifier=none\n`,
  );
  plain.openssl('req', '-new', '-key', 'ca.key', '-out', 'r', '-subj', '/CN=plain');
  plain.openssl('x509', '-req', '-in', 'r', '-signkey', 'ca.key', '-out', 'ca.crt');
  plain.openssl('req', '-new', '-key', key, '-out', 'r', '-subj', '/CN=x');
  const by = ['-CA', 'ca.crt', '-CAkey', 'ca.key', '-CAcreateserial', '-extfile', names];
  plain.openssl('x509', '-req', '-in', 'r', '-out', 'leaf', ...by);
  return { cert: `${plain.folder}/leaf`, key, ca: plain.ca };
}
const [plain, otherPlain] = [madePlain(), madePlain()];
const renamed = made('renamed', { key: `${root.folder}/ca.key` });

/** The first certificate of a file alone. */
const alone = (path: string) => low.write(`${Math.random()}`, read(path).split(/(?<=END CERTIFICATE-----\n)/)[0] ?? '');

/** Files whose bundle is of these. */
function withBundle(files: TlsFiles, ...bundle: string[]): TlsFiles {
  return { ...files, ca: others.write(`${Math.random()}`, bundle.map(read).join('')) };
}

const cases: [title: string, files: TlsFiles, sound: boolean][] = [
  ['by way of two that it shows', withBundle(leaf, root.ca), true],
  ['by way of two in the bundle', withBundle({ ...leaf, cert: alone(leaf.cert) }, middle.ca, low.ca, root.ca), true],
  ['one between is missing', withBundle({ ...leaf, cert: alone(leaf.cert) }, root.ca, alone(low.ca)), false],
  ['the root is missing', withBundle(leaf, middle.ca), false],
  ['roots of others too', withBundle(leaf, others.ca, expired.ca, root.ca, others.ca), true],
  ['roots of others alone', withBundle(leaf, others.ca), false],
  ['the root has expired', expired.issue({ san }), false],
  ['the root was renewed with its key, both are there', withBundle(ofOld, old.ca, renewed.ca), true],
  ['the root was renewed with its key, the old one is there', withBundle(ofRenewed, old.ca), false],
  [
    'the root was renewed with its key, it shows the new one itself',
    withBundle({ ...ofRenewed, cert: old.write('shown', read(ofRenewed.cert) + read(renewed.ca)) }, old.ca),
    false,
  ],
  ['a root of another name and the same key', withBundle(root.issue({ san }), renamed.ca), false],
  ['a root of the same name', withBundle(ofOld, root.ca), false],
  ['its own issuer', self, true],
  ['its own issuer, not in the bundle', withBundle(self, root.ca), false],
  ['a root of version 1', plain, true],
  ['a root of version 1 and the same name', withBundle(plain, otherPlain.ca), false],
];

/** Whether a server and a client with these files know each other. */
async function shakesHands(tls: TlsFiles): Promise<boolean> {
  const files = { cert: read(tls.cert), key: read(tls.key), ca: read(tls.ca), requestCert: true };
  const server = createServer(files, (_, response) => response.end());
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  try {
    const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    return await ask(url, { timeout: 60_000, tls }).then(
      () => true,
      () => false,
    );
  } finally {
    server.close();
  }
}

for (const [title, files, sound] of cases) {
  test(`${title}: ${sound ? 'in order' : 'named'}`, async (t) => {
    const settings = { address: '127.0.0.1', discovery: 'committed', tls: files, clientTls: files, peerCommonName: '' };
    const said = certificateProblem({ ...settings, peerHostname: '127.0.0.1' } as unknown as Settings);
    t.is(said, sound ? undefined : `${files.cert} cannot be used: no valid issuer and its root in ${files.ca}`);
    t.is(await shakesHands(files), sound);
  });
}
