import { loadAssets } from '../../../io/assets.ts';
import { lostWrites } from '../../chaos/check.ts';
import { consulFlaws } from '../../chaos/consul-health.ts';
import { startWriter } from '../../chaos/writer.ts';
import {
  assertSound,
  assertWhole,
  etcdOf,
  eventually,
  inLab,
  labSpec,
  labTest,
  operate,
  says,
  serverRole,
} from '../lab-testing.ts';

labTest('3 to 5 to 3 while a client writes', async (t) => {
  t.timeout(900_000);
  const spec = (size: number) => labSpec({ cluster: `{name: mycluster, size: ${size}}`, consul: serverRole });
  await inLab({ text: spec(3) }, async (lab) => {
    t.deepEqual(
      await eventually(
        () => consulFlaws(lab),
        (flaws) => flaws.length === 0,
      ),
      [],
    );
    const writer = startWriter(lab, 'grow/');
    await lab.grow({ text: spec(5), file: 'larger.yaml', assets: await loadAssets() });
    t.is((await lab.wait({ timeoutSeconds: 180 })).outcome, 'up');
    await assertSound(t, lab);
    await assertWhole(t, lab);

    // Old hosts and new ones may go, the leader too.
    const rows = (await lab.cluster()).rows;
    const leader = rows.find((row) => row.leader)?.host ?? '';
    const other = rows.find((row) => !row.leader && row.host !== 'etcd-1')?.host ?? '';
    for (const [name, size, ...signed] of [
      [leader, 4],
      // Its disk may still list the first, which answers no more: unsigned, its gate would wait until that is dead by the policy.
      [other, 3, '--operator-key', 'KEY'],
    ] as const) {
      const via = lab.hosts.find((host) => host.role === 'etcd' && host.name !== name)?.name ?? '';
      const { exitCode, stdout, stderr } = await operate(lab, via, spec(3), [
        'member',
        'retire',
        'SPEC',
        name,
        ...signed,
        '--yes',
      ]);
      t.is(exitCode, 0, stderr);
      t.log(stdout);
      const refused = /refusing: an operator has retired this host/;
      t.regex(await says(lab, name, refused), refused);
      t.is(await etcdOf(lab, name), '');
      await lab.remove(name, { size });
    }
    await assertSound(t, lab);
    await assertWhole(t, lab);
    const written = await writer.stop();
    t.log(`${written.acknowledged.length} writes, the longest gap between two ${written.longestGap.toFixed(2)} s`);
    t.true(written.longestGap < 3, `${written.longestGap} s without a write`);
    t.deepEqual(await lostWrites(lab, written), []);
  });
});
