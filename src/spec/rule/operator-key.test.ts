import { createPublicKey, generateKeyPairSync, verify } from 'node:crypto';
import test from 'ava';
import { readSpec } from '../read.ts';
import { SMALLEST } from '../reference.ts';
import { isPublicKey } from './operator-key.ts';

const newKey = () => generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' }).x ?? '';
const fromHex = (hex: string) => Buffer.from(hex, 'hex').toString('base64url');

function found(keys: string): [code: string, pointer: string][] {
  const { diagnostics } = readSpec(SMALLEST.replace('size: 3', `size: 3\n  operatorKeys: ${keys}`), 'x', ['aws']);
  return diagnostics.map(({ code, pointer }) => [code, pointer]);
}

test('what is made as a key is one', (t) => {
  for (let count = 0; count < 100; count++) t.true(isPublicKey(newKey()));
});

test('RFC 8032, 7.1: the keys of its examples', (t) => {
  for (const hex of [
    'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a',
    '3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c',
    'fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025',
    '278117fc144c72340f67d0f2316e8386ceffbf2b2428c9c51fef7c597f1d426e',
    'ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf',
  ]) {
    t.true(isPublicKey(fromHex(hex)), hex);
  }
});

/** Those of small order, in every way that 32 bytes can say them (ed25519's well-known list of 14). */
const WEAK = [
  '0100000000000000000000000000000000000000000000000000000000000000',
  '0100000000000000000000000000000000000000000000000000000000000080',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff',
  '0000000000000000000000000000000000000000000000000000000000000000',
  '0000000000000000000000000000000000000000000000000000000000000080',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa',
  'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff',
  'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff',
];

test('a key for which anybody finds a signature is none', (t) => {
  for (const hex of WEAK) t.false(isPublicKey(fromHex(hex)), hex);
  // That it matters: the signature R = identity, s = 0 is good for any text under the first.
  const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: fromHex(WEAK[0] ?? '') }, format: 'jwk' });
  t.true(verify(null, Buffer.from('any text'), key, Buffer.from(`01${'00'.repeat(63)}`, 'hex')));
});

test('half of all 32 bytes are no point of the curve', (t) => {
  const many = Array.from({ length: 400 }, (_, index) =>
    isPublicKey(fromHex(`${index.toString(16).padStart(4, '0')}${'5a'.repeat(30)}`)),
  );
  const good = many.filter(Boolean).length;
  t.true(good > 150 && good < 250, String(good));
});

test('a spec names at most two, of 43 letters each, and each can be one', (t) => {
  const [one, two, three] = [newKey(), newKey(), newKey()];
  t.deepEqual(found('[]'), []);
  t.deepEqual(found(`[${one}]`), []);
  t.deepEqual(found(`[${one}, ${two}]`), []);
  t.deepEqual(found(`[${one}, ${two}, ${three}]`), [['too-many-items', '/cluster/operatorKeys']]);
  t.is(found(`[${one}, ${one}]`)[0]?.[0], 'repeated-item');
  t.deepEqual(found(`[${one}, ${'A'.repeat(43)}]`), [['operator-key-invalid', '/cluster/operatorKeys/1']]);
  // Not whole bytes: the last letter says two bits more than there are.
  t.deepEqual(found(`["${one.slice(0, 42)}B"]`), [['bad-format', '/cluster/operatorKeys/0']]);
  for (const wrong of [one.slice(1), `${one}=`, `${one}A`, one.replace(/.$/, '+'), one.replace(/^./, '/'), `${one} `]) {
    t.deepEqual(found(`[${JSON.stringify(wrong)}]`), [['bad-format', '/cluster/operatorKeys/0']], wrong);
  }
});

test('what is wrong with a form is said in words for it', (t) => {
  const { diagnostics } = readSpec(SMALLEST.replace('size: 3', 'size: 3\n  operatorKeys: [abc]'), 'x', ['aws']);
  t.regex(diagnostics[0]?.remedy ?? '', /43 letters, digits, `-` or `_`, as `quorumgate key public` prints it/);
});
