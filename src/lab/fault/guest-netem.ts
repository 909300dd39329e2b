import { inside, isUp } from '../host/inside.ts';
import type { HostState } from '../host/state.ts';
import { LabError } from '../machine/lab-error.ts';

/** netem has no way in: packets that come are sent through another interface's queue, those that leave through the interface's own. */
const SET = `set -e
modprobe -a sch_netem ifb act_mirred cls_matchall
ip link show lab-in >/dev/null 2>&1 || ip link add lab-in type ifb
ip link set lab-in up
tc qdisc replace dev eth0 root netem "$@"
tc qdisc show dev eth0 | grep -q ingress || tc qdisc add dev eth0 ingress
tc filter replace dev eth0 parent ffff: prio 1 matchall action mirred egress redirect dev lab-in
tc qdisc replace dev lab-in root netem "$@"`;

const CLEAR = 'tc qdisc del dev eth0 root; tc qdisc del dev eth0 ingress; ip link del lab-in; true';

/** Sets netem both ways inside a virtual machine, whose kernel has it; until it boots anew. */
export async function netemInGuest(host: HostState, what: readonly string[]): Promise<void> {
  const { exitCode, stderr } = await inside(host, ['sh', '-c', SET, 'sh', ...what]);
  if (exitCode === 0) return;
  throw new LabError(
    `${host.name} sets no netem: ${stderr.trim()}`,
    `\`lab fault heal ${host.name}\` ends what there is.`,
  );
}

/** Ends it, if there is any: a machine that does not answer, for it boots or is frozen, is left as it is. */
export async function clearGuestNetem(host: HostState): Promise<void> {
  if (host.agent === undefined || !isUp(host)) return;
  await inside(host, ['sh', '-c', CLEAR]).catch(() => {});
}
