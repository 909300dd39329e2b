import { readdirSync } from 'node:fs';
import type { HostPlan, Network } from './addresses.ts';
import { run } from './command.ts';
import { type Layout, namespaceOf } from './layout.ts';
import type { Step } from './steps.ts';

/** Name of the namespace with the bridge, and with what the hosts may reach: artifacts and ordinary names. */
export const BRIDGE = 'bridge';

/** The bridge itself, in that namespace. */
export const SWITCH = 'br0';

/** The bridge's port for a host, by its place in the lab's list. */
export function portOf(index: number): string {
  return `port${index}`;
}

/** The lab's namespaces, by their names alone: also those of a lab that nobody remembers. */
export function namespacesOf(layout: Layout): string[] {
  try {
    return readdirSync('/run/netns').filter((name) => name.startsWith(`${layout.prefix}-`));
  } catch {
    return [];
  }
}

/** Several `ip` commands in a namespace of the lab. */
export async function batch(namespace: string, lines: string[]): Promise<void> {
  await run('ip', ['-n', namespace, '-batch', '-'], { input: `${lines.join('\n')}\n` });
}

/** The commands that make a host's cable, then those on the host's own end. */
function cable(layout: Layout, network: Network, host: HostPlan, index: number): { here: string[]; there: string[] } {
  const port = portOf(index);
  return {
    here: [
      `link add ${port} type veth peer name eth0 netns ${namespaceOf(layout, host.name)}`,
      `link set ${port} master ${SWITCH} up`,
    ],
    there: ['link set lo up', `addr add ${host.address}/${network.prefix} dev eth0`, 'link set eth0 up'],
  };
}

/** Connects one host more. */
export async function connectHost(layout: Layout, network: Network, host: HostPlan, index: number): Promise<void> {
  const { here, there } = cable(layout, network, host, index);
  await run('ip', ['netns', 'add', namespaceOf(layout, host.name)]);
  await batch(namespaceOf(layout, BRIDGE), here);
  await batch(namespaceOf(layout, host.name), there);
}

/** Takes a host's cable and namespace away. */
export async function disconnectHost(layout: Layout, name: string, index: number): Promise<void> {
  await batch(namespaceOf(layout, BRIDGE), [`link del ${portOf(index)}`]);
  await run('ip', ['netns', 'delete', namespaceOf(layout, name)]);
}

async function connect(layout: Layout, network: Network, hosts: readonly HostPlan[]): Promise<void> {
  const bridge = namespaceOf(layout, BRIDGE);
  await run('ip', ['netns', 'add', bridge]);
  for (const host of hosts) await run('ip', ['netns', 'add', namespaceOf(layout, host.name)]);
  // No interface of the lab is ever in the machine's own namespace, and nothing has a route out.
  await batch(bridge, [
    'link set lo up',
    `link add ${SWITCH} type bridge`,
    `addr add ${network.gateway}/${network.prefix} dev ${SWITCH}`,
    `link set ${SWITCH} up`,
    ...hosts.flatMap((host, index) => cable(layout, network, host, index).here),
  ]);
  for (const [index, host] of hosts.entries()) {
    await batch(namespaceOf(layout, host.name), cable(layout, network, host, index).there);
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
