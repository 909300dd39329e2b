import type { HostFile } from '../../host/host.ts';
import { LabError, showLogs, status } from '../../lab.ts';
import { assertSound, eventually, inLab, labTest, output } from '../lab-testing.ts';
import { tagOf } from '../secured-testing.ts';

// The main job on real programs, and what must heal by itself: one boot for all of it, because boots are what costs.
labTest('three hosts are one cluster, and stay one', async (t) => {
  t.timeout(900_000);
  // The first launch comes to nothing: after the gate has decided, before etcd has a log.
  const stumble: HostFile = {
    path: '/etc/systemd/system/etcd.service.d/stumble.conf',
    mode: 0o644,
    content:
      "[Service]\nExecStartPre=/bin/sh -c 'test -e /var/lib/etcd/once || { touch /var/lib/etcd/once; exit 1; }'\n",
  };
  const hostFiles = ({ name }: { name: string }) => (name === 'etcd-2' ? [stumble] : []);
  await inLab({ startSpread: 3, hostFiles, timeoutSeconds: 900 }, async (lab) => {
    await assertSound(t, lab);
    t.regex(
      await output(lab, 'etcd-2', 'journalctl -u etcd.service'),
      /Scheduled restart job/,
      'one launch came to nothing',
    );
    const members = (await lab.cluster()).rows.map((row) => row.memberId);
    t.true((await status(lab.layout)).isWhole);
    await t.throwsAsync(showLogs(lab.layout, lab.host('etcd-1'), { unit: 'etcdd' }), {
      instanceOf: LabError,
      message: 'etcdd has said nothing on etcd-1',
    });
    const hosts = lab.hosts.map(({ name }) => name);

    const node = await Promise.all(hosts.map((host) => output(lab, host, 'pgrep -x node')));
    t.deepEqual(node, ['', '', ''], 'no Node process stays resident');

    const pid = () => output(lab, 'etcd-1', 'systemctl show -P MainPID etcd.service');
    const before = await pid();
    await output(lab, 'etcd-1', 'systemctl restart consul.service consul-dns-udp.service consul-dns-tcp.service');
    t.is(await pid(), before, 'restarting Consul and the forwarders does not touch etcd');

    const name = `${tagOf('client')}._tcp.mycluster.etcd3.service.dc1.consul`;
    const clients = async () =>
      (await output(lab, 'etcd-1', `dig +short @127.0.0.1 ${name} SRV`)).split('\n').filter((line) => /^\d/.test(line))
        .length;
    t.is(await eventually(clients, (found) => found === 3), 3);
    await output(lab, 'etcd-2', 'systemctl kill --signal=STOP etcd.service');
    t.is(await eventually(clients, (found) => found === 2), 2, 'an unhealthy member leaves the client answer');
    await output(lab, 'etcd-2', 'systemctl kill --signal=CONT etcd.service');
    t.is(await eventually(clients, (found) => found === 3), 3, 'and comes back by itself');

    await output(lab, 'etcd-1', 'pkill -9 consul; pkill -9 socat; pkill -9 -x etcd');
    await lab.kill('etcd-3');
    await lab.start('etcd-3');
    t.is((await lab.wait({ timeoutSeconds: 900 })).outcome, 'up');
    await assertSound(t, lab);
    t.deepEqual(
      (await lab.cluster()).rows.map((row) => row.memberId),
      members,
      'members keep their IDs',
    );

    await lab.kill('etcd-2');
    t.false((await status(lab.layout)).isWhole, 'two of three serve');
    await lab.start('etcd-2', { wipe: true });
    t.is((await lab.wait({ timeoutSeconds: 900 })).outcome, 'up');
    await assertSound(t, lab);
    const after = (await lab.cluster()).rows.map((row) => row.memberId);
    t.deepEqual([after[0], after[2]], [members[0], members[2]]);
    t.not(after[1], members[1], 'a wiped disk is a new member of the same cluster');
  });
});
