import test from 'ava';
import { render } from '../diagnostic/render.ts';
import { readSpec } from './read.ts';
import { SMALLEST } from './reference.ts';
import { masked, secretIn } from './secret.ts';

/** Secrets of each form; made up, and put together here, so that no file holds one. */
const SECRETS: [what: string, text: string][] = [
  ['a private key', `-----BEGIN EC ${'PRIVATE'} KEY-----\nMHcCAQEE\n-----END EC ${'PRIVATE'} KEY-----`],
  ['a signed URL', 'https://b.example/etcd?X-Amz-Date=1&X-Amz-Signature=0badc0ffee'],
  ['a signed URL', 'https://b.example/etcd?sv=2026&sig=0badc0ffee%3D'],
  ['a signed URL', 'https://b.example/etcd?GoogleAccessId=0badc0ffee'],
  ['an access key of AWS', `${'AKIA'}0123456789ABCDEF`],
  ['an API key of Google', `${'AIza'}${'x'.repeat(35)}`],
  ['a token of GitHub', `${'ghp'}_${'x'.repeat(36)}`],
  ['a token of GitLab', `${'glpat'}-${'x'.repeat(20)}`],
  ['a token of Vault', `${'hvs'}.${'x'.repeat(24)}`],
  ['a token of Slack', `${'xoxb'}-${'1'.repeat(12)}`],
  ['a JSON Web Token', `${'eyJ'}${'x'.repeat(10)}.${'eyJ'}${'x'.repeat(10)}.x`],
];

test('each form is told, and masked', (t) => {
  for (const [what, text] of SECRETS) {
    t.is(secretIn(text), what);
    t.is(secretIn(`a ${text}`), what);
    const shown = masked(text);
    t.is(shown.length, text.length);
    t.notRegex(shown, /0badc0ffee|x{10}|MHcC|1{12}|0123456789/, what);
  }
});

test('hashes, public keys, paths and URLs are no secrets', (t) => {
  for (const text of [
    'ab'.repeat(32),
    'https://example.com/etcd?v=1.2.3&signature-version=2',
    'x'.repeat(43),
    '/etc/etcd/peer.key',
    'registry.example/etcd@sha256:0123',
    'provider=aws tag_key=etcd tag_value=mycluster',
    'token-bucket',
  ]) {
    t.is(secretIn(text), undefined, text);
    t.is(masked(text), text);
  }
});

test('a value is masked by its name too, also of a key that is not there', (t) => {
  for (const [line, shown] of [
    ['consul: {encrypt: "cg8StVXb==", dns: 1}', 'consul: {encrypt: "**********", dns: 1}'],
    ["  token: 'a b'", "  token: '* *'"],
    ['password=hunter2&x=1', 'password=*******&x=1'],
    ['"api_key": abc', '"api_key": ***'],
    ['https://me:hunter2@example.com/', 'https://**********@example.com/'],
  ] as const)
    t.is(masked(line), shown);
});

test('no diagnostic repeats a secret, in text or in JSON, wherever it was written', (t) => {
  const lines = [
    ...SECRETS.map(([, text]) => `documents: {baseUrl: ${JSON.stringify(text)}}`),
    ...SECRETS.map(([, text]) => `programs: {etcd: {url: ${JSON.stringify(text)}}}`),
    ...SECRETS.map(([, text]) => `extra: ${JSON.stringify(text)}`),
    'extra: {gossip_encrypt: 0badc0ffee}',
    'tls: {peer: {token: "0badc0ffee"}}',
    'programs: {etcd: {url: "https://0badc0ffee:0badc0ffee@x/etcd"}}',
  ];
  for (const line of lines) {
    const { diagnostics } = readSpec(`${SMALLEST}${line}\n`, 'cluster.yaml', ['aws']);
    t.true(diagnostics.length > 0, line);
    for (const shown of [render(diagnostics, 'text'), JSON.stringify(diagnostics)])
      t.notRegex(shown, /0badc0ffee|x{10}|MHcC|1{12}|0123456789/, line);
  }
});

test('a long line with a hundred mistakes is masked once', (t) => {
  const text = `${SMALLEST}extra: [${'{a: b}, '.repeat(20_000)}]\n`;
  t.true(readSpec(text, 'cluster.yaml', ['aws']).diagnostics.length > 0);
});
