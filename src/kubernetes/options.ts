import type { Spec } from '../spec/defaults.ts';

/** Facts of the Kubernetes cluster that the spec does not have. */
export interface Options {
  /** Where everything that has a namespace is put, but for the DNS server's part. */
  namespace: string;
  /** IPv4 addresses of the members, each once, in the order in which they are written; none: by Consul's DNS. */
  endpoints: readonly string[];
  /** `ADDRESS:PORT` at which pods reach Consul's DNS. */
  consulDns?: string;
  /** All labels, and the taint, of etcd's hosts that are nodes. */
  node: { labels: readonly Label[]; taints: readonly Taint[] };
  /** `NAME@sha256:…`; what has none is left out. */
  images: { nodeExporter?: string; metricsProxy?: string };
  /** Prometheus: its namespace, and the labels by which it selects monitors and rules. */
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

/** The defaults: what the spec gives its nodes, or names that tell clusters apart. */
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
