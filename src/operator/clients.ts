import type { Settings } from '../sidekick/shared/settings.ts';
import { isReachable } from './host/consul.ts';
import type { OperatorConsul } from './host/ports.ts';
import { OperatorError } from './operator-error.ts';
import { withConsul } from './with-consul.ts';

/**
 * Addresses of the members that serve clients, as Consul knows them now, linearizable.
 *
 * @throws OperatorError when they are not as many as the spec says, not of one cluster, or no addresses that others can reach
 */
export function readClients(settings: Settings, consul: Pick<OperatorConsul, 'clients'>): Promise<string[]> {
  return withConsul(async () => {
    const { hosts, unfit } = await consul.clients();
    const odd = [
      ...unfit,
      ...hosts
        .filter(({ address }) => !isReachable(address))
        .map(({ id, node, address }) => `${id} of node ${node}: others do not reach ${address}`),
    ];
    if (odd.length > 0) {
      throw new OperatorError(
        `Consul names something for ${settings.cluster} that is no member: ${odd.slice(0, 3).join('; ')}`,
        'Find out who registered it, and remove it; or name all addresses with --endpoint.',
      );
    }
    const clusters = new Set(hosts.map(({ meta }) => meta.cid ?? ''));
    if (clusters.size > 1) {
      const ids = [...clusters].sort().join(' and ');
      throw new OperatorError(
        `Consul names members of several clusters for ${settings.cluster}: ${ids}`,
        'Look at `quorumgate member list`, and end the hosts of the wrong one.',
      );
    }
    const addresses = [...new Set(hosts.map(({ address }) => address))];
    if (addresses.length === settings.size) return addresses;
    const nodes = hosts.map(({ node }) => node).sort();
    throw new OperatorError(
      `Consul names ${addresses.length} members of ${settings.cluster} that serve clients, the spec says ${settings.size}: ${nodes.join(', ') || 'none'}`,
      'Wait until all of them do (`quorumgate member list`), or name all addresses with --endpoint.',
    );
  });
}
