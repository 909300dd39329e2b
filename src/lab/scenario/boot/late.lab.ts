import type { HostFile } from '../../host/host.ts';
import { type Lab, start } from '../../lab.ts';
import { assertSound, etcdOf, eventually, inLab, labSpec, labTest, output, says, statusLine } from '../lab-testing.ts';

// A boot goes on by itself after whatever it hangs on came late, or failed first.

const members = ['etcd-1', 'etcd-2', 'etcd-3'];
const everywhere = (lab: Lab, command: string) => Promise.all(members.map((host) => output(lab, host, command)));

/** etcd's directory is on a volume, and what that needs is not there: the mount fails. */
const BROKEN_MOUNT: HostFile[] = [
  {
    path: '/etc/systemd/system/var-lib-etcd.mount',
    mode: 0o644,
    content:
      '[Unit]\nRequires=vol.service\nAfter=vol.service\n[Mount]\nWhat=/vol\nWhere=/var/lib/etcd\nType=none\nOptions=bind\n',
  },
  {
    path: '/etc/systemd/system/vol.service',
    mode: 0o644,
    content: '[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=/bin/test -e /present\n',
  },
];

labTest(
  'a mount that fails takes the start of etcd with it; once there is a volume, all starts by itself',
  async (t) => {
    await inLab(
      { text: labSpec(), hostFiles: () => BROKEN_MOUNT, size: 3 },
      async (lab) => {
        const cancelled = await eventually(
          () =>
            everywhere(
              lab,
              'journalctl -b --no-pager | grep -c "etcd.service/start failed with result .dependency" || true',
            ),
          (counts) => counts.every((count) => Number(count) > 1),
        );
        t.true(
          cancelled.every((count) => Number(count) > 1),
          `it is tried again and again: ${cancelled}`,
        );
        t.deepEqual(await Promise.all(members.map((host) => etcdOf(lab, host))), ['', '', '']);
        await everywhere(lab, 'touch /present');
        await assertSound(t, lab);
        t.deepEqual(
          await everywhere(lab, 'findmnt -no TARGET /var/lib/etcd; ls /vol/member'),
          Array(3).fill('/var/lib/etcd\nsnap\nwal'),
        );
      },
      start,
    );
  },
);

labTest('`etcd.volume`: nothing lands on the disk of the host itself', async (t) => {
  const text = labSpec({ etcd: '{version: 3.5.16, volume: {mount: true}}' });
  await inLab(
    { text },
    async (lab) => {
      for (const host of members) {
        t.regex(await says(lab, host, /no volume is mounted/), /waiting: no volume is mounted for its data yet/);
      }
      // One may come before the others.
      for (const host of members) await output(lab, host, 'mkdir /vol; mount --bind /vol /var/lib/etcd');
      await assertSound(t, lab);
      t.deepEqual(await everywhere(lab, 'ls /vol/member'), Array(3).fill('snap\nwal'));
    },
    start,
  );
});

labTest(
  'a host that reaches the others late: its agent has joined itself alone, and joins them all the same',
  async (t) => {
    await inLab({ text: labSpec() }, async (lab) => {
      const others = members.filter((host) => host !== 'etcd-2').map((host) => lab.host(host).address);
      for (const address of others) await lab.net('etcd-2', ['ip', 'route', 'add', 'blackhole', `${address}/32`]);
      await lab.fault.wipe('etcd-2');
      const joined = await eventually(
        () =>
          output(
            lab,
            'etcd-2',
            'journalctl -u consul --no-pager | grep -c "joined: number_of_nodes=1\\|Synced with 1 initial" || true',
          ),
        (count) => Number(count) > 0,
      );
      t.true(Number(joined) > 0, 'it has found itself');
      for (const address of others) await lab.net('etcd-2', ['ip', 'route', 'del', 'blackhole', `${address}/32`]);
      const view = await eventually(
        () => lab.cluster(),
        ({ one }) => one,
        180,
      );
      t.true(view.one, `${JSON.stringify(view)} ${await statusLine(lab, 'etcd-2', 'etcd')}`);
      await assertSound(t, lab);
    });
  },
);
