import type { OnHosts } from './fault.ts';
import { reconnect } from './partition.ts';
import { clearTraffic } from './traffic.ts';

/** The network of hosts as it was: one switch, no delay, no loss. */
export const heal: OnHosts = {
  help: 'end partitions, delay and loss, of these hosts or of all',
  args: ['[host...]'],
  play: async (scene, ...hosts) => {
    await reconnect(scene, hosts);
    await clearTraffic(scene, hosts);
    return `${hosts.map(({ name }) => name).join(', ')}: connected, no delay, no loss`;
  },
};
