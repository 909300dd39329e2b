import { finish } from '../machine/command.ts';
import { type Layout, namespaceOf } from '../machine/layout.ts';
import { addressBeside, type HostPlan, type Network } from './addresses.ts';
import { batch } from './network.ts';

/** The machine's end of a virtual machine's cable, in its host's namespace. */
export const TAP = 'tap0';

/**
 * A bridge between a host's cable, which is connected as every host's is, and a virtual machine: what the host had there, address and
 * hardware address, is the machine's now; commands of this machine have an address of their own there. Does nothing where it was done. All of it goes with the namespace.
 */
export async function plugMachine(layout: Layout, network: Network, host: HostPlan): Promise<void> {
  const namespace = namespaceOf(layout, host.name);
  const there = await finish('ip', ['-n', namespace, 'link', 'show', TAP]);
  if (there.exitCode === 0) return;
  await batch(namespace, [
    'link set eth0 down',
    'addr flush dev eth0',
    // Two with the hardware address of the machine would have the bridge keep what is for it.
    'link set eth0 address 02:00:00:00:00:01',
    'link add br0 type bridge',
    'link set eth0 master br0',
    `tuntap add dev ${TAP} mode tap`,
    `link set ${TAP} master br0`,
    `addr add ${addressBeside(network, host.address)}/${network.prefix} dev br0`,
    ...['eth0', TAP, 'br0'].map((device) => `link set ${device} up`),
  ]);
}
