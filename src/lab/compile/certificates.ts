import { type Holder, ordersFor } from '../../pki/names.ts';
import type { PairName } from '../../pki/state.ts';
import { issue, newAuthority, type Pair, type Wish } from '../../pki/x509.ts';
import type { Spec } from '../../spec/defaults.ts';
import { broughtTo } from '../../spec/delivered.ts';
import type { HostFile } from '../host/host.ts';
import { type HostPlan, LARGEST, numberOf } from '../network/addresses.ts';

/** How long what is for a lab alone is good. */
export const DAYS = 30;

/** A certificate for a host: the paths where it finds it, and its issuer, by the path of that CA's own certificate. */
export interface Leaf {
  cert: string;
  key: string;
  ca: string;
  wish: Wish;
}

/** Subject of a host's certificates. Hosts that come in the place of others have one for all of them: issuing takes its time. */
function holderOf(host: HostPlan, hosts: readonly HostPlan[]): Holder {
  const isLater = ({ name, role }: HostPlan) => role === 'etcd' && numberOf(name) > LARGEST;
  if (!isLater(host)) return { name: host.name, addresses: [host.address] };
  return { name: 'etcd-later', addresses: hosts.filter(isLater).map(({ address }) => address) };
}

/** Certificates that the spec wants of a host, as `quorumgate pki issue` makes them: for peers, for clients and for Consul, each of its own CA. */
function leavesOf(spec: Spec, role: HostPlan['role'], holder: Holder): Leaf[] {
  const { tls, consul } = spec;
  const places = tls === 'off' ? {} : { peer: tls.peer, server: tls.client };
  const { ca = '', cert, key } = consul.tls ?? {};
  const files: Partial<Record<PairName, Omit<Leaf, 'wish'>>> = {
    ...places,
    ...(cert && key ? { consul: { ca, cert, key } } : {}),
  };
  const hosts = role === 'etcd' ? { members: [holder], consulServers: [] } : { members: [], consulServers: [holder] };
  return ordersFor(spec, { ...hosts, clients: [] }, DAYS).flatMap(({ pair, wish }) => {
    const at = files[pair];
    return at === undefined ? [] : [{ ...at, wish }];
  });
}

/**
 * Certificates of throwaway CAs at the paths that the spec names, or where its secrets come to. At paths of its own the keys are readable by all on
 * the host: user etcd does not exist before it boots.
 *
 * @param more certificates that a member gets besides; their CAs are those of the spec, or others
 * @param ofConsul the CA of Consul's agents, where it is not of these hosts alone
 */
export async function throwawayCertificates(
  spec: Spec,
  hosts: readonly HostPlan[],
  more: (host: HostPlan) => Leaf[] = () => [],
  ofConsul?: Pair,
): Promise<Map<string, HostFile[]>> {
  const files = new Map<string, HostFile[]>();
  const now = new Date();
  const authorities = new Map<string, Pair>();
  const issued = new Map<string, Pair>();
  if (ofConsul && spec.consul.tls) authorities.set(spec.consul.tls.ca, ofConsul);
  for (const host of hosts) {
    const own: HostFile[] = [];
    const name = holderOf(host, hosts);
    const leaves = leavesOf(spec, host.role, name);
    for (const { cert, key, ca, wish } of [...leaves, ...(host.role === 'etcd' ? more(host) : [])]) {
      const by = authorities.get(ca) ?? (await newAuthority(`quorumgate lab ${ca}`, DAYS, now));
      authorities.set(ca, by);
      const made = `${name.name} ${cert}`;
      const leaf = issued.get(made) ?? (await issue(by, wish, DAYS, now));
      issued.set(made, leaf);
      const file = (path: string, text: string) => {
        const at = broughtTo(spec, path);
        return { path: at, mode: at === path ? 0o644 : 0o600, content: Buffer.from(text) };
      };
      own.push(file(cert, leaf.cert), file(key, leaf.key), file(ca, by.cert));
    }
    if (own.length > 0) files.set(host.name, own);
  }
  return files;
}
