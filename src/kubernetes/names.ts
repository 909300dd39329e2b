import type { Spec } from '../spec/defaults.ts';
import type { Label, Options } from './options.ts';

/** Labels of every object, and, with a name, of the pods of one program. */
export function labelsOf(spec: Spec, name = 'etcd'): Record<string, string> {
  return {
    'app.kubernetes.io/instance': spec.cluster.name,
    'app.kubernetes.io/managed-by': 'quorumgate',
    'app.kubernetes.io/name': name,
  };
}

/** The selector of one program's pods: the part of their labels that never changes. */
export function selectorOf(spec: Spec, name: string): Record<string, string> {
  return { 'app.kubernetes.io/instance': spec.cluster.name, 'app.kubernetes.io/name': name };
}

export function toRecord(labels: readonly Label[]): Record<string, string> {
  return Object.fromEntries(labels.map(({ key, value }) => [key, value]));
}

/** Name of what has no namespace: two clusters, or two namespaces, do not meet in it. */
export function clusterWide(name: string, { namespace }: Options): string {
  return `${namespace}-${name}`;
}

/**
 * The members by Consul's DNS, those that serve: `CLUSTER.etcd3.service.DATACENTER.DOMAIN`. A plain tag of the client
 * records, because Kubernetes takes no name with `_` in it.
 */
export function consulName({ cluster, consul }: Spec): string {
  return `${cluster.name}.etcd3.service.${consul.datacenter}.${consul.domain}`;
}

/** The hosts that clients are given: addresses, so that they need no DNS, or the one name. */
export function clientUrls(spec: Spec, { endpoints }: Options): string[] {
  const scheme = spec.tls === 'off' ? 'http' : 'https';
  const hosts = endpoints.length > 0 ? endpoints : [consulName(spec)];
  return hosts.map((host) => `${scheme}://${host}:${spec.etcd.clientPort}`);
}
