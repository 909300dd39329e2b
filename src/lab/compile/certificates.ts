import { ordersFor } from '../../pki/names.ts';
import type { PairName } from '../../pki/state.ts';
import { issue, newAuthority, type Pair, type Wish } from '../../pki/x509.ts';
import type { Spec } from '../../spec/defaults.ts';
import { broughtTo } from '../../spec/delivered.ts';
import type { HostFile } from '../host/host.ts';
import type { HostPlan } from '../network/addresses.ts';

const DAYS = 30;

/** A certificate for a host: the paths where it finds it, and its issuer, by the path of that CA's own certificate. */
export interface Leaf {
  cert: string;
  key: string;
  ca: string;
  wish: Wish;
}

/** Certificates that the spec wants of a host, as `quorumgate pki issue` makes them: for peers, for clients and for Consul, each of its own CA. */
function leavesOf(spec: Spec, { name, address, role }: HostPlan): Leaf[] {
  const { tls, consul } = spec;
  const places = tls === 'off' ? {} : { peer: tls.peer, server: tls.client };
  const { ca = '', cert, key } = consul.tls ?? {};
  const files: Partial<Record<PairName, Omit<Leaf, 'wish'>>> = {
    ...places,
    ...(cert && key ? { consul: { ca, cert, key } } : {}),
  };
  const holder = [{ name, addresses: [address] }];
  const hosts = role === 'etcd' ? { members: holder, consulServers: [] } : { members: [], consulServers: holder };
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
 */
export async function throwawayCertificates(
  spec: Spec,
  hosts: readonly HostPlan[],
  more: (host: HostPlan) => Leaf[] = () => [],
): Promise<Map<string, HostFile[]>> {
  const files = new Map<string, HostFile[]>();
  const now = new Date();
  const authorities = new Map<string, Pair>();
  for (const host of hosts) {
    const own: HostFile[] = [];
    for (const { cert, key, ca, wish } of [...leavesOf(spec, host), ...(host.role === 'etcd' ? more(host) : [])]) {
      const by = authorities.get(ca) ?? (await newAuthority(`quorumgate lab ${ca}`, DAYS, now));
      authorities.set(ca, by);
      const leaf = await issue(by, wish, DAYS, now);
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
