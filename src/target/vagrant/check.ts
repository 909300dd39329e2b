import type { Spec } from '../../spec/defaults.ts';
import type { Problem } from '../../spec/problem.ts';
import { hostsOf, type Network, overlap, toNetwork } from './hosts.ts';
import { longestPrefix, natNetworks } from './limits.ts';

/** What of a spec Vagrant's boxes cannot do. */
export function check(spec: Spec): Problem[] {
  const { cidr } = spec.address;
  if (cidr === undefined) {
    const [from = ''] = Object.keys(spec.address);
    const message = `Target \`vagrant\` needs \`address.cidr\`; \`address.${from}\` names no network to put boxes into.`;
    return [{ code: 'vagrant-address', pointer: `/address/${from}`, on: 'key', message }];
  }
  const network = toNetwork(cidr);
  const narrow = small(cidr, network);
  return narrow.length > 0 ? narrow : [...nat(cidr, network), ...join(spec, network)];
}

function small(cidr: string, { prefix }: Network): Problem[] {
  if (prefix <= longestPrefix) return [];
  const [start = ''] = cidr.split('/');
  const example = `${start.replace(/\d+$/, '0')}/24`;
  const message = `\`${cidr}\` has no room for \`.101\` and what follows: the addresses of the members.`;
  return [{ code: 'vagrant-network-small', pointer: '/address/cidr', message, detail: { example } }];
}

/** Hosts take the first of their addresses that lies in the network: the private one must be the only such. */
function nat(cidr: string, network: Network): Problem[] {
  return natNetworks
    .filter((taken) => overlap(network, toNetwork(taken.cidr)))
    .map((taken) => ({
      code: 'vagrant-network-nat',
      pointer: '/address/cidr',
      message: `\`${cidr}\` and \`${taken.cidr}\` overlap: ${taken.provider} gives the first interface of a box an address of the latter.`,
    }));
}

function join({ cluster, consul }: Spec, network: Network): Problem[] {
  if (consul.servers === 'existing') return [];
  const role = consul.servers === 'role' ? 'consul-server' : 'etcd';
  const servers = hostsOf({ cluster, consul }, network).filter((host) => host.role === role);
  const detail = { addresses: servers.map(({ address }) => address).join(', ') };
  const cloud = consul.join.flatMap((entry, index): Problem[] => {
    if (!entry.includes('provider=')) return [];
    const message = 'Boxes are in no cloud: cloud auto-join finds no Consul server there.';
    return [{ code: 'vagrant-join', pointer: `/consul/join/${index}`, message, detail }];
  });
  if (cloud.length > 0) return cloud;
  const listed = consul.join.map((entry) => entry.replace(/:\d+$/, ''));
  if (servers.some(({ address }) => listed.includes(address))) return [];
  const message = "`consul.join` has none of the addresses that the Vagrantfile gives to Consul's servers.";
  return [{ code: 'vagrant-join', pointer: '/consul/join', message, detail }];
}
