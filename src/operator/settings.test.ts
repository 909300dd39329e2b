import { fileURLToPath } from 'node:url';
import test from 'ava';
import { clusterEnvironment } from '../plan/environment.ts';
import { withDefaults } from '../spec/defaults-testing.ts';
import type { SpecInput } from '../spec/schema/schema.ts';
import { clientFiles, settingsOf } from './settings.ts';

const plain: SpecInput = {
  version: 1,
  cluster: { name: 'mycluster', size: 5 },
  targets: ['aws'],
  address: { cidr: '10.0.0.0/24' },
  consul: { servers: 'members', join: ['10.0.0.1'] },
  etcd: { version: '3.7.3', peerPort: 12380, dataDirectory: '/data' },
  tls: 'off',
};
const paths = { cert: '/c', key: '/k', ca: '/a' };
const secured = withDefaults({ ...plain, tls: { peer: { ...paths, ca: '/p' }, client: paths } });

test("the hosts' own settings, as their environment says them", (t) => {
  const expected = {
    cluster: 'mycluster',
    size: 5,
    scheme: 'http',
    peerPort: 12380,
    dataDirectory: '/data',
    tls: undefined,
  };
  t.like(settingsOf(withDefaults(plain)), expected);
  t.true(clusterEnvironment(withDefaults(plain), 'etcd').includes('QG_SIZE=5'));
});

test("the operators' keys reach hosts and commands alike", (t) => {
  const operatorKeys = ['a', 'b'].map((letter) => `${letter.repeat(42)}A`);
  const spec = withDefaults({ ...plain, cluster: { ...plain.cluster, operatorKeys } });
  t.deepEqual(settingsOf(spec).operatorKeys, operatorKeys);
  t.true(clusterEnvironment(spec, 'etcd').includes(`QG_OPERATOR_KEYS=${operatorKeys.join(',')}\n`));
  t.deepEqual(settingsOf(withDefaults(plain)).operatorKeys, []);
  t.false(clusterEnvironment(withDefaults(plain), 'etcd').includes('QG_OPERATOR_KEYS'));
});

test("under TLS the operator's files, not the hosts'", (t) => {
  t.like(settingsOf(secured), { scheme: 'https', tls: undefined, clientTls: undefined });
  const own = { cert: '/x', key: '/y', ca: '/z' };
  t.like(settingsOf(secured, own), { tls: own, clientTls: own });
});

test('files are needed under TLS alone, all of them, and readable', async (t) => {
  const here = fileURLToPath(import.meta.url);
  t.is(await clientFiles(withDefaults(plain), {}), undefined);
  await t.throwsAsync(clientFiles(secured, { cert: here, key: here }), { message: /no client certificate/ });
  await t.throwsAsync(clientFiles(secured, { cert: here, key: here, ca: '/nowhere' }), { message: /ENOENT/ });
  t.deepEqual(await clientFiles(secured, { cert: here, key: here, ca: here }), { cert: here, key: here, ca: here });
});
