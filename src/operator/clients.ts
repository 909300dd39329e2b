import { parse, request } from '../sidekick/shared/consul.ts';
import { type Settings, tagOf } from '../sidekick/shared/settings.ts';
import { withConsul } from './catalog.ts';
import { OperatorError } from './operator-error.ts';

interface Entry {
  Node: { Node: string; Address: string };
  Service: { Address: string; Meta: Record<string, string> | null };
}

/**
 * Addresses of the members that serve clients, as Consul knows them now, linearizable.
 *
 * @throws OperatorError when they are not as many as the spec says, or not of one cluster
 */
export function readClients(settings: Settings): Promise<string[]> {
  return withConsul(async () => {
    const tag = encodeURIComponent(tagOf(settings, 'client'));
    const entries = parse<Entry[]>(await request(`/v1/health/service/etcd3?consistent&passing&tag=${tag}`));
    const clusters = new Set(entries.map(({ Service }) => Service.Meta?.cid ?? ''));
    if (clusters.size > 1) {
      const ids = [...clusters].sort().join(' and ');
      throw new OperatorError(
        `Consul names members of several clusters for ${settings.cluster}: ${ids}`,
        'Look at `quorumgate member list`, and end the hosts of the wrong one.',
      );
    }
    const addresses = [...new Set(entries.map(({ Node, Service }) => Service.Address || Node.Address))];
    if (addresses.length === settings.size) return addresses;
    const nodes = entries.map(({ Node }) => Node.Node).sort();
    throw new OperatorError(
      `Consul names ${addresses.length} members of ${settings.cluster} that serve clients, the spec says ${settings.size}: ${nodes.join(', ') || 'none'}`,
      'Wait until all of them do (`quorumgate member list`), or name all addresses with --endpoint.',
    );
  });
}
