import type { Spec } from '../spec/defaults.ts';
import { clientUrls } from './names.ts';
import type { Options } from './options.ts';

/** Where kubeadm's own guide for external etcd puts the files on a control plane host (kubernetes.io, read 2026-11-25). */
const FILES = {
  caFile: '/etc/kubernetes/pki/etcd/ca.crt',
  certFile: '/etc/kubernetes/pki/apiserver-etcd-client.crt',
  keyFile: '/etc/kubernetes/pki/apiserver-etcd-client.key',
};

/** v1beta4: kubeadm 1.31 and newer. Not an object for `kubectl`: kubeadm reads it. */
export function clusterConfiguration(spec: Spec, options: Options): object {
  const external = { endpoints: clientUrls(spec, options), ...(spec.tls === 'off' ? {} : FILES) };
  return { apiVersion: 'kubeadm.k8s.io/v1beta4', kind: 'ClusterConfiguration', etcd: { external } };
}

/** The flags of a kube-apiserver that nobody manages, one a line. */
export function apiserverFlags(spec: Spec, options: Options): string {
  const { caFile, certFile, keyFile } = FILES;
  const files =
    spec.tls === 'off' ? [] : [`--etcd-cafile=${caFile}`, `--etcd-certfile=${certFile}`, `--etcd-keyfile=${keyFile}`];
  return [...files, `--etcd-servers=${clientUrls(spec, options).join(',')}`].map((flag) => `${flag}\n`).join('');
}
