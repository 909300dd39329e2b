import { type Command, Option } from 'commander';
import { emitKubernetes } from '../kubernetes/emit.ts';
import { defaultOptions, type Label, type Options, type Taint } from '../kubernetes/options.ts';
import { readClients } from '../operator/clients.ts';
import { operatorConsul } from '../operator/host/consul.ts';
import { settingsOf } from '../operator/settings.ts';
import type { Spec } from '../spec/defaults.ts';
import { address, byNumber, dnsLabel, dnsServer, image, label, several, taint } from './kubernetes-value.ts';
import { REACH } from './operator/reach.ts';
import { checkOutput, write } from './output.ts';
import { withOutput } from './output-option.ts';
import { add } from './report.ts';
import { withSpec, withSpecArgument } from './with-spec.ts';

interface Flags {
  output: string;
  check?: true;
  endpoint?: string[];
  fromConsul?: true;
  consulDns?: string;
  namespace?: string;
  nodeLabel?: Label[];
  nodeTaint?: Taint[];
  metricsProxyImage?: string;
  nodeExporterImage?: string;
  monitoringNamespace?: string;
  monitoringLabel?: Label[];
}

/** Adds `kubernetes`. */
export function addKubernetesCommand(program: Command): void {
  const command = withSpecArgument(program.command('kubernetes')).description(
    'write what an existing Kubernetes cluster needs to use and to monitor these members',
  );
  withOutput(command, 'where to write: one folder, `kubernetes`')
    .addOption(
      new Option(
        '--endpoint <address...>',
        'IPv4 addresses of all members (default: the name by which Consul knows them)',
      )
        .argParser(several(address))
        .conflicts('fromConsul'),
    )
    .option('--from-consul', 'ask Consul for the addresses of all members')
    .option('--consul-dns <address[:port]>', "where pods reach Consul's DNS (default port: 53)", dnsServer)
    .option('--namespace <name>', 'namespace of everything but the DNS part (default: etcd-CLUSTER)', dnsLabel)
    .option(
      '--node-label <key=value...>',
      "label of the etcd hosts that are nodes (default: the spec's, or etcd-cluster=CLUSTER)",
      several(label),
    )
    .option(
      '--node-taint <key[=value]:effect...>',
      "taint of the etcd hosts that are nodes (default: the spec's, or etcd-cluster=CLUSTER:NoSchedule)",
      several(taint),
    )
    .option('--metrics-proxy-image <image>', 'image of kube-rbac-proxy, by digest, for hosts that are nodes', image)
    .option('--node-exporter-image <image>', 'image of node-exporter, by digest; needs --metrics-proxy-image', image)
    .option('--monitoring-namespace <name>', 'namespace of Prometheus (default: monitoring)', dnsLabel)
    .option('--monitoring-label <key=value...>', 'label by which Prometheus selects monitors and rules', several(label))
    .addHelpText('after', REACH)
    .action((file: string, flags: Flags) => {
      if (flags.nodeExporterImage !== undefined && flags.metricsProxyImage === undefined) {
        command.error('error: --node-exporter-image wants --metrics-proxy-image: its metrics go by the proxy');
      }
      return withSpec(file, async (spec) => {
        const { files, notes } = emitKubernetes(spec, await optionsOf(spec, flags));
        add(
          'needs',
          notes.map((text) => ({ kind: 'note', items: [], text })),
        );
        const report = notes.map((note) => `note: ${note}`);
        if (!flags.check) return write(flags.output, files, report);
        const again = `quorumgate kubernetes ${file} -o ${flags.output}\` with the same options, without \`--check`;
        return checkOutput(flags.output, files, { spec: file, again, why: 'a cluster may have it applied' });
      });
    });
}

function fromConsul(spec: Spec): Promise<string[]> {
  const settings = settingsOf(spec);
  return readClients(settings, operatorConsul(settings));
}

async function optionsOf(spec: Spec, flags: Flags): Promise<Options> {
  const defaults = defaultOptions(spec);
  const endpoints = flags.fromConsul ? await fromConsul(spec) : (flags.endpoint ?? []);
  const { consulDns, nodeExporterImage: nodeExporter, metricsProxyImage: metricsProxy } = flags;
  return {
    namespace: flags.namespace ?? defaults.namespace,
    endpoints: [...new Set(endpoints)].sort(byNumber),
    ...(consulDns === undefined ? {} : { consulDns }),
    node: { labels: flags.nodeLabel ?? defaults.node.labels, taints: flags.nodeTaint ?? defaults.node.taints },
    images: {
      ...(nodeExporter === undefined ? {} : { nodeExporter }),
      ...(metricsProxy === undefined ? {} : { metricsProxy }),
    },
    prometheus: {
      namespace: flags.monitoringNamespace ?? defaults.prometheus.namespace,
      labels: flags.monitoringLabel ?? defaults.prometheus.labels,
    },
  };
}
