import { start } from '../../lab.ts';
import { assertSound, eventually, inLab, labSpec, labTest, output } from '../lab-testing.ts';

const text = labSpec({
  cluster: '{name: mycluster, size: 1}',
  consul: '{servers: members, join: [10.77.0.101]}',
});
const TRIES = 3;

/** Kills etcd as soon as the file of its log is there: its first entries come some milliseconds later. */
const KILLER = `until pid=$(pgrep -x etcd); do :; done
until [ -e /var/lib/etcd/member/wal/0000000000000000-0000000000000000.wal ]; do :; done
kill -9 $pid`;

labTest('etcd of a cluster of one is killed as it makes its first log: it is born all the same', async (t) => {
  t.timeout(900_000);
  let aside = '';
  for (let tries = 0; tries < TRIES && aside === ''; tries++) {
    await inLab(
      { text },
      async (lab) => {
        const isUp = () => output(lab, 'etcd-1', 'systemctl is-active consul').catch(() => '');
        await eventually(isUp, (said) => said === 'active', 60);
        await output(lab, 'etcd-1', KILLER);
        t.is((await lab.wait({ timeoutSeconds: 60 })).outcome, 'up');
        await assertSound(t, lab);
        t.is((await lab.etcdctl('etcd-1', ['put', 'a', 'b'])).exitCode, 0);
        // A log in which nothing stood was moved aside.
        aside = await output(lab, 'etcd-1', 'ls -d /var/lib/etcd/member.* 2>/dev/null');
      },
      start,
    );
  }
  t.log(aside === '' ? `in ${TRIES} tries it was not hit` : aside);
});
