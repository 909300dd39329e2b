import type { Settings } from '../shared/settings.ts';

import { OPERATOR_KEYS } from './proofs.ts';
import { CLUSTER, type Host, POLICY, type World } from './world.ts';

/** Settings by which a host's programs know it and its cluster. */
export function settingsOf(world: World, host: Host): Settings {
  const files = world.scheme === 'https' ? { cert: '', key: '', ca: '' } : undefined;
  return {
    cluster: CLUSTER,
    size: host.size,
    scheme: world.scheme,
    datacenter: 'dc1',
    domain: 'consul',
    peerPort: 2380,
    clientPort: 2379,
    metricsPort: 2381,
    dataDirectory: '/var/lib/etcd',
    volume: false,
    discovery: world.discovery,
    name: host.name,
    address: host.address,
    tls: files,
    clientTls: files,
    operatorKeys: OPERATOR_KEYS,
    replaceDeadAfter: POLICY,
  } as Settings;
}

const urls = new Map<string, string>();

/** The peer URL at an address: settings.peerUrl, said faster. */
export function urlOf({ scheme, discovery }: Pick<World, 'scheme' | 'discovery'>, address: string): string {
  if (discovery === 'committed') return `${scheme}://${address}:2380`;
  let hex = urls.get(address);
  if (hex === undefined) {
    hex = address
      .split('.')
      .map((part) => Number(part).toString(16).padStart(2, '0'))
      .join('');
    urls.set(address, hex);
  }
  return `${scheme}://${hex}.addr.dc1.consul:2380`;
}
