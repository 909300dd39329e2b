import test from 'ava';
import { loadAssets } from '../../../io/assets.ts';
import { compileForLab, hostsOf, networkOf, throwawayCertificates } from '../../lab.ts';
import { memberIds } from '../lab-testing.ts';
import {
  assertKeys,
  assertUp,
  besideWriter,
  birthOf,
  forgetEarlier,
  giveInPlace,
  inMixedLab,
  isNew,
  type MixedOptions,
  members,
  mixedTest,
  serve,
  specs,
} from './mixed-testing.ts';

test.after.always(forgetEarlier);

mixedTest('a cluster of then grows by hosts of now: the size that is agreed is the larger one', async (t) => {
  t.timeout(900_000);
  await inMixedLab(specs(), async ({ lab, now }) => {
    const { cluster, birth } = await birthOf(lab);
    await besideWriter(t, lab, async () => {
      const text = specs({ cluster: '{name: mycluster, size: 5}' }).textNow;
      t.regex(await lab.grow({ text, file: 'larger.yaml', assets: await loadAssets() }), /^etcd-4 .*etcd-5/);
      await assertUp(t, lab, cluster, 'grown');
      await assertKeys(t, lab, birth);
      // Of the size of before, as a host has it that nobody has told of the growth.
      await giveInPlace(lab, 'etcd-1', now);
      await assertUp(t, lab, cluster, 'etcd-1');
    });
    await assertKeys(t, lab, birth);
  });
});

/** With one CA for members and clients, as specs had it then; the certificates have the name that tells peers apart now. */
async function withTls(): Promise<MixedOptions> {
  const files = (side: string, name: string) =>
    `{cert: /etc/etcd/${side}.crt, key: /etc/etcd/${side}.key, ca: /etc/etcd/ca.crt${name}}`;
  const tls = (name: string) => `{peer: ${files('peer', name)}, client: ${files('server', '')}}`;
  const { text } = specs({ tls: tls('') });
  const { textNow } = specs({ tls: tls(', allowedHostname: etcd-peers') });
  const { spec } = (await compileForLab({ text: textNow, file: 'now.yaml', assets: await loadAssets() })).compiled;
  if (spec === undefined) throw new Error('the spec does not compile');
  const certificates = await throwawayCertificates(spec, hostsOf(spec, networkOf(spec)));
  return { text, textNow, hostFiles: ({ name }) => certificates.get(name) ?? [] };
}

const SETTINGS: Record<string, () => Promise<MixedOptions>> = {
  TLS: withTls,
  'discovery: srv': async () => specs({ etcd: '{version: 3.5.16, discovery: srv, replaceDeadAfter: 10}' }),
};

for (const [name, options] of Object.entries(SETTINGS)) {
  mixedTest(`${name}: in place, and a wiped one`, async (t) => {
    t.timeout(900_000);
    await inMixedLab(await options(), async ({ lab, now }) => {
      const { cluster, birth } = await birthOf(lab);
      const before = await memberIds(lab);
      await besideWriter(t, lab, async () => {
        for (const host of ['etcd-2', 'etcd-3']) {
          await giveInPlace(lab, host, now);
          await assertUp(t, lab, cluster, host);
        }
        t.deepEqual(await memberIds(lab), before);
        await serve(lab, now);
        await lab.fault.wipe('etcd-1');
        await assertUp(t, lab, cluster, 'etcd-1 was wiped');
      });
      for (const host of members) t.true(await isNew(lab, host));
      await assertKeys(t, lab, birth);
    });
  });
}
