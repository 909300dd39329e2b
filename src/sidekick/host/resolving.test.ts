import test from 'ava';
import { resolvingFlaw } from './resolving.ts';

const name = 'c.etcd3.service.dc1.consul';
const members = ['10.0.0.1', '10.0.0.2'];
const no = (code: string) => () => Promise.reject(Object.assign(new Error('no'), { code }));
const at =
  (...addresses: string[]) =>
  () =>
    Promise.resolve(addresses);

for (const [what, consul, libc, told] of [
  ['all is well', at('10.0.0.1'), at('10.0.0.2'), /^$/],
  ['Consul does not know it', no('ENOTFOUND'), at(), /does not know c\.etcd3.*token for DNS/],
  ['Consul has none of that kind', no('ENODATA'), at(), /token for DNS/],
  [
    'nobody is at the port',
    no('ECONNREFUSED'),
    at(),
    /does not answer \(ECONNREFUSED\): systemctl status consul-dns-udp$/,
  ],
  ['programs do not find it', at('10.0.0.1'), no('ENOTFOUND'), /^programs here do not find .*\(ENOTFOUND\).*nsswitch/],
  ['programs find it elsewhere', at('10.0.0.1'), at('10.0.0.1', '192.0.2.1'), /at 192\.0\.2\.1, where no member is/],
] as const) {
  test(`names on a host: ${what}`, async (t) => {
    t.regex(await resolvingFlaw(name, members, { consul, libc }, true), told);
    t.is(await resolvingFlaw(name, members, { consul: no('ENOTFOUND'), libc }, false), '', 'in a container');
  });
}

test('names on a host: the real ones, where nothing answers', async (t) => {
  t.regex(
    await resolvingFlaw('nothing.invalid', members, undefined, true),
    /^DNS at 127\.0\.0\.1:53 does not (answer|know)/,
  );
});
