import { execFileSync } from 'node:child_process';
import { createPublicKey, verify } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { IoError } from './io-error.ts';
import { generateOperatorKey, readOperatorKey } from './operator-key.ts';

const folder = mkdtempSync(join(tmpdir(), 'quorumgate-key-'));
test.after.always(() => rmSync(folder, { recursive: true }));

/** As a host has it: only the public half. */
function isSigned(text: string, proof: string, x: string): boolean {
  const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
  return verify(null, Buffer.from(text), key, Buffer.from(proof, 'base64url'));
}

test('what is made is read again, and signs', async (t) => {
  const file = join(folder, 'key');
  const made = await generateOperatorKey(file);
  t.regex(made.publicHalf, /^[\w-]{43}$/);
  t.is(statSync(file).mode & 0o777, 0o600);
  const read = await readOperatorKey(file);
  t.is(read.publicHalf, made.publicHalf);
  const proof = read.sign('text');
  t.true(isSigned('text', proof, made.publicHalf));
  t.false(isSigned('another', proof, made.publicHalf));
  const other = await generateOperatorKey(join(folder, 'other'));
  t.false(isSigned('text', proof, other.publicHalf));
  t.false(JSON.stringify(read).includes(readFileSync(file, 'utf8').split('\n')[1] ?? ''));
});

test('the mode does not depend on the umask, and nothing is overwritten', async (t) => {
  const file = join(folder, 'open');
  const before = process.umask(0);
  await generateOperatorKey(file).finally(() => process.umask(before));
  t.is(statSync(file).mode & 0o777, 0o600);
  const text = readFileSync(file, 'utf8');
  await t.throwsAsync(generateOperatorKey(file), { instanceOf: IoError, message: /is there already/ });
  t.is(readFileSync(file, 'utf8'), text);
  await t.throwsAsync(generateOperatorKey(join(folder, 'no', 'key')), { message: /Cannot write .*ENOENT/ });
});

test('OpenSSL reads it, and what OpenSSL makes is read', async (t) => {
  const file = join(folder, 'ours');
  await generateOperatorKey(file);
  t.regex(execFileSync('openssl', ['pkey', '-in', file, '-noout', '-text'], { encoding: 'utf8' }), /ED25519/);
  const theirs = join(folder, 'theirs');
  execFileSync('openssl', ['genpkey', '-algorithm', 'ed25519', '-out', theirs]);
  t.regex((await readOperatorKey(theirs)).publicHalf, /^[\w-]{43}$/);
});

test('what is no such key is refused, and not quoted', async (t) => {
  const no = { instanceOf: IoError, message: /is no operator's key: it has to be an Ed25519/ };
  const rsa = join(folder, 'rsa');
  execFileSync('openssl', ['genpkey', '-algorithm', 'rsa', '-out', rsa], { stdio: 'ignore' });
  const encrypted = join(folder, 'encrypted');
  const cipher = ['-aes256', '-pass', 'pass:x'];
  execFileSync('openssl', ['genpkey', '-algorithm', 'ed25519', ...cipher, '-out', encrypted]);
  const text = join(folder, 'text');
  writeFileSync(text, 'secret words');
  const large = join(folder, 'large');
  writeFileSync(large, 'x'.repeat(5000));
  for (const file of [rsa, encrypted, text, large, '/dev/null', '/dev/zero']) {
    const error = await t.throwsAsync(readOperatorKey(file), no, file);
    t.false(error?.message.includes('secret words'));
  }
  await t.throwsAsync(readOperatorKey(folder), { message: /Cannot read .*EISDIR/ });
  await t.throwsAsync(readOperatorKey(join(folder, 'none')), { message: /Cannot read .*ENOENT/ });
});
