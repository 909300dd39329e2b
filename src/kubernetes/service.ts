import type { Spec } from '../spec/defaults.ts';
import type { Kinds } from './kinds.ts';
import { consulName, labelsOf } from './names.ts';
import type { Options } from './options.ts';

const SERVICE = 'etcd';
export const CLIENT_PORT_NAME = 'client';

/**
 * Pod Security of the namespace: monitoring agents need the host's network, nothing else does.
 *
 * @param privileged whether anything in it does
 */
export function namespace(spec: Spec, { namespace: name }: Options, privileged: boolean): Kinds['Namespace'] {
  const labels = { ...labelsOf(spec), 'pod-security.kubernetes.io/enforce': privileged ? 'privileged' : 'restricted' };
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } };
}

/** The members as a Service: headless over their addresses, or an alias of the name that Consul answers. */
export function service(spec: Spec, { namespace: name, endpoints }: Options): Kinds['Service'] {
  const metadata = { name: SERVICE, namespace: name, labels: labelsOf(spec) };
  const head = { apiVersion: 'v1', kind: 'Service', metadata } as const;
  if (endpoints.length === 0) return { ...head, spec: { type: 'ExternalName', externalName: consulName(spec) } };
  const port = spec.etcd.clientPort;
  // No selector: the slice is ours, and no controller's.
  return {
    ...head,
    spec: { clusterIP: 'None', ports: [{ name: CLIENT_PORT_NAME, port, protocol: 'TCP', targetPort: port }] },
  };
}

export function endpointSlice(spec: Spec, { namespace: name, endpoints }: Options): Kinds['EndpointSlice'] {
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      name: `${SERVICE}-members`,
      namespace: name,
      labels: {
        ...labelsOf(spec),
        'endpointslice.kubernetes.io/managed-by': 'quorumgate',
        'kubernetes.io/service-name': SERVICE,
      },
    },
    addressType: 'IPv4',
    endpoints: endpoints.map((address) => ({ addresses: [address], conditions: { ready: true } })),
    ports: [{ name: CLIENT_PORT_NAME, port: spec.etcd.clientPort, protocol: 'TCP' }],
  };
}

/**
 * Consul's domain for CoreDNS, in the ConfigMap that AKS, k3s and others let users have beside their own. It is not
 * `coredns` itself: that one holds the whole cluster's DNS, and would be replaced.
 */
export function stubDomain(spec: Spec, server: string): Kinds['ConfigMap'] {
  const { domain } = spec.consul;
  const block = [`${domain}:53 {`, '    errors', '    cache 5', `    forward . ${server}`, '}', ''].join('\n');

  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'coredns-custom', namespace: 'kube-system', labels: labelsOf(spec, 'coredns') },
    data: { [`${domain}.server`]: block },
  };
}
