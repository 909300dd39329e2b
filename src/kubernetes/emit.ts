import { printManifest } from '../format/manifest.ts';
import type { Spec } from '../spec/defaults.ts';
import type { OutputFile } from '../target/target.ts';
import { textFile } from '../target/text-file.ts';
import { accounts, metricsAgent, metricsProxy, networkPolicies, nodeAgent, nodeExporter } from './agent.ts';
import { prometheusRule } from './alert.ts';
import type { Manifest } from './kinds.ts';
import { apiserverFlags, clusterConfiguration } from './kubeadm.ts';
import { JOB, podMonitor, serviceMonitor } from './monitor.ts';
import type { Options } from './options.ts';
import { endpointSlice, namespace, service, stubDomain } from './service.ts';

/** First part of every path. */
const FOLDER = 'kubernetes';

export interface Emitted {
  files: OutputFile[];
  /** Parts that were left out, and what to give to have them: a line each. */
  notes: string[];
}

/**
 * Files with which an existing cluster uses and watches the members. Two folders for `kubectl apply -k`: the second,
 * `monitoring`, is for clusters that know the Prometheus operator's kinds. Pure: the same in, the same bytes out.
 */
export function emitKubernetes(spec: Spec, options: Options): Emitted {
  const { endpoints, consulDns, images } = options;
  const { nodeExporter: exporter, metricsProxy: proxy } = images;
  const agents = proxy === undefined ? [] : [metricsAgent(spec), ...(exporter === undefined ? [] : [nodeAgent])];
  const core: Manifest[] = [
    namespace(spec, options, agents.length > 0),
    service(spec, options),
    ...(endpoints.length > 0 ? [endpointSlice(spec, options)] : []),
    ...(consulDns === undefined ? [] : [stubDomain(spec, consulDns)]),
    ...networkPolicies(spec, options, agents),
    ...(proxy === undefined ? [] : [...accounts(spec, options), metricsProxy(spec, options, proxy)]),
    ...(proxy === undefined || exporter === undefined
      ? []
      : [nodeExporter(spec, options, { nodeExporter: exporter, metricsProxy: proxy })]),
  ];
  // One way or the other, never both: each member is counted once.
  const byPort = agents.length === 0 && endpoints.length > 0 ? [serviceMonitor(spec, options)] : [];
  const monitoring: Manifest[] = [
    prometheusRule(spec, options),
    ...agents.map((agent) => podMonitor(spec, options, agent, agent === nodeAgent ? agent.name : JOB)),
    ...byPort,
  ];
  return {
    files: [
      ...folder(FOLDER, core),
      ...folder(`${FOLDER}/monitoring`, monitoring),
      textFile(`${FOLDER}/kubeadm/cluster-configuration.yaml`, printManifest(clusterConfiguration(spec, options))),
      textFile(`${FOLDER}/kubeadm/kube-apiserver.flags`, apiserverFlags(spec, options)),
    ],
    notes: notesOf(options, monitoring.length === 1),
  };
}

function notesOf({ endpoints, consulDns, images }: Options, isUnwatched: boolean): string[] {
  const notes: string[] = [];
  if (endpoints.length === 0) {
    notes.push(
      'the members are named by Consul: whoever uses the name needs a DNS server that asks Consul; by address with --endpoint or --from-consul',
    );
    if (consulDns === undefined) notes.push('no stub domain for CoreDNS: give --consul-dns');
  }
  if (images.metricsProxy === undefined)
    notes.push('no agents on the hosts: give --metrics-proxy-image where they are nodes');
  else if (images.nodeExporter === undefined) notes.push('no node-exporter: give --node-exporter-image');
  if (isUnwatched) notes.push('nothing scrapes the members: give --endpoint, --from-consul or --metrics-proxy-image');
  return notes;
}

/** One file an object, and the list of them that kustomize reads. */
function folder(name: string, manifests: readonly Manifest[]): OutputFile[] {
  const files = manifests.map((manifest): [string, string] => [
    `${manifest.kind.toLowerCase()}-${manifest.metadata?.name}.yaml`,
    printManifest(manifest),
  ]);
  files.sort(([a], [b]) => (a < b ? -1 : 1));
  const kustomization = {
    apiVersion: 'kustomize.config.k8s.io/v1beta1',
    kind: 'Kustomization',
    resources: files.map(([file]) => file),
  };
  return [...files, ['kustomization.yaml', printManifest(kustomization)]].map(([file = '', content = '']) =>
    textFile(`${name}/${file}`, content),
  );
}
