import type { Spec } from '../spec/defaults.ts';
import type { Kinds } from './kinds.ts';
import { clusterWide, labelsOf, selectorOf, toRecord } from './names.ts';
import type { Options } from './options.ts';

/** The agent that watches each of etcd's hosts that is a node. */
export interface Agent {
  name: string;
  /** On the host's address, for Prometheus: https, and only for who may read /metrics. */
  port: number;
}

export const METRICS_PORT_NAME = 'metrics';
export const READER = 'etcd-metrics-reader';
const PROXY = 'etcd-metrics';

const restricted = {
  allowPrivilegeEscalation: false,
  capabilities: { drop: ['ALL'] },
  readOnlyRootFilesystem: true,
  runAsNonRoot: true,
  runAsUser: 65532,
};

/** The port that OpenShift has made usual for this, or the next that is not etcd's. */
export function metricsAgent({ etcd }: Spec): Agent {
  const taken = [etcd.peerPort, etcd.clientPort, etcd.metricsPort];
  return { name: PROXY, port: [9979, 9980, 9981, 9982].find((port) => !taken.includes(port)) ?? 9979 };
}

export const nodeAgent: Agent = { name: 'node-exporter', port: 9100 };

type Container = NonNullable<NonNullable<Kinds['DaemonSet']['spec']>['template']['spec']>['containers'][number];

/**
 * kube-rbac-proxy: etcd shows its metrics on loopback and to all who come, so whoever opens them to the network has to
 * ask who is there. A NetworkPolicy cannot: it does not hold for pods in the host's network.
 */
function proxy(image: string, upstream: string, { port }: Agent): Container {
  return {
    name: 'kube-rbac-proxy',
    image,
    args: [
      `--secure-listen-address=$(HOST_IP):${port}`,
      `--upstream=${upstream}`,
      '--allow-paths=/metrics',
      '--tls-min-version=VersionTLS12',
    ],
    env: [{ name: 'HOST_IP', valueFrom: { fieldRef: { fieldPath: 'status.hostIP' } } }],
    ports: [{ name: METRICS_PORT_NAME, containerPort: port, hostPort: port, protocol: 'TCP' }],
    readinessProbe: { tcpSocket: { port: METRICS_PORT_NAME }, periodSeconds: 10 },
    resources: { requests: { cpu: '10m', memory: '20Mi' }, limits: { memory: '64Mi' } },
    securityContext: restricted,
  };
}

function daemonSet(
  spec: Spec,
  { namespace, node }: Options,
  { name }: Agent,
  pod: { containers: Container[]; hostPID?: boolean; volumes?: { name: string; hostPath: { path: string } }[] },
): Kinds['DaemonSet'] {
  const tolerations = node.taints.map(({ key, value, effect }) => {
    return value === ''
      ? ({ key, operator: 'Exists', effect } as const)
      : ({ key, operator: 'Equal', value, effect } as const);
  });
  return {
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    metadata: { name, namespace, labels: labelsOf(spec, name) },
    spec: {
      selector: { matchLabels: selectorOf(spec, name) },
      updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 1 } },
      template: {
        metadata: { labels: labelsOf(spec, name) },
        spec: {
          serviceAccountName: PROXY,
          hostNetwork: true,
          nodeSelector: { ...toRecord(node.labels), 'kubernetes.io/os': 'linux' },
          priorityClassName: 'system-node-critical',
          securityContext: { seccompProfile: { type: 'RuntimeDefault' } },
          tolerations,
          ...pod,
        },
      },
    },
  };
}

/** etcd's metrics, from loopback to Prometheus. */
export function metricsProxy(spec: Spec, options: Options, image: string): Kinds['DaemonSet'] {
  const agent = metricsAgent(spec);
  const upstream = `http://127.0.0.1:${spec.etcd.metricsPort}/`;
  return daemonSet(spec, options, agent, { containers: [proxy(image, upstream, agent)] });
}

