import { readdirSync } from 'node:fs';
import { finish, run } from '../machine/command.ts';
import { type Layout, namespaceOf } from '../machine/layout.ts';
import type { Step } from '../machine/steps.ts';
import { type HostPlan, macOf, type Network } from './addresses.ts';
import { IMDS_ADDRESS } from './imds.ts';

/** Name of the namespace with the bridge, and with what the hosts may reach: artifacts and ordinary names. */
export const BRIDGE = 'bridge';

/** The bridge itself, in that namespace. */
export const SWITCH = 'br0';

/** The bridge's port for a host, by its address: hosts come and go, and no two have one address at a time. */
export function portOf({ address }: Pick<HostPlan, 'address'>): string {
  return `port${Buffer.from(address.split('.').map(Number)).toString('hex')}`;
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
function cable(layout: Layout, network: Network, host: HostPlan): { here: string[]; there: string[] } {
  const port = portOf(host);
  return {
    here: [
      `link add ${port} type veth peer name eth0 address ${macOf(host.address)} netns ${namespaceOf(layout, host.name)}`,
      `link set ${port} master ${SWITCH} up`,
    ],
    there: [
      'link set lo up',
      `addr add ${host.address}/${network.prefix} dev eth0`,
      'link set eth0 up',
      `route add ${IMDS_ADDRESS} dev eth0`,
    ],
  };
}

/** Connects one host more. */
export async function connectHost(layout: Layout, network: Network, host: HostPlan): Promise<void> {
  const { here, there } = cable(layout, network, host);
  await run('ip', ['netns', 'add', namespaceOf(layout, host.name)]);
  await batch(namespaceOf(layout, BRIDGE), here);
  await batch(namespaceOf(layout, host.name), there);
}

/** Takes a host's cable and namespace away, as far as they are there. */
export async function disconnectHost(layout: Layout, host: HostPlan): Promise<void> {
  await finish('ip', ['-n', namespaceOf(layout, BRIDGE), 'link', 'del', portOf(host)]);
  const namespace = namespaceOf(layout, host.name);
  if (namespacesOf(layout).includes(namespace)) await run('ip', ['netns', 'delete', namespace]);
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
    `addr add ${IMDS_ADDRESS}/32 dev ${SWITCH}`,
    `link set ${SWITCH} up`,
    ...hosts.flatMap((host) => cable(layout, network, host).here),
  ]);
  for (const host of hosts) await batch(namespaceOf(layout, host.name), cable(layout, network, host).there);
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
