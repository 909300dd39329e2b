import { inside } from '../host/inside.ts';
import type { HostState } from '../host/state.ts';
import { LabError } from '../machine/lab-error.ts';
import type { OnHosts } from './fault.ts';

async function onEach(hosts: readonly HostState[], script: string): Promise<string> {
  // At once: the agents of a cluster must be able to be away together.
  const ended = await Promise.all(hosts.map(async (host) => ({ host, ...(await inside(host, ['sh', '-c', script])) })));
  for (const { host, exitCode, stderr } of ended) {
    if (exitCode === 0) continue;
    throw new LabError(`${host.name}: ${stderr.trim() || `exit ${exitCode}`}`, `See \`lab logs ${host.name}\`.`);
  }
  return hosts.map(({ name }) => name).join(', ');
}

const STOP = 'systemctl stop consul.service';
// The whole boot again: stopping Consul has taken with it what registers there, and starting it alone leaves that off.
const START = 'systemctl start --no-block quorumgate.target';

export const stopConsul: OnHosts = {
  help: 'stop the Consul agent of hosts; `all` is every host',
  args: ['<host...>'],
  chaos: [{ name: 'stop-consul', hit: 'together', end: { fault: 'startConsul' } }],
  play: async (_, ...hosts) => `${await onEach(hosts, STOP)}: Consul stopped; \`lab fault start-consul\` starts it`,
};

export const startConsul: OnHosts = {
  help: 'start the Consul agent of hosts; `all` is every host',
  args: ['<host...>'],
  play: async (_, ...hosts) => `${await onEach(hosts, START)}: Consul and what registers there started`,
};

/** All are stopped before the first is wiped: else the others would give it its data back. */
export const wipeConsul: OnHosts = {
  help: 'delete the data of the Consul agent of hosts; `all` is every host',
  args: ['<host...>'],
  chaos: [{ name: 'wipe-consul', hit: 'together' }],
  play: async (_, ...hosts) => {
    await onEach(hosts, STOP);
    await onEach(hosts, 'rm -rf /var/lib/consul');
    return `${await onEach(hosts, START)}: Consul stopped, /var/lib/consul deleted, started`;
  },
};
