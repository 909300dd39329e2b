import { readdirSync } from 'node:fs';
import type { HostPlan, Network } from './addresses.ts';
import { run } from './command.ts';
import { type Layout, namespaceOf } from './layout.ts';
import type { Step } from './steps.ts';

/** Name of the namespace with the bridge, and with what the hosts may reach: artifacts and ordinary names. */
export const BRIDGE = 'bridge';

/** The lab's namespaces, by their names alone: also those of a lab that nobody remembers. */
export function namespacesOf(layout: Layout): string[] {
  try {
    return readdirSync('/run/netns').filter((name) => name.startsWith(`${layout.prefix}-`));
  } catch {
    return [];
  }
}

async function batch(namespace: string, lines: string[]): Promise<void> {
  await run('ip', ['-n', namespace, '-batch', '-'], { input: `${lines.join('\n')}\n` });
}

async function connect(layout: Layout, network: Network, hosts: readonly HostPlan[]): Promise<void> {
  const bridge = namespaceOf(layout, BRIDGE);
  await run('ip', ['netns', 'add', bridge]);
  for (const host of hosts) await run('ip', ['netns', 'add', namespaceOf(layout, host.name)]);
  // No interface of the lab is ever in the machine's own namespace, and nothing has a route out.
  await batch(bridge, [
    'link set lo up',
    'link add br0 type bridge',
    `addr add ${network.gateway}/${network.prefix} dev br0`,
    'link set br0 up',
    ...hosts.flatMap((host, index) => [
      `link add port${index} type veth peer name eth0 netns ${namespaceOf(layout, host.name)}`,
      `link set port${index} master br0 up`,
    ]),
  ]);
  for (const host of hosts) {
    await batch(namespaceOf(layout, host.name), [
      'link set lo up',
      `addr add ${host.address}/${network.prefix} dev eth0`,
      'link set eth0 up',
    ]);
  }
}

/** One namespace with the bridge, one for each host. */
export function networkStep(layout: Layout, network: Network, hosts: readonly HostPlan[]): Step {
  return {
    name: 'connecting the hosts',
    do: () => connect(layout, network, hosts),
    undo: async () => {
      for (const name of namespacesOf(layout)) await run('ip', ['netns', 'delete', name]);
    },
  };
}
