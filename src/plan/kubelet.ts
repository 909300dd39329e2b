import type { Spec } from '../spec/defaults.ts';
import { asset, script, text } from './file.ts';
import type { Assets, PlanFile, Role } from './plan.ts';
import { consulPod, etcdPod, MANIFESTS } from './pod.ts';
import { unitText } from './units.ts';

/**
 * /etc/quorumgate/kubelet.json, a KubeletConfiguration (kubelet.config.k8s.io/v1beta1). `containerRuntimeEndpoint` is there
 * from kubelet 1.27 on, all else for longer (staging/src/k8s.io/kubelet/config/v1beta1/types.go, read 2026-11-25).
 */
function kubeletConfig({ kubernetes }: Spec): string {
  const { mode, clientCa, clusterDns, clusterDomain, taints } = kubernetes;
  const joined = {
    authentication: { anonymous: { enabled: false }, webhook: { enabled: true }, x509: { clientCAFile: clientCa } },
    authorization: { mode: 'Webhook' },
    // With rotation the kubelet runs its static pods while it still asks for its first certificate: the API server that
    // gives it one may well need them.
    rotateCertificates: true,
    ...(clusterDns === undefined ? {} : { clusterDNS: clusterDns }),
    clusterDomain,
    ...(taints === undefined ? {} : { registerWithTaints: taints.map(taint) }),
  };
  // Nobody to ask who may use its server: it has none.
  const alone = {
    enableServer: false,
    authentication: { anonymous: { enabled: false }, webhook: { enabled: false } },
    authorization: { mode: 'AlwaysAllow' },
  };
  const config = {
    apiVersion: 'kubelet.config.k8s.io/v1beta1',
    kind: 'KubeletConfiguration',
    staticPodPath: MANIFESTS,
    containerRuntimeEndpoint: 'unix:///run/containerd/containerd.sock',
    cgroupDriver: 'systemd',
    resolvConf: '/run/quorumgate/resolv.conf',
    // A host with swap is no reason to have no etcd.
    failSwapOn: false,
    systemReserved: { cpu: '100m', memory: '256Mi' },
    ...(mode === 'joined' ? joined : alone),
  };
  return `${JSON.stringify(config, null, 1)}\n`;
}

function taint(text: string): { key: string; value?: string; effect: string } {
  const [, key = '', value, effect = ''] = /^([^=:]+)(?:=(.*))?:(\w+)$/.exec(text) ?? [];
  return { key, ...(value === undefined ? {} : { value }), effect };
}

/** /etc/quorumgate/kubelet.env: what has no place in the configuration. */
function kubeletEnvironment({ kubernetes }: Spec): string {
  const { mode, bootstrapKubeconfig, labels } = kubernetes;
  const flags =
    mode === 'joined'
      ? [
          `--bootstrap-kubeconfig=${bootstrapKubeconfig}`,
          '--kubeconfig=/var/lib/kubelet/kubeconfig',
          ...(labels !== undefined ? [`--node-labels=${labels.join(',')}`] : []),
        ]
      : [];
  return `QG_KUBELET_FLAGS=${flags.join(' ')}\n`;
}

/** Files that a host of this role needs to run static pods. */
export function podFiles(spec: Spec, role: Role, assets: Assets): PlanFile[] {
  const unit = (name: string) => unitText(spec, name, assets);
  const { etcd, consul } = spec;
  return [
    text('/etc/quorumgate/kubelet.json', kubeletConfig(spec), '/kubernetes'),
    text('/etc/quorumgate/kubelet.env', kubeletEnvironment(spec), '/kubernetes'),
    text('/etc/quorumgate/containerd.toml', asset(assets.templates, 'containerd.toml')),
    script('kubelet', assets),
    script('static-pod', assets),
    ...(role === 'etcd' && etcd.runtime === 'static-pod'
      ? [text('/etc/quorumgate/pods/etcd.json', etcdPod(spec, unit('etcd.service')), '/etcd/image')]
      : []),
    ...(consul.runtime === 'static-pod'
      ? [text('/etc/quorumgate/pods/consul.json', consulPod(spec, role, unit('consul.service')), '/consul/image')]
      : []),
  ];
}
