import type { HostFile } from '../../host/host.ts';
import { eventually, labSpec, memberIds, output } from '../lab-testing.ts';
import { assertServing, assertUntouched, rowsIn, runsNone, whileWriting } from './trust-testing.ts';

const DECISION = '/run/etcd/decision.env';
const ORDER = '/var/lib/etcd/order';

/** As user etcd, whose folder it is, at the worst moment: the gate has written its decision, and nobody has read it. */
const worst: HostFile = {
  path: '/etc/systemd/system/etcd.service.d/zz-worst.conf',
  mode: 0o644,
  content: `[Service]\nExecStartPre=/bin/sh -c 'test ! -e ${ORDER} || { rm -f ${DECISION}; . ${ORDER}; }'\n`,
};
const { row } = rowsIn(async () => ({ text: labSpec(), hostFiles: ({ role }) => (role === 'etcd' ? [worst] : []) }));

const denied = 'journalctl -b -o cat --no-pager -u etcd | grep -i "can.*open.*decision.env" >/dev/null';
for (const [title, order, isDone] of [
  ['a pipe', `mkfifo ${DECISION}`, `test -p ${DECISION}`],
  ['a link to what only root may read', `ln -s /etc/shadow ${DECISION}`, denied],
] as const) {
  row(`user etcd puts ${title} in the place of the decision: systemd goes on, and etcd after it`, async (t, lab) => {
    const before = await memberIds(lab);
    // Hung, it is so for ever.
    const systemd = (command: string) => output(lab, 'etcd-2', `timeout 120 systemctl ${command} && echo done`);
    await whileWriting(t, lab, async () => {
      await output(lab, 'etcd-2', `echo '${order}' >${ORDER}; systemctl restart --no-block etcd`);
      const look = () => output(lab, 'etcd-2', `${isDone} && echo seen`);
      t.is(await eventually(look, (text) => text === 'seen', 60), 'seen');
      for (const command of ['daemon-reload', 'restart etcd-register-server', 'show etcd -P ActiveState']) {
        t.regex(await systemd(command), /done$/, command);
      }
      t.true(await runsNone(lab, ['etcd-2']));
      t.notRegex(
        await output(lab, 'etcd-2', 'journalctl -b -o cat --no-pager'),
        /root:[^ ]*:\d+:/,
        'what root has is shown',
      );
      t.regex(await systemd('stop etcd'), /done$/, 'stop');
      await output(lab, 'etcd-2', `rm ${ORDER}; systemctl start --no-block etcd`);
      await assertServing(t, lab, before);
    });
    await assertUntouched(t, lab);
  });
}
