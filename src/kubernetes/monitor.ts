import type { Spec } from '../spec/defaults.ts';
import { type Agent, METRICS_PORT_NAME, READER } from './agent.ts';
import type { Kinds } from './kinds.ts';
import { labelsOf, selectorOf, toRecord } from './names.ts';
import type { Options } from './options.ts';
import { CLIENT_PORT_NAME } from './service.ts';

/** Labels of every series, by which the rules find them, whichever way they came. */
export const JOB = 'etcd';
export const CLUSTER_LABEL = 'etcd_cluster';

/** The Secret, brought by the user, with which Prometheus comes to the client port: `ca.crt`, `tls.crt`, `tls.key`. */
const CLIENT_SECRET = 'etcd-client';

function relabelings(spec: Spec, job: string) {
  return [
    { action: 'replace', replacement: job, targetLabel: 'job' },
    { action: 'replace', replacement: spec.cluster.name, targetLabel: CLUSTER_LABEL },
  ] as const;
}

const metadataOf = (spec: Spec, { namespace, prometheus }: Options, name: string) => ({
  name,
  namespace,
  labels: { ...labelsOf(spec), ...toRecord(prometheus.labels) },
});

/** Of hosts that are nodes: by the agents on them. */
export function podMonitor(spec: Spec, options: Options, { name }: Agent, job: string): Kinds['PodMonitor'] {
  return {
    apiVersion: 'monitoring.coreos.com/v1',
    kind: 'PodMonitor',
    metadata: metadataOf(spec, options, name),
    spec: {
      selector: { matchLabels: selectorOf(spec, name) },
      podMetricsEndpoints: [
        {
          port: METRICS_PORT_NAME,
          scheme: 'https',
          authorization: { type: 'Bearer', credentials: { name: READER, key: 'token' } },
          // The proxy's certificate is of its own making; the token that it is shown opens nothing but /metrics.
          tlsConfig: { insecureSkipVerify: true },
          relabelings: [...relabelings(spec, job)],
        },
      ],
    },
  };
}

/** Of hosts that are no nodes: at the client port, which shows /metrics too. */
export function serviceMonitor(spec: Spec, options: Options): Kinds['ServiceMonitor'] {
  const secret = (key: string) => ({ name: CLIENT_SECRET, key });
  const tls = {
    scheme: 'https',
    tlsConfig: { ca: { secret: secret('ca.crt') }, cert: { secret: secret('tls.crt') }, keySecret: secret('tls.key') },
  } as const;
  return {
    apiVersion: 'monitoring.coreos.com/v1',
    kind: 'ServiceMonitor',
    metadata: metadataOf(spec, options, 'etcd'),
    spec: {
      selector: { matchLabels: selectorOf(spec, 'etcd') },
      endpoints: [
        {
          port: CLIENT_PORT_NAME,
          ...(spec.tls === 'off' ? { scheme: 'http' as const } : tls),
          relabelings: [...relabelings(spec, JOB)],
        },
      ],
    },
  };
}
