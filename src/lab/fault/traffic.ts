import type { Scene } from '../host/scene.ts';
import type { HostState } from '../host/state.ts';
import { finish, run } from '../machine/command.ts';
import { LabError } from '../machine/lab-error.ts';
import { namespaceOf } from '../machine/layout.ts';
import { ensureNft, NFT } from '../machine/preconditions.ts';
import { BRIDGE, portOf } from '../network/network.ts';
import type { OnHost } from './fault.ts';
import { clearGuestNetem, netemInGuest } from './guest-netem.ts';

/** Both ends of a host's cable: what leaves either end is hit, so each way once. */
function ends({ layout }: Scene, host: HostState): [namespace: string, device: string][] {
  return [
    [namespaceOf(layout, BRIDGE), portOf(host)],
    [namespaceOf(layout, host.name), host.device ?? 'eth0'],
  ];
}

/** Sets netem on a cable, or inside a virtual machine; false when no kernel has it. */
async function netem(scene: Scene, host: HostState, what: string[]): Promise<boolean> {
  for (const [namespace, device] of ends(scene, host)) {
    const args = ['-n', namespace, 'qdisc', 'replace', 'dev', device, 'root', 'netem', ...what];
    const { exitCode, stderr } = await finish('tc', args);
    if (exitCode === 0) continue;
    if (/kind is unknown/.test(stderr)) {
      if (host.agent !== undefined) await netemInGuest(host, what);
      return host.agent !== undefined;
    }
    throw new LabError(`tc on ${host.name}: ${stderr.trim()}`, 'Nothing was changed, or `lab fault heal` ends it.');
  }
  return true;
}

/** Drops one packet in so many by chance in the bridge's namespace: for kernels without netem. */
async function dropByFilter(scene: Scene, host: HostState, percent: number): Promise<void> {
  await ensureNft((line) => process.stderr.write(`${line}\n`));
  const port = portOf(host);
  const chance = `numgen random mod 10000 < ${Math.round(percent * 100)} drop`;
  const rules = `table netdev loss-${port} {
    chain in { type filter hook ingress device ${port} priority 0; ${chance}; }
    chain out { type filter hook egress device ${port} priority 0; ${chance}; }
  }`;
  await run('nsenter', [`--net=/run/netns/${namespaceOf(scene.layout, BRIDGE)}`, NFT, '-f', '-'], { input: rules });
}

/** Takes delay and loss away from hosts, if there is any. */
export async function clearTraffic(scene: Scene, hosts: readonly HostState[]): Promise<void> {
  const bridge = namespaceOf(scene.layout, BRIDGE);
  for (const host of hosts) {
    await clearGuestNetem(host);
    for (const [namespace, device] of ends(scene, host)) {
      await finish('tc', ['-n', namespace, 'qdisc', 'del', 'dev', device, 'root']);
    }
    const table = `loss-${portOf(host)}`;
    await finish('nsenter', [`--net=/run/netns/${bridge}`, NFT, 'delete', 'table', 'netdev', table]);
  }
}

function within(option: string, value: number, most: number): void {
  if (value >= 0 && value <= most) return;
  throw new LabError(`${option} ${value} is out of range`, `Use 0 (none) to ${most}.`);
}

/** Delays what a host sends and receives; replaces an earlier delay or loss. */
export const delay: OnHost<{ ms?: number }> = {
  help: 'delay packets to and from a host; 0 ends it',
  args: ['<host>'],
  options: { ms: { help: 'milliseconds, each way', number: '<n>', required: true } },
  chaos: [{ name: 'delay', hit: 'each', options: (amount) => ({ ms: 10 + amount }), end: { fault: 'heal' } }],
  play: async (scene, host, { ms = 0 } = {}) => {
    within('--ms', ms, 60_000);
    await clearTraffic(scene, [host]);
    if (ms === 0) return `${host.name}: no delay any more`;
    if (await netem(scene, host, ['delay', `${ms}ms`])) return `${host.name}: ${ms} ms of delay each way`;
    throw new LabError(
      'this machine cannot delay packets: its kernel has no netem (CONFIG_NET_SCH_NETEM)',
      'Use virtual machines, whose kernel has it: `quorumgate lab up SPEC --vm`; or `lab fault loss`, which works without.',
    );
  },
};

/** Loses packets to and from a host by chance; replaces an earlier delay or loss. */
export const loss: OnHost<{ percent?: number }> = {
  help: 'drop packets to and from a host at random; 0 ends it',
  args: ['<host>'],
  options: { percent: { help: 'percentage, each way', number: '<n>', required: true } },
  chaos: [{ name: 'loss', hit: 'each', options: (amount) => ({ percent: amount / 5 }), end: { fault: 'heal' } }],
  play: async (scene, host, { percent = 0 } = {}) => {
    within('--percent', percent, 100);
    await clearTraffic(scene, [host]);
    if (percent === 0) return `${host.name}: no loss any more`;
    const by = (await netem(scene, host, ['loss', `${percent}%`])) ? 'netem' : 'nftables';
    if (by === 'nftables') await dropByFilter(scene, host, percent);
    return `${host.name}: ${percent} % of its packets are lost each way (${by})`;
  },
};
