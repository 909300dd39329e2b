import { parseUnitFile, unitValue } from '../format/unit-file.ts';
import type { Spec } from '../spec/defaults.ts';
import { folderOf } from '../spec/rule/file.ts';
import { VERSIONS } from '../version/facts.ts';
import { isIn } from '../version/range.ts';
import { etcdEnvironment, settings } from './environment.ts';
import type { Role } from './plan.ts';

/**
 * Manifests of static pods, as JSON (which is YAML). units/scripts/static-pod.sh fills the holes `@{…}` at each start: the
 * host's name and address, the numbers of the user whose data it is, the gate's decision, and the start's own ID.
 */
export const MANIFESTS = '/etc/kubernetes/manifests';

interface Mount {
  name: string;
  path: string;
  writable?: boolean;
}

/** Variables that the gate has to tell etcd. Empty is as good as not set. */
const DECISION = ['ETCD_INITIAL_CLUSTER_STATE', 'ETCD_INITIAL_CLUSTER', 'ETCD_INITIAL_CLUSTER_TOKEN'];

/** Where etcd has its own sockets, by the unit of the same name: what asks them is on the host. */
const SOCKETS = '/run/etcd';

/** The command of the unit of the same name: a member's flags do not depend on how it runs. */
function command(unit: string, values: Record<string, string | number>): string[] {
  const words = unitValue(parseUnitFile(unit), 'Service', 'ExecStart')?.split(/\s+/) ?? [];
  // In a pod the decision is in the manifest: no script brings it.
  const [program = '', ...flags] = words.slice(words.findIndex((word) => word.startsWith('/opt/quorumgate/bin/')));
  const filled = flags.map((flag) =>
    flag.replace(/\$\{(\w+)\}/g, (_, name: string) => {
      const value = { QG_NAME: '@{name}', QG_ADDRESS: '@{address}', ...values }[name];
      if (value === undefined) throw new Error(`no value for ${name}`);
      return String(value);
    }),
  );
  return [program.replace(/^.*\//, ''), ...filled];
}

const MOUNTED = 'quorumgate';

function pod(name: string, container: { name: string; image: string }, mounts: Mount[], own: object): string {
  const all: Mount[] = [
    ...mounts,
    // Made for one start and gone with it: with a manifest that was left behind, or a copy of one, the kubelet runs nothing.
    { name: MOUNTED, path: `/run/quorumgate/pods/${container.name}/@{id}` },
  ];
  const manifest = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      // Another pod at each start: what is left of the last one is not taken for it. By its name too, of which the kubelet knows
      // one in all files: an old copy would take its place, and the last one would have to be gone first.
      name: `${name}-@{id}`,
      namespace: 'kube-system',
      uid: '@{id}',
      labels: { component: container.name, tier: 'control-plane', 'app.kubernetes.io/name': container.name },
    },
    spec: {
      hostNetwork: true,
      // The kubelet starts nothing again by itself: each start goes through the unit of the same name, and so through the gate.
      restartPolicy: 'Never',
      priorityClassName: 'system-node-critical',
      priority: 2_000_001_000,
      securityContext: {
        runAsNonRoot: true,
        runAsUser: '@{uid}',
        runAsGroup: '@{gid}',
        seccompProfile: { type: 'RuntimeDefault' },
      },
      containers: [
        {
          ...container,
          imagePullPolicy: 'IfNotPresent',
          ...own,
          resources: { requests: { cpu: '100m', memory: '100Mi' } },
          securityContext: {
            allowPrivilegeEscalation: false,
            readOnlyRootFilesystem: true,
            capabilities: { drop: ['ALL'] },
          },
          volumeMounts: all.map(({ name: volume, path, writable = false }) => ({
            name: volume,
            mountPath: volume === MOUNTED ? '/run/quorumgate-pod' : path,
            ...(writable ? {} : { readOnly: true }),
          })),
        },
      ],
      volumes: all.map(({ name: volume, path }) => ({ name: volume, hostPath: { path, type: 'Directory' } })),
    },
  };
  return `${JSON.stringify(manifest, null, 1)}\n`;
}

function probes(version: string, port: number) {
  const get = (path: string) => ({ httpGet: { host: '127.0.0.1', port, path } });
  const split = isIn(version, VERSIONS.etcdHasLiveness) || isIn(version, VERSIONS.etcd34HasLiveness);
  // Alive is a member also without a quorum: none of these asks for one, which /health by itself does.
  const alive = split
    ? get('/livez')
    : isIn(version, VERSIONS.etcdHasLocalHealth)
      ? get('/health?serializable=true')
      : { tcpSocket: { host: '127.0.0.1', port } };
  return {
    // An hour: a large log takes its time, and so does a member that waits for its peers.
    startupProbe: { ...alive, periodSeconds: 10, timeoutSeconds: 15, failureThreshold: 360 },
    livenessProbe: { ...alive, periodSeconds: 10, timeoutSeconds: 15, failureThreshold: 8 },
    readinessProbe: {
      ...get(split ? '/readyz' : '/health'),
      periodSeconds: 5,
      timeoutSeconds: 15,
      failureThreshold: 3,
    },
  };
}

/** The folders of TLS files. */
function foldersOf(files: readonly string[], ...but: string[]): Mount[] {
  const folders = [...new Set(files.map(folderOf))].filter((folder) => !but.includes(folder)).sort();
  return folders.map((path, index) => ({ name: `tls-${index + 1}`, path }));
}

export function etcdPod(spec: Spec, unit: string): string {
  const { version, metricsPort, dataDirectory, image = '' } = spec.etcd;
  const environment = etcdEnvironment(spec);
  const files = Object.values(environment).filter((value) => value.startsWith('/'));
  const env = [
    ...Object.entries(environment).map(([name, value]) => ({ name, value })),
    ...DECISION.map((name) => ({ name, value: `@{${name}}` })),
  ];
  const mounts: Mount[] = [
    { name: 'data', path: dataDirectory, writable: true },
    { name: 'sockets', path: SOCKETS, writable: true },
    // The data directory is mounted anyhow, and nothing may be mounted twice.
    ...foldersOf(files, dataDirectory),
  ];
  const own = {
    command: command(unit, settings(spec)),
    // Sockets are named relative to it.
    workingDir: SOCKETS,
    env,
    ...probes(version, metricsPort),
  };
  return pod('etcd', { name: 'etcd', image }, mounts, own);
}

export function consulPod(spec: Spec, role: Role, unit: string): string {
  const isServer = role === 'consul-server' || spec.consul.servers === 'members';
  const mounts: Mount[] = [
    { name: 'data', path: '/var/lib/consul', writable: true },
    { name: 'config', path: '/etc/quorumgate/consul.d' },
    { name: 'host', path: '/run/quorumgate/consul.d' },
  ];
  mounts.push(...foldersOf(Object.values(spec.consul.tls ?? {}), ...mounts.map(({ path }) => path)));
  // An agent that knows no server yet is alive: it listens.
  const alive = { tcpSocket: { host: '127.0.0.1', port: 8500 }, periodSeconds: 10, failureThreshold: 8 };
  const own = { command: command(unit, {}), startupProbe: { ...alive, failureThreshold: 360 }, livenessProbe: alive };
  return pod(
    isServer ? 'consul-server' : 'consul-agent',
    { name: 'consul', image: spec.consul.image ?? '' },
    mounts,
    own,
  );
}
