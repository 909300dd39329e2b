import { Type } from 'typebox';
import { HostPath, strict, Text, withDefault } from './parts.ts';

/** Kubernetes' form of a label: an optional DNS name, a slash, and a name. */
const LABEL = '([a-z0-9]([a-z0-9.-]*[a-z0-9])?/)?[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?';
const LABEL_VALUE = '([A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?)?';

const OCTET = '(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])';

/** Settings of a host's kubelet. */
export const Kubernetes = Type.Object(
  {
    mode: withDefault(
      Type.Enum(['stand-alone', 'joined'], {
        description: 'Whether the kubelet runs by itself, or its host is a node of a Kubernetes cluster.',
      }),
      'stand-alone',
    ),
    bootstrapKubeconfig: withDefault(
      HostPath('Kubeconfig on the host with which the kubelet of a joined host asks for its certificate.'),
      '/etc/kubernetes/bootstrap-kubelet.conf',
    ),
    clientCa: withDefault(
      HostPath('CA certificates (PEM) on the host by which the kubelet of a joined host knows the API server.'),
      '/etc/kubernetes/pki/ca.crt',
    ),
    clusterDns: Type.Optional(
      Type.Array(Text({ pattern: `^(${OCTET}\\.){3}${OCTET}$`, form: 'an IPv4 address, for example `10.96.0.10`' }), {
        minItems: 1,
        uniqueItems: true,
        description: 'Addresses of the DNS service that pods of a joined host ask.',
        examples: [['10.96.0.10']],
      }),
    ),
    clusterDomain: withDefault(
      Text({
        pattern: '^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$',
        form: 'a DNS name in lower case without a final dot, for example `cluster.local`',
        maxLength: 60,
        description: "The Kubernetes cluster's DNS domain.",
      }),
      'cluster.local',
    ),
    labels: Type.Optional(
      Type.Array(
        Text({
          pattern: `^${LABEL}=${LABEL_VALUE}$`,
          form: '`KEY=VALUE` as Kubernetes has labels, for example `example.com/role=etcd`',
          maxLength: 317,
        }),
        {
          minItems: 1,
          uniqueItems: true,
          description: 'Labels of the node of a joined host, `KEY=VALUE`.',
          examples: [['example.com/role=etcd']],
        },
      ),
    ),
    taints: Type.Optional(
      Type.Array(
        Text({
          pattern: `^${LABEL}(=${LABEL_VALUE})?:(NoSchedule|PreferNoSchedule|NoExecute)$`,
          form: '`KEY=VALUE:EFFECT` as Kubernetes has taints, for example `example.com/etcd=:NoSchedule`',
          maxLength: 340,
        }),
        {
          minItems: 1,
          uniqueItems: true,
          description: 'Taints that a joined host registers its node with, `KEY[=VALUE]:EFFECT`.',
          examples: [['example.com/etcd=:NoSchedule']],
        },
      ),
    ),
  },
  { ...strict, description: 'The kubelet, where something runs as a static pod.' },
);
