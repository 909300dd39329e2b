import { start } from '../../lab.ts';
import { assertSound, eventually, inLab, labSpec, labTest, output } from '../lab-testing.ts';

const text = labSpec({
  cluster: '{name: mycluster, size: 1}',
  consul: '{servers: members, join: [10.77.0.101]}',
});
const TRIES = 3;

/** Kills etcd as soon as the file of its log is there: its first entries come some milliseconds later. */
const KILLER = `
my $end = time + 60;
while (time < $end) {
  opendir(my $wal, "/var/lib/etcd/member/wal") or next;
  last if grep { /^0.*[.]wal$/ } readdir($wal);
}
opendir(my $all, "/proc");
for my $pid (grep { /^[0-9]+$/ } readdir($all)) {
  open(my $comm, "<", "/proc/$pid/comm") or next;
  kill(9, $pid) if <$comm> eq "etcd\\n";
}`;

labTest('etcd of a cluster of one is killed as it makes its first log: it is born all the same', async (t) => {
  t.timeout(900_000);
  let aside = '';
  for (let tries = 0; tries < TRIES && aside === ''; tries++) {
    await inLab(
      { text },
      async (lab) => {
        // As soon as the host can run anything.
        const kill = () => lab.exec('etcd-1', ['perl', '-e', KILLER]).catch(() => ({ exitCode: 1 }));
        const killed = await eventually(kill, ({ exitCode }) => exitCode === 0, 60);
        t.is(killed.exitCode, 0);
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
