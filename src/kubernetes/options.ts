import type { Spec } from '../spec/defaults.ts';

/** What of the Kubernetes cluster the spec does not say. */
export interface Options {
  /** Where everything that has a namespace is put, but for the DNS server's part. */
  namespace: string;
  /** IPv4 addresses of the members, each once, in the order in which they are written; none: by Consul's DNS. */
  endpoints: readonly string[];
  /** `ADDRESS:PORT` at which pods reach Consul's DNS. */
  consulDns?: string;
  /** What etcd's hosts, as nodes, are labelled with, all of it, and tainted by. */
  node: { labels: readonly Label[]; taints: readonly Taint[] };
  /** `NAME@sha256:…`; what has none is left out. */
  images: { nodeExporter?: string; metricsProxy?: string };
  /** What Prometheus is: the namespace that it is in, and the labels by which it selects monitors and rules. */
  prometheus: { namespace: string; labels: readonly Label[] };
}

export interface Label {
  key: string;
  value: string;
}

export interface Taint extends Label {
  effect: 'NoSchedule' | 'PreferNoSchedule' | 'NoExecute';
}

/** `KEY=VALUE`. */
export function parseLabel(text: string): Label {
  const [key = '', value = ''] = text.split('=');
  return { key, value };
}

/** `KEY[=VALUE]:EFFECT`. */
export function parseTaint(text: string): Taint {
  const [label = '', effect] = text.split(':');
  return { ...parseLabel(label), effect: effect as Taint['effect'] };
}

/** What holds unless it is said otherwise: what the spec gives its nodes, or names that tell clusters apart. */
export function defaultOptions({ cluster, kubernetes }: Spec): Options {
  const own = `etcd-cluster=${cluster.name}`;
  return {
    namespace: `etcd-${cluster.name}`,
    endpoints: [],
    node: {
      labels: (kubernetes.labels ?? [own]).map(parseLabel),
      taints: (kubernetes.taints ?? [`${own}:NoSchedule`]).map(parseTaint),
    },
    images: {},
    prometheus: { namespace: 'monitoring', labels: [] },
  };
}
