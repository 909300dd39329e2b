import test, { type ExecutionContext } from 'ava';
import { lostWrites } from '../../chaos/check.ts';
import { startWriter } from '../../chaos/writer.ts';
import { readManifest } from '../../image/program/manifest.ts';
import { provide } from '../../image/program/provide.ts';
import { type Lab, layoutOf } from '../../lab.ts';
import {
  assertHealed,
  assertSound,
  assertWhole,
  eventually,
  inLab,
  labSpec,
  labTest,
  memberIds,
  output,
  serverRole,
} from '../lab-testing.ts';

/** One of each line, as `npm run programs` builds them; the first is known to be bad for upgrades. */
const [BAD, LAST, NEXT, NEWEST] = ['3.5.16', '3.5.35', '3.6.16', '3.7.3'] as const;
const { cache } = layoutOf();
const have = readManifest(cache).filter(({ program }) => program === 'etcd');
const isBuilt = [BAD, LAST, NEXT, NEWEST].every((version) => have.some((one) => one.version === version));
const upgradeTest = isBuilt ? labTest : test.serial.skip;

const spec = labSpec({ etcd: '{version: 3.5.16, replaceDeadAfter: 10}', consul: serverRole });
const hosts = ['etcd-1', 'etcd-2', 'etcd-3'] as const;

/** As new user-data names it: the program is another one, and etcd is started anew. */
async function upgrade(lab: Lab, host: string, version: string): Promise<void> {
  const { program } = await provide({ program: 'etcd', asked: version }, { cache, offline: true, say: () => {} });
  const { file, sha256 } = program;
  const line = `etcd url http://${lab.state.network.gateway}/${file} ${sha256}`;
  await output(lab, host, `sed -i 's|^etcd .*|${line}|' /etc/quorumgate/programs`);
  await output(lab, host, 'systemctl restart quorumgate-program@etcd');
  await output(lab, host, 'systemctl restart --no-block etcd');
}

const versionOf = async (lab: Lab, host: string) =>
  (await lab.etcdctl(host, ['endpoint', 'status', '-w', 'json']).catch(() => ({ stdout: '' }))).stdout;

async function assertOne(t: ExecutionContext, lab: Lab, at: string): Promise<void> {
  const view = await eventually(
    () => lab.cluster(),
    ({ one }) => one,
    90,
  );
  t.true(view.one, `${at}: ${JSON.stringify(view)}`);
}

/** One host after the other, each once the one before it serves. */
async function upgradeAll(t: ExecutionContext, lab: Lab, version: string): Promise<void> {
  for (const host of hosts) {
    await upgrade(lab, host, version);
    const serves = new RegExp(`"version":"${version.replaceAll('.', '\\.')}"`);
    t.regex(
      await eventually(
        () => versionOf(lab, host),
        (text) => serves.test(text),
        90,
      ),
      serves,
      `${host} ${version}`,
    );
    await assertOne(t, lab, `${host} ${version}`);
  }
}

/**
 * 3.5 writes entries into the log that 3.7 cannot read and 3.6 can. Where few writes come, they are read at each start until a snapshot
 * takes their place, which is made after ten thousand writes, or after as many as one says.
 */
async function snapshotAll(t: ExecutionContext, lab: Lab): Promise<void> {
  const dropIn = '/etc/systemd/system/etcd.service.d/snapshot.conf';
  for (const host of hosts) {
    const count = `mkdir -p $(dirname ${dropIn}); printf '[Service]\\nEnvironment=ETCD_SNAPSHOT_COUNT=10\\n' >${dropIn}`;
    await output(lab, host, `${count}; systemctl daemon-reload; systemctl restart --no-block etcd`);
    const snapshot = () => output(lab, host, 'ls /var/lib/etcd/member/snap | grep [.]snap').catch(() => '');
    t.not(await eventually(snapshot, (text) => text !== '', 90), '', host);
    await assertOne(t, lab, host);
    await output(lab, host, `rm ${dropIn}; systemctl daemon-reload`);
  }
}

upgradeTest(`${BAD} to ${LAST} to ${NEXT} to ${NEWEST}, one host after the other, while a client writes`, async (t) => {
  t.timeout(1_200_000);
  await inLab({ text: spec, etcd: BAD }, async (lab) => {
    // So that one member was once a learner.
    const born = await memberIds(lab);
    await lab.fault.wipe('etcd-3');
    await assertHealed(t, lab, born, ['etcd-3']);
    const before = await memberIds(lab);
    const writer = startWriter(lab, 'upgrade/');
    for (const version of [LAST, NEXT, NEWEST]) {
      if (version === NEWEST) await snapshotAll(t, lab);
      await upgradeAll(t, lab, version);
      t.deepEqual(await assertWhole(t, lab), before, `${version}: the members are those that they were`);
    }
    const written = await writer.stop();
    t.log(`${written.acknowledged.length} writes, the longest gap ${written.longestGap.toFixed(1)} s`);
    t.deepEqual(await lostWrites(lab, written), []);
    await assertSound(t, lab);
  });
});

upgradeTest(`${LAST} to ${NEWEST}: etcd ends at each start; with ${NEXT} it goes on`, async (t) => {
  t.timeout(600_000);
  await inLab({ text: spec, etcd: LAST }, async (lab) => {
    const before = await memberIds(lab);
    await upgrade(lab, 'etcd-2', NEWEST);
    // It reads entries of the log that only older ones write.
    const ended = /"panic".*unmarshal should never fail/;
    const journal = () => output(lab, 'etcd-2', 'journalctl -b -o cat --no-pager -u etcd').catch(() => '');
    t.regex(await eventually(journal, (text) => ended.test(text), 90), ended);
    t.is((await lab.etcdctl('etcd-1', ['put', 'meanwhile', 'kept'])).exitCode, 0, 'the others go on');
    await upgrade(lab, 'etcd-2', NEXT);
    await assertOne(t, lab, 'etcd-2');
    t.deepEqual(await assertWhole(t, lab), before);
  });
});

// etcd#19557 says that such a member is a learner again; with these versions it was not seen.
upgradeTest(`${BAD} to ${NEXT}, without ${LAST}: a member that was once a learner goes on voting`, async (t) => {
  t.timeout(600_000);
  await inLab({ text: spec, etcd: BAD }, async (lab) => {
    const born = await memberIds(lab);
    await lab.fault.wipe('etcd-3');
    await assertHealed(t, lab, born, ['etcd-3']);
    const before = await memberIds(lab);
    await upgradeAll(t, lab, NEXT);
    t.deepEqual(await assertWhole(t, lab), before);
    // From what is on the disks.
    for (const host of hosts) await lab.kill(host);
    for (const host of hosts) await lab.start(host);
    t.is((await lab.wait({ timeoutSeconds: 120 })).outcome, 'up');
    t.deepEqual(await assertWhole(t, lab), before);
  });
});
