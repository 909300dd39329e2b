import test from 'ava';
import { readSpec } from '../read.ts';
import { SMALLEST } from '../reference.ts';

const hash = 'a'.repeat(64);
const FILES = 'tls: {peer: {cert: /x/a, key: /x/b, ca: /x/c}, client: {cert: /x/d, key: /x/e, ca: /x/f}}';
const read = (secrets: string, { consul = 'version: 2.1.0', tls = '' } = {}) => {
  const spec = SMALLEST.replace('servers: members', `servers: members\n  ${consul}`).replace(/^tls: .*\n/m, '');
  return readSpec(`${spec}${tls}\n${secrets}\n`, 'x', ['aws']);
};

const finds = test.macro((t, secrets: string, change: Parameters<typeof read>[1], ...expected: string[]) => {
  const { diagnostics } = read(secrets, change);
  const found = diagnostics.filter(({ code }) => !code.startsWith('consul-un'));
  t.deepEqual(
    found.map(({ code, pointer }) => `${code} ${pointer}`),
    expected,
  );
});

for (const word of ['image', 'credentials', 'off']) test(word, finds, `secrets: ${word}`, {});
test('a command', finds, 'secrets: {command: "cat x", timeout: 5}', {});
test('an address', finds, `secrets: {url: "https://x/y", sha256: ${hash}}`, {});
test('neither said', finds, '', {}, 'missing-key /secrets');
test('misspelt', finds, 'secret: image', {}, 'unknown-key /secret');
test('an empty mapping', finds, 'secrets: {timeout: 5}', {}, 'secrets-source /secrets');
test('no hash', finds, 'secrets: {url: "https://x/y"}', {}, 'secrets-source /secrets/url');
test('a hash alone', finds, `secrets: {sha256: ${hash}, command: x}`, {}, 'secrets-source /secrets/sha256');
test('a hash that is none', finds, 'secrets: {url: "https://x/y", sha256: abc}', {}, 'bad-format /secrets/sha256');
test(
  'a secret in the command',
  finds,
  'secrets: {command: "curl -H token:hvs.abcdefghijklmnopqrstuvwx"}',
  {},
  'spec-secret /secrets/command',
);
test(
  'a signed URL',
  finds,
  `secrets: {url: "https://x/y?X-Amz-Signature=abc", sha256: ${hash}}`,
  {},
  'spec-secret /secrets/url',
);
test('no version of Consul', finds, 'secrets: image', { consul: 'datacenter: dc1' }, 'consul-tls-version /secrets');
test('no matter without its TLS', finds, 'secrets: image', { consul: 'tls: off' });
test('off, and yet files', finds, 'secrets: off', { tls: FILES }, 'secrets-off /tls');
test('off, and off', finds, 'secrets: off', { tls: 'tls: off', consul: 'encrypt: off\n  tls: off\n  tokens: off' });
const all = { tls: 'tls: off', consul: 'encrypt: /x/g\n  tls: off\n  tokens: off' };
test('all said otherwise', finds, 'secrets: image', all, 'secrets-unneeded /secrets');

test('each may say otherwise, and nothing that is brought is then asked for', (t) => {
  const { spec } = read('secrets: image', { tls: FILES, consul: 'encrypt: off\n  version: 2.1.0' });
  t.is(spec?.consul.encrypt, undefined);
  t.like(spec?.tls, { peer: { cert: '/x/a' } });
  t.is(spec?.consul.tls?.ca, '/run/quorumgate/consul/consul-ca.crt');
  t.is(spec?.consul.tokens?.dns, '/etc/quorumgate-secrets/dns');
});

test('servers that are there already show a certificate, hosts need not', (t) => {
  const { spec } = read('secrets: credentials', { consul: 'version: 2.1.0' });
  t.truthy(spec?.consul.tls?.cert);
  const text = SMALLEST.replace('servers: members', 'servers: existing\n  version: 2.1.0').replace(/^tls: .*\n/m, '');
  t.deepEqual(readSpec(`${text}secrets: credentials\n`, 'x', ['aws']).spec?.consul.tls, {
    ca: '/run/quorumgate/consul/consul-ca.crt',
  });
});

test('words of the spec show in messages, secrets in their place do not', (t) => {
  t.regex(read('secrets: imag').diagnostics[0]?.message ?? '', /`imag`/);
  const [one] = read('secrets: hvs.abcdefghijklmnopqrstuvwx').diagnostics;
  t.notRegex(JSON.stringify(one), /hvs\.ab/);
});
