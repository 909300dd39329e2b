import { loadAssets } from '../io/assets.ts';
import { hostsOf, networkOf } from './addresses.ts';
import { throwawayCertificates } from './certificates.ts';
import { compileForLab } from './compile-for-lab.ts';
import {
  assertSound,
  assertWhole,
  eventually,
  example,
  inLab,
  labTest,
  output,
  type TestLabOptions,
} from './lab-testing.ts';

/** What a lab of this spec is told, with certificates on its hosts. */
async function withCertificates(text: string): Promise<TestLabOptions> {
  const { spec } = (await compileForLab({ text, file: 'tls.yaml', assets: await loadAssets() })).compiled;
  if (spec === undefined) throw new Error('the spec does not compile');
  const certificates = await throwawayCertificates(spec, hostsOf(spec, networkOf(spec)));
  return { text, hostFiles: ({ name }) => certificates.get(name) ?? [] };
}

labTest('mutual TLS on peers and clients, -ssl records only', async (t) => {
  t.timeout(300_000);
  await inLab(await withCertificates(example('tls.yaml')), async (lab) => {
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

labTest('mutual TLS where etcd asks DNS: one cluster, rebooted, wiped', async (t) => {
  t.timeout(300_000);
  const text = example('tls.yaml').replace(/version: 3\.5\.16/, '$&\n  discovery: srv\n  replaceDeadAfter: 10');
  await inLab(await withCertificates(text), async (lab) => {
    await assertSound(t, lab);
    const before = await assertWhole(t, lab);
    await lab.fault.reboot('etcd-2');
    await lab.fault.wipe('etcd-3');
    t.is((await lab.wait({ timeoutSeconds: 120 })).outcome, 'up');
    await assertSound(t, lab);
    const after = await assertWhole(t, lab);
    t.is(after.get('etcd-2'), before.get('etcd-2'));
    t.not(after.get('etcd-3'), before.get('etcd-3'));
  });
});
