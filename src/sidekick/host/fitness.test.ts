import test from 'ava';
import type { Settings } from '../shared/settings.ts';
import { fitness, unfit } from './fitness.ts';

const says = test.macro<[etcd: string, consul: string, settings: Pick<Settings, 'discovery' | 'scheme'>, why?: RegExp]>(
  {
    exec(t, etcd, consul, settings, why) {
      t.regex(unfit(settings as Settings, etcd, consul) ?? '', why ?? /^$/);
    },
    title: (_, etcd, consul, { discovery, scheme }) => `etcd ${etcd}, Consul ${consul}, ${discovery}, ${scheme}`,
  },
);

const plain = { discovery: 'committed', scheme: 'http' } as const;
const srv = { discovery: 'srv', scheme: 'http' } as const;
for (const etcd of ['3.5.0', '3.5.1', '3.5.2']) test(says, etcd, '1.20.1', plain, /can lose data; 3\.5\.3 or newer/);
for (const etcd of ['3.4.34', '3.5.3', '3.5.20', '3.6.0', '']) test(says, etcd, '', plain);
test(says, '3.4.34', '1.20.1', srv, /finds nobody by SRV without TLS/);
test(says, '3.4.34', '1.20.1', { ...srv, scheme: 'https' });
test(says, '3.5.16', '1.20.1', srv);
for (const consul of ['1.19.0', '1.19.1']) test(says, '3.5.16', consul, plain, /DNS ignores tags/);
for (const consul of ['1.8.7', '1.19.2', '1.20.1']) test(says, '3.5.16', consul, plain);

test('certificates that will not do keep a host without data from starting; with data they are spoken of', async (t) => {
  const nowhere = { cert: '/nowhere/peer.crt', key: '/nowhere/peer.key', ca: '/nowhere/ca.crt' };
  const settings = { scheme: 'https', discovery: 'committed', tls: nowhere, clientTls: nowhere } as Settings;
  t.regex((await fitness(settings, '1.20.1')) ?? '', /^\/nowhere\/peer\.crt cannot be read: ENOENT/);
  t.is(await fitness(settings, undefined), undefined);
});
