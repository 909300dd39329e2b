import { killHost } from '../host/host.ts';
import type { Scene } from '../host/scene.ts';
import type { HostState } from '../host/state.ts';
import { runSteps } from '../machine/steps.ts';
import { connectHost, disconnectHost } from '../network/network.ts';
import { machinesOf } from '../target/targets.ts';
import { bootHosts, makeDisk, removeDisk, type Spread } from './lab-steps.ts';
import type { Seeds } from './seeds.ts';

/** Boots hosts in a lab that runs; when one does not, none of them is left. What they are is for the caller to keep. */
export async function addHosts(
  { layout, state }: Scene,
  hosts: readonly HostState[],
  seeds: Seeds,
  spread: Spread,
): Promise<void> {
  const each = (act: (host: HostState) => Promise<void>) => async () => {
    for (const host of hosts) await act(host);
  };
  const steps = [
    {
      name: 'connecting the new hosts',
      do: each(async (host) => {
        if (machinesOf(host) === undefined) await connectHost(layout, state.network, host);
      }),
      undo: each((host) => disconnectHost(layout, host)),
    },
    {
      name: 'making their disks',
      do: each((host) => makeDisk(layout, state, host, seeds)),
      undo: each((host) => removeDisk(layout, host)),
    },
    {
      name: 'booting them',
      do: () => bootHosts(layout, hosts, spread),
      undo: each((host) => killHost(layout, host)),
    },
  ];
  await runSteps(steps, spread.signal);
}
