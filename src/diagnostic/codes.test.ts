import test from 'ava';
import { CODES, type Code, isAllowable } from './codes.ts';
import { diagnose } from './diagnose.ts';

test('codes are kebab-case, titles and remedies are sentences without loose ends', (t) => {
  for (const [code, { title, remedy }] of Object.entries(CODES)) {
    t.regex(code, /^[a-z0-9]+(-[a-z0-9]+)*$/);
    t.regex(title, /^(etcd|[A-Z]).*[^.]$/, code);
    t.regex(remedy, /[.}]$/, code);
  }
});

test('a remedy is filled from the detail, and a hole left open is a bug', (t) => {
  const occurrence = { message: 'm', pointer: '' };
  t.is(diagnose('size-even', { ...occurrence, detail: { below: 3, above: 5 } }).remedy, 'Use 3 or 5 members.');
  t.throws(() => diagnose('size-even', occurrence), { message: /size-even.*\{below\}/ });
  const code: Code = 'unknown-key';
  t.is(diagnose(code, { ...occurrence, detail: { advice: 'Use {below} $& $1.' } }).remedy, 'Use {below} $& $1.');
});

test('what may be allowed says how; what is allowed is a warning that says why', (t) => {
  const occurrence = { message: 'm.', pointer: '', detail: { advice: 'Use another.' } };
  const { severity, message, remedy } = diagnose('etcd-insecure', occurrence);
  t.deepEqual([severity, message], ['error', 'm.']);
  t.is(remedy, 'Use another. Or say why it may be so: `allow: {etcd-insecure: REASON}`.');
  const allowed = diagnose('etcd-insecure', { ...occurrence, allowed: 'until March' });
  t.like(allowed, { severity: 'warning', message: 'm. Allowed: until March', remedy: 'Use another.' });
  // Nothing that loses data by itself.
  for (const code of ['etcd-corrupts', 'etcd-too-old', 'srv-needs-tls', 'consul-dns-broken'] as const) {
    t.false(isAllowable(code));
  }
});
