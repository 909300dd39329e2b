import type { Lab } from '../../lab.ts';
import { eventually, labTest, memberIds, output } from '../lab-testing.ts';
import { etcdInPods, inPodLab } from '../targets/pods-testing.ts';
import { assertServing } from './trust-testing.ts';

/** Programs that root's shell would run by these names, if it looked where user etcd may write; each tells who ran it. */
const programs = 'sed rm mv mkdir id systemd-notify grep tr tail head kill sleep cat echo printf sh ls chmod install';
const PREPARE = `set -e
mkdir -p /var/lib/etcd/x
for name in ${programs}; do
  printf '#!/bin/sh\\n/usr/bin/id -u >>/var/lib/etcd/x/ran\\nexec %s "$@"\\n' "$(readlink -f /usr/bin/$name)" >/var/lib/etcd/x/$name
done
echo '/usr/bin/id -u >>/var/lib/etcd/x/ran' >/var/lib/etcd/x/env
: >/var/lib/etcd/x/ran
chmod 0666 /var/lib/etcd/x/ran
chmod 0755 /var/lib/etcd /var/lib/etcd/x /var/lib/etcd/x/[!r]* /var/lib/etcd/x/rm`;

/** Again and again, as soon as there is a folder: user etcd owns it. */
const ORDER = `while :; do
  for line in PATH=/var/lib/etcd/x:/usr/bin:/bin ENV=/var/lib/etcd/x/env BASH_ENV=/var/lib/etcd/x/env LD_PRELOAD=/var/lib/etcd/x/lib.so; do
    [ ! -w /run/etcd ] || echo $line >>/run/etcd/decision.env
  done 2>/dev/null
  chmod 0755 /var/lib/etcd
  /bin/sleep 0.02
done`;
const asEtcd = (command: string) => `setpriv --reuid=etcd --regid=etcd --clear-groups sh -c '${command}'`;

const serving = (lab: Lab) => async () => (await lab.cluster()).rows.every(({ healthy }) => healthy);

labTest('W9: orders of user etcd in decision.env, for root of a static pod: root’s PATH is root’s', async (t) => {
  t.timeout(600_000);
  await inPodLab(t, { text: etcdInPods() }, async (lab) => {
    const before = await memberIds(lab);
    t.is(await output(lab, 'etcd-1', asEtcd(PREPARE.replaceAll("'", "'\\''"))), '');
    await output(lab, 'etcd-1', `systemd-run --unit=orders ${asEtcd(ORDER)}`);
    const ran = async () => (await output(lab, 'etcd-1', 'cat /var/lib/etcd/x/ran')).split('\n');
    for (const again of ['restart --no-block etcd', 'stop etcd', 'start --no-block etcd']) {
      await output(lab, 'etcd-1', `sleep 1; systemctl ${again}`);
      if (again !== 'stop etcd') await eventually(serving(lab), Boolean, 60);
      t.false((await ran()).includes('0'), `root has run a program of user etcd: ${again}`);
    }
    t.log(`${(await ran()).length} runs of user etcd’s programs`);
    await assertServing(t, lab, before, 60);
    await output(lab, 'etcd-1', 'systemctl stop orders');
    t.is((await lab.wait({ timeoutSeconds: 60 })).outcome, 'up');
  });
});
