import type { HostFile } from '../../host/host.ts';
import { assertSound, eventually, inLab, labTest, output } from '../lab-testing.ts';

const script = (path: string, text: string): HostFile => ({ path, mode: 0o755, content: `#!/bin/sh\n${text}\n` });
/** First of what the first boot's script runs: it keeps in which unit. */
const telling = script(
  '/usr/local/sbin/systemd-sysusers',
  '[ "$1" != quorumgate.conf ] || sed "s:.*/::" /proc/self/cgroup | tail -n 1 >>/run/runs; exec /usr/bin/systemd-sysusers "$@"',
);
/** In place of cloud-init's own: as where a `bootcmd` of the user's has replaced ours. */
const noUnit = script('/usr/local/sbin/cloud-init-per', '');
/** The unit has done it all, and has failed in the end. */
const noMark = script('/usr/local/bin/touch', 'exit 1');

for (const image of ['bookworm', 'trixie', 'forky'] as const) {
  labTest(`the first boot does not wait for cloud-init's last stage, or is done in it: ${image}`, async (t) => {
    t.timeout(900_000);
    const broken: Record<string, HostFile[]> = { 'etcd-2': [noUnit], 'etcd-3': [noMark] };
    const hostFiles = ({ name }: { name: string }) => [telling, ...(broken[name] ?? [])];
    await inLab({ image, hostFiles }, async (lab) => {
      await assertSound(t, lab);
      const [early, late] = ['quorumgate-first-boot.service', 'cloud-final.service'];
      for (const [name, runs] of [
        ['etcd-1', [early]],
        ['etcd-2', [late]],
        ['etcd-3', [early, late]],
      ] as const) {
        await eventually(
          () => output(lab, name, 'cloud-init status'),
          (text) => /^status: (done|error)/.test(text),
        );
        // From 24.3 on all stages are of one service.
        const seen = (await output(lab, name, 'cat /run/runs')).replace('cloud-init-main', 'cloud-final');
        t.deepEqual(seen.split('\n'), runs, name);
      }
      // A run of it that follows on itself restarts what runs: one cluster all the same.
      await assertSound(t, lab);
    });
  });
}
