import type { Problem } from '../problem.ts';
import { type Draft, mappingOr, type Rule } from './draft.ts';
import { folderOf, isForMounting, TLS_FILES } from './file.ts';

const RUNNABLE = ['etcd', 'consul'] as const;

function runsPods(draft: Draft): boolean {
  return RUNNABLE.some((name) => draft[name]?.runtime === 'static-pod');
}

/** A pod's image, and only a pod's; by digest, so that all members run the same bytes for as long as the spec says so. */
export const images: Rule = (draft, { isWritten }) =>
  RUNNABLE.flatMap((name): Problem[] => {
    const { runtime, image } = draft[name] ?? {};
    if (runtime === undefined) return [];
    if (image === undefined) {
      if (runtime === 'service' || isWritten(`/${name}/image`)) return [];
      const message = `\`${name}.runtime\` is \`static-pod\`, and \`${name}.image\` does not say what the pod runs.`;
      return [{ code: 'image-missing', pointer: `/${name}/runtime`, message, detail: { name } }];
    }
    const pointer = `/${name}/image`;
    if (runtime === 'service') {
      const message = `\`${name}.image\` is given, and \`${name}.runtime\` is \`service\`: no image is run.`;
      return [{ code: 'image-unneeded', pointer, message }];
    }
    if (/^[^@]+@sha256:[0-9a-f]{64}$/.test(image)) return [];
    const [bare = ''] = image.split('@');
    const message = image.includes('@')
      ? `What follows \`@\` in \`${image}\` is no digest: \`sha256:\` and 64 lower-case hex digits are wanted.`
      : `\`${image}\` names no digest: what a tag stands for may be another image on another day, and on another member.`;
    return [{ code: 'image-without-digest', pointer, message, detail: { bare, name: bare.replace(/:[^:/]*$/, '') } }];
  });

/** The kubelet gives pods a resolv.conf of its own making, in which Consul's names need not resolve. */
export const discoveryInPod: Rule = ({ etcd }) => {
  if (etcd?.runtime !== 'static-pod' || etcd.discovery !== 'srv') return [];
  const message = '`etcd.discovery` is `srv`, and in a pod etcd may ask another DNS than this host does.';
  return [{ code: 'pod-asks-dns', pointer: '/etcd/discovery', message }];
};

/** A pod mounts the folder of each file: a file that is replaced by another would stay the old one in a mount of its own. */
export const tlsFolders: Rule = ({ etcd, tls }) => {
  if (etcd?.runtime !== 'static-pod' || typeof tls !== 'object') return [];
  return (['peer', 'client'] as const).flatMap((side) =>
    TLS_FILES.flatMap((kind): Problem[] => {
      const path = tls[side]?.[kind];
      if (path === undefined || isForMounting(folderOf(path))) return [];
      const message = `\`${path}\` lies in \`${folderOf(path)}\`, which the pod would have to mount as a whole.`;
      const example = `/etc/etcd/${path.split('/').at(-1)}`;
      return [{ code: 'pod-tls-folder', pointer: `/tls/${side}/${kind}`, message, detail: { example } }];
    }),
  );
};

/** TLS files of Consul's pods, likewise. */
export const consulFolders: Rule = ({ consul }) => {
  if (consul?.runtime !== 'static-pod') return [];
  return Object.entries(mappingOr(consul.tls) ?? {}).flatMap(([kind, path]): Problem[] => {
    if (path === undefined || isForMounting(folderOf(path))) return [];
    const message = `\`${path}\` lies in \`${folderOf(path)}\`, which the pod would have to mount as a whole.`;
    const example = `/etc/consul-tls/${path.split('/').at(-1)}`;
    return [{ code: 'pod-tls-folder', pointer: `/consul/tls/${kind}`, message, detail: { example } }];
  });
};

const JOINED = ['bootstrapKubeconfig', 'clientCa', 'clusterDns', 'clusterDomain', 'labels', 'taints'] as const;

export const kubeletMode: Rule = (draft, { isWritten }) => {
  const { kubernetes, etcd, consul } = draft;
  if (!isWritten('/kubernetes') || kubernetes === undefined) return [];
  if (etcd?.runtime === undefined || consul?.runtime === undefined) return [];
  if (!runsPods(draft)) {
    const message = '`kubernetes` is given, and nothing runs as a static pod: the hosts get no kubelet.';
    return [{ code: 'kubernetes-unneeded', pointer: '/kubernetes', on: 'key', message }];
  }
  if (kubernetes.mode !== 'stand-alone') return [];
  return JOINED.filter((key) => isWritten(`/kubernetes/${key}`)).map((key) => {
    const message = `\`kubernetes.${key}\` is given, and a kubelet that stands alone has no cluster to use it in.`;
    return { code: 'kubelet-stands-alone', pointer: `/kubernetes/${key}`, on: 'key', message };
  });
};

/** Of Kubernetes' own names a kubelet may give its node these only; with any other it does not start (pkg/apis/core/labels of the kubelet). */
const OWN_LABELS =
  /^((.+\.)?(kubelet|node)\.kubernetes\.io\/|((beta\.)?kubernetes\.io\/(hostname|os|arch|instance-type)|(topology\.kubernetes\.io|failure-domain\.beta\.kubernetes\.io)\/(zone|region))$)/;

export const nodeLabels: Rule = ({ kubernetes }) =>
  (kubernetes?.labels ?? []).flatMap((label, index): Problem[] => {
    const key = label?.split('=')[0] ?? '';
    if (!/^([^/]*\.)?(kubernetes|k8s)\.io\//.test(key) || OWN_LABELS.test(key)) return [];
    const message = `\`${key}\` is a label that a kubelet may not give its own node: it would not start.`;
    return [{ code: 'node-label-reserved', pointer: `/kubernetes/labels/${index}`, message }];
  });
