import type { HostFile } from '../../host/host.ts';
import { assertSound, eventually, inLab, labTest, output } from '../lab-testing.ts';

const script = (path: string, text: string): HostFile => ({ path, mode: 0o755, content: `#!/bin/sh\n${text}\n` });
/** First of what the first boot's script runs: it counts. */
const counting = script('/usr/local/sbin/systemd-sysusers', 'echo >>/run/runs; exec /usr/bin/systemd-sysusers "$@"');
/** In place of cloud-init's own: as where a `bootcmd` of the user's has replaced ours. */
const noUnit = script('/usr/local/sbin/cloud-init-per', '');
/** The unit has done it all, and has failed in the end. */
const noMark = script('/usr/local/bin/touch', 'exit 1');

for (const image of ['bookworm', 'trixie', 'forky'] as const) {
  labTest(`the first boot does not wait for cloud-init's last stage, or is done in it: ${image}`, async (t) => {
    t.timeout(900_000);
    const broken: Record<string, HostFile[]> = { 'etcd-2': [noUnit], 'etcd-3': [noMark] };
    const hostFiles = ({ name }: { name: string }) => [counting, ...(broken[name] ?? [])];
    await inLab({ image, hostFiles }, async (lab) => {
      await assertSound(t, lab);
      const stamp = async (name: string, unit: string) =>
        Number(await output(lab, name, `systemctl show -P ExecMainStartTimestampMonotonic ${unit}`));
      for (const [name, early, runs] of [
        ['etcd-1', true, 1],
        ['etcd-2', false, 1],
        ['etcd-3', true, 2],
      ] as const) {
        const last = await eventually(() => stamp(name, 'cloud-final'), Boolean);
        const ours = await stamp(name, 'quorumgate-host');
        t.is(ours < last, early, `${name}: ${ours}, cloud-init's last stage ${last}`);
        const count = () => output(lab, name, 'wc -l </run/runs');
        t.is(await eventually(count, (text) => text === String(runs), 20), String(runs), name);
      }
      // A run of it that follows on itself restarts what runs: one cluster all the same.
      await assertSound(t, lab);
    });
  });
}
