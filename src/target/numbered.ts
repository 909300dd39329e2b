import { overlap, toNetwork } from '../format/ipv4.ts';
import { LONGEST_PREFIX, type NumberedHost, numberedHosts } from '../plan/hosts.ts';
import type { Spec } from '../spec/defaults.ts';
import type { Problem } from '../spec/problem.ts';

/** Numbers of hosts for a target that makes them itself, and gives them addresses in `address.cidr`. */
export interface Numbering {
  target: string;
  /** Networks that a spec may not use, and who has them: `VirtualBox gives the first interface of a box …`. */
  taken: readonly { cidr: string; by: string }[];
}

/** The hosts of a spec that `checkNumbering` has nothing against, and their network. */
export function numbered(spec: Spec): { cidr: string; hosts: NumberedHost[] } {
  const { cidr } = spec.address;
  if (cidr === undefined) throw new Error('no address.cidr: check() has to refuse it');
  return { cidr, hosts: numberedHosts(spec, toNetwork(cidr)) };
}

/** Diagnostics of a spec that hosts with such addresses cannot do. */
export function checkNumbering(spec: Spec, { target, taken }: Numbering): Problem[] {
  const { cidr } = spec.address;
  if (cidr === undefined) {
    const [from = ''] = Object.keys(spec.address);
    const message = `Target \`${target}\` needs \`address.cidr\`; \`address.${from}\` names no network to put hosts into.`;
    return [{ code: 'network-missing', pointer: `/address/${from}`, on: 'key', message }];
  }
  const narrow = small(cidr);
  return narrow.length > 0 ? narrow : [...clashes(cidr, taken), ...join(spec)];
}

function small(cidr: string): Problem[] {
  if (toNetwork(cidr).prefix <= LONGEST_PREFIX) return [];
  const [start = ''] = cidr.split('/');
  const example = `${start.replace(/\d+$/, '0')}/24`;
  const message = `\`${cidr}\` has no room for \`.101\` and what follows: the addresses of the members.`;
  return [{ code: 'network-small', pointer: '/address/cidr', message, detail: { example } }];
}

function clashes(cidr: string, taken: Numbering['taken']): Problem[] {
  return taken
    .filter((other) => overlap(toNetwork(cidr), toNetwork(other.cidr)))
    .map((other) => ({
      code: 'network-taken',
      pointer: '/address/cidr',
      message: `\`${cidr}\` and \`${other.cidr}\` overlap: ${other.by}.`,
    }));
}

function join(spec: Spec): Problem[] {
  const { consul } = spec;
  if (consul.servers === 'existing') return [];
  const role = consul.servers === 'role' ? 'consul-server' : 'etcd';
  const servers = numbered(spec).hosts.filter((host) => host.role === role);
  const detail = { addresses: servers.map(({ address }) => address).join(', ') };
  const cloud = consul.join.flatMap((entry, index): Problem[] => {
    if (!entry.includes('provider=')) return [];
    const message = 'The hosts of this target are in no cloud: cloud auto-join finds no Consul server there.';
    return [{ code: 'join-elsewhere', pointer: `/consul/join/${index}`, message, detail }];
  });
  if (cloud.length > 0) return cloud;
  const listed = consul.join.map((entry) => entry.replace(/:\d+$/, ''));
  if (servers.some(({ address }) => listed.includes(address))) return [];
  const message = "`consul.join` has none of the addresses that this target gives to Consul's servers.";
  return [{ code: 'join-elsewhere', pointer: '/consul/join', message, detail }];
}
