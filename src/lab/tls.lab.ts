import { loadAssets } from '../io/assets.ts';
import { hostsOf, networkOf } from './addresses.ts';
import { throwawayCertificates } from './certificates.ts';
import { compileForLab } from './compile-for-lab.ts';
import { assertSound, eventually, example, inLab, labTest, output } from './lab-testing.ts';

labTest('mutual TLS on peers and clients, -ssl records only', async (t) => {
  t.timeout(300_000);
  const text = example('tls.yaml');
  const { spec } = (await compileForLab({ text, file: 'tls.yaml', assets: await loadAssets() })).compiled;
  if (spec === undefined) return t.fail('the example does not compile');
  const certificates = await throwawayCertificates(spec, hostsOf(spec, networkOf(spec)));
  await inLab({ text, hostFiles: ({ name }) => certificates.get(name) ?? [] }, async (lab) => {
    await assertSound(t, lab);
    const { address } = lab.host('etcd-1');
    for (const port of [2379, 2380]) {
      const bare = await lab.exec('etcd-2', ['curl', '-sk', '-m', '3', `https://${address}:${port}/members`]);
      t.not(bare.exitCode, 0, `port ${port} lets a client without a certificate in`);
      const plain = await lab.exec('etcd-2', ['curl', '-sf', '-m', '3', `http://${address}:${port}/version`]);
      t.not(plain.exitCode, 0, `port ${port} speaks plain http`);
    }
    const records = async (tag: string) =>
      (await output(lab, 'etcd-1', `dig +short @127.0.0.1 ${tag}._tcp.mycluster.etcd3.service.dc1.consul SRV`))
        .split('\n')
        .filter((line) => /^\d/.test(line)).length;
    for (const tag of ['_etcd-server-ssl', '_etcd-client-ssl']) {
      const found = await eventually(
        () => records(tag),
        (count) => count === 3,
        5,
      );
      t.is(found, 3, tag);
    }
    t.is(await records('_etcd-server'), 0);
    t.is(await records('_etcd-client'), 0);
  });
});
