import { Type } from 'typebox';
import { HostPath, strict } from './schema-parts.ts';

/** Kubernetes' form of a label: an optional DNS name, a slash, and a name. */
const LABEL = '([a-z0-9]([a-z0-9.-]*[a-z0-9])?/)?[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?';
const LABEL_VALUE = '([A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?)?';

const OCTET = '(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])';

/** What the kubelet of a host is told. */
export const Kubernetes = Type.Optional(
  Type.Object(
    {
      mode: Type.Optional(
        Type.Enum(['stand-alone', 'joined'], {
          default: 'stand-alone',
          description: 'Whether the kubelet runs by itself, or its host is a node of a Kubernetes cluster.',
        }),
      ),
      bootstrapKubeconfig: Type.Optional({
        ...HostPath('Kubeconfig on the host with which the kubelet of a joined host asks for its certificate.'),
        default: '/etc/kubernetes/bootstrap-kubelet.conf',
      }),
      clientCa: Type.Optional({
        ...HostPath('CA certificates (PEM) on the host by which the kubelet of a joined host knows the API server.'),
        default: '/etc/kubernetes/pki/ca.crt',
      }),
      clusterDns: Type.Optional(
        Type.Array(Type.String({ pattern: `^(${OCTET}\\.){3}${OCTET}$` }), {
          minItems: 1,
          uniqueItems: true,
          description: 'Addresses of the DNS service that pods of a joined host ask.',
        }),
      ),
      clusterDomain: Type.Optional(
        Type.String({
          pattern: '^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$',
          maxLength: 60,
          default: 'cluster.local',
          description: "The Kubernetes cluster's DNS domain.",
        }),
      ),
      labels: Type.Optional(
        Type.Array(Type.String({ pattern: `^${LABEL}=${LABEL_VALUE}$`, maxLength: 317 }), {
          minItems: 1,
          uniqueItems: true,
          description: 'Labels of the node of a joined host, `KEY=VALUE`.',
        }),
      ),
      taints: Type.Optional(
        Type.Array(
          Type.String({
            pattern: `^${LABEL}(=${LABEL_VALUE})?:(NoSchedule|PreferNoSchedule|NoExecute)$`,
            maxLength: 340,
          }),
          {
            minItems: 1,
            uniqueItems: true,
            description: 'Taints that a joined host registers its node with, `KEY[=VALUE]:EFFECT`.',
          },
        ),
      ),
    },
    { ...strict, description: 'The kubelet, where something runs as a static pod.' },
  ),
);