/** The host's own metrics: its disk is what etcd's latency comes from. */
export function nodeExporter(
  spec: Spec,
  options: Options,
  { nodeExporter: image, metricsProxy: proxyImage }: { nodeExporter: string; metricsProxy: string },
): Kinds['DaemonSet'] {
  const local = `127.0.0.1:${nodeAgent.port}`;
  const exporter: Container = {
    name: nodeAgent.name,
    image,
    args: [
      `--web.listen-address=${local}`,
      '--path.procfs=/host/root/proc',
      '--path.rootfs=/host/root',
      '--path.sysfs=/host/root/sys',
    ],
    resources: { requests: { cpu: '20m', memory: '32Mi' }, limits: { memory: '128Mi' } },
    securityContext: restricted,
    volumeMounts: [{ name: 'root', mountPath: '/host/root', mountPropagation: 'HostToContainer', readOnly: true }],
  };
  return daemonSet(spec, options, nodeAgent, {
    containers: [exporter, proxy(proxyImage, `http://${local}/`, nodeAgent)],
    hostPID: true,
    volumes: [{ name: 'root', hostPath: { path: '/' } }],
  });
}

/**
 * Rights: the proxies ask the API server who is there; the reader, as which Prometheus comes, may read
 * /metrics. The Secret has no content here: the API server puts the reader's token into it.
 */
export function accounts(
  spec: Spec,
  options: Options,
): Kinds['ClusterRole' | 'ClusterRoleBinding' | 'Secret' | 'ServiceAccount'][] {
  const { namespace } = options;
  const labels = labelsOf(spec);
  const rules = {
    [PROXY]: [
      { apiGroups: ['authentication.k8s.io'], resources: ['tokenreviews'], verbs: ['create'] },
      { apiGroups: ['authorization.k8s.io'], resources: ['subjectaccessreviews'], verbs: ['create'] },
    ],
    [READER]: [{ nonResourceURLs: ['/metrics'], verbs: ['get'] }],
  };
  const made = Object.entries(rules).flatMap(
    ([account, allowed]): Kinds['ClusterRole' | 'ClusterRoleBinding' | 'ServiceAccount'][] => {
      const name = clusterWide(account, options);
      const role = { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name };
      return [
        { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: account, namespace, labels } },
        { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRole', metadata: { name, labels }, rules: allowed },
        {
          apiVersion: 'rbac.authorization.k8s.io/v1',
          kind: 'ClusterRoleBinding',
          metadata: { name, labels },
          roleRef: role,
          subjects: [{ kind: 'ServiceAccount', name: account, namespace }],
        },
      ];
    },
  );
  const annotations = { 'kubernetes.io/service-account.name': READER };
  const metadata = { name: READER, namespace, labels, annotations };
  return [...made, { apiVersion: 'v1', kind: 'Secret', metadata, type: 'kubernetes.io/service-account-token' }];
}

/**
 * Nothing comes into the namespace but Prometheus to the agents. Most networks do not apply it to pods in the host's
 * network, hence the proxies.
 */
export function networkPolicies(
  spec: Spec,
  { namespace, prometheus }: Options,
  agents: readonly Agent[],
): Kinds['NetworkPolicy'][] {
  const head = { apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy' } as const;
  const deny: Kinds['NetworkPolicy'] = {
    ...head,
    metadata: { name: 'default-deny', namespace, labels: labelsOf(spec) },
    spec: { podSelector: {}, policyTypes: ['Ingress'] },
  };
  const allow = agents.map(({ name, port }): Kinds['NetworkPolicy'] => ({
    ...head,
    metadata: { name, namespace, labels: labelsOf(spec) },
    spec: {
      podSelector: { matchLabels: selectorOf(spec, name) },
      policyTypes: ['Ingress'],
      ingress: [
        {
          from: [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': prometheus.namespace } } }],
          ports: [{ port, protocol: 'TCP' }],
        },
      ],
    },
  }));
  return [deny, ...allow];
}
