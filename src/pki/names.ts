import { isIP } from 'node:net';
import type { Spec } from '../spec/defaults.ts';
import type { Order } from './authority.ts';
import type { PairName } from './state.ts';
import type { Wish } from './x509.ts';

/** A host as its certificates name it; one certificate may be that of several addresses, for a role whose hosts are alike. */
export interface Holder {
  name: string;
  addresses: readonly string[];
}

const unique = (names: readonly (string | undefined)[]) => [...new Set(names.filter((name) => name !== undefined))];

/** An address in Consul's DNS, where a service names it: `0a4d0065` for 10.77.0.101. */
const hexOf = (address: string) => Buffer.from(address.split('.').map(Number)).toString('hex');

/** Names in Consul's DNS by which a member is asked: of its address, of its node, and of the cluster, for `etcdctl --discovery-srv`. */
function consulNames({ cluster, consul: { datacenter, domain } }: Spec, { name, addresses }: Holder): string[] {
  const within = `${datacenter}.${domain}`;
  return [
    ...addresses.filter((address) => isIP(address) === 4).map((address) => `${hexOf(address)}.addr.${within}`),
    `${name}.node.${within}`,
    `${cluster.name}.etcd3.service.${within}`,
  ];
}

/** The certificate that a member shows to its peers. */
function peerWish(spec: Spec, holder: Holder): Wish {
  const { allowedHostname, allowedCommonName = holder.name } = spec.tls === 'off' ? {} : spec.tls.peer;
  return {
    commonName: allowedCommonName,
    dns: unique([holder.name, ...consulNames(spec, holder), allowedHostname]),
    ips: unique([...holder.addresses, '127.0.0.1']),
    usage: 'member',
  };
}

/** The certificate that a member shows to its clients, and as a client of its own gateway. */
function serverWish(spec: Spec, holder: Holder): Wish {
  return {
    commonName: holder.name,
    dns: unique([holder.name, 'localhost', ...consulNames(spec, holder)]),
    ips: unique([...holder.addresses, '127.0.0.1']),
    usage: 'member',
  };
}

/** The certificate of Consul's agent on a host; that of a server has the name by which clients know servers. */
function consulWish({ consul: { datacenter, domain } }: Spec, { name, addresses }: Holder, isServer: boolean): Wish {
  return {
    commonName: name,
    dns: unique([
      `${name}.node.${datacenter}.${domain}`,
      'localhost',
      isServer ? `server.${datacenter}.${domain}` : undefined,
    ]),
    ips: unique([...addresses, '127.0.0.1']),
    usage: 'member',
  };
}

/** The certificate of somebody who reads and writes keys. */
const clientWish = (name: string): Wish => ({ commonName: name, dns: [], ips: [], usage: 'client' });

/** For whom certificates are wanted. */
export interface Wanted {
  members: readonly Holder[];
  /** Hosts with a Consul server alone. */
  consulServers: readonly Holder[];
  clients: readonly string[];
}

/** Every certificate that these hosts and clients of a spec need. */
export function ordersFor(spec: Spec, { members, consulServers, clients }: Wanted, days: number): Order[] {
  const order = (folder: string, pair: PairName, wish: Wish): Order => ({ folder, pair, wish, days });
  return [
    ...members.flatMap((one) => [
      order(`hosts/${one.name}`, 'peer', peerWish(spec, one)),
      order(`hosts/${one.name}`, 'server', serverWish(spec, one)),
      order(`hosts/${one.name}`, 'consul', consulWish(spec, one, spec.consul.servers === 'members')),
    ]),
    ...consulServers.map((one) => order(`hosts/${one.name}`, 'consul', consulWish(spec, one, true))),
    ...clients.map((name) => order(`clients/${name}`, 'client', clientWish(name))),
  ];
}
