import type { Spec } from '../spec/defaults.ts';
import { isArchive } from '../spec/schema/program.ts';
import { consulConfig } from './consul.ts';
import {
  clusterEnvironment,
  mountsVolume,
  programList,
  programSources,
  runsPods,
  wantsPackages,
} from './environment.ts';
import { withExtra } from './extra.ts';
import { asset, executable, script, text } from './file.ts';
import { fill } from './fill.ts';
import { podFiles } from './kubelet.ts';
import type { Assets, Plan, PlanFile, PlanUnit, Role } from './plan.ts';
import { MANIFESTS } from './pod.ts';
import { proxyDropIns } from './proxy.ts';
import { secretFiles } from './secrets.ts';
import { dataDropIns, unitsOf, unitText } from './units.ts';

/** One plan per role that the spec has, members first. */
export function buildPlans(spec: Spec, assets: Assets): Plan[] {
  const roles: Role[] = spec.consul.servers === 'role' ? ['etcd', 'consul-server'] : ['etcd'];
  return roles.map((role) =>
    withExtra({ role, files: files(spec, role, assets), units: units(spec, role, assets) }, spec),
  );
}

function units(spec: Spec, role: Role, assets: Assets): PlanUnit[] {
  return unitsOf(spec, role).map(({ name, file = name }) => {
    const content = unitText(spec, file, assets);
    return { name, content, enabled: content.includes('\n[Install]\n') };
  });
}

function files(spec: Spec, role: Role, assets: Assets): PlanFile[] {
  const isMember = role === 'etcd';
  const users = isMember ? ['consul', 'etcd'] : ['consul'];
  return [
    text('/etc/quorumgate/cluster.env', clusterEnvironment(spec, role), ''),
    text('/etc/quorumgate/programs', programList(spec, role), '/programs'),
    text('/etc/quorumgate/consul.d/agent.json', consulConfig(spec, role), '/consul'),
    text('/etc/sysusers.d/quorumgate.conf', users.map((user) => `u ${user} - "${user}"\n`).join('')),
    text(
      '/etc/systemd/resolved.conf.d/quorumgate.conf',
      fill(asset(assets.templates, 'resolved.conf'), { domain: spec.consul.domain }),
      '/consul/domain',
    ),
    hostScript(spec, assets),
    programScript(spec, role, assets),
    ...['dns', 'rejoin'].map((name) => script(name, assets)),
    ...(wantsPackages(spec) ? [script('packages', assets)] : []),
    ...(mountsVolume(spec, role) ? [script('volume', assets)] : []),
    ...secretFiles(spec, role, assets),
    ...(isMember && spec.etcd.runtime === 'service' ? [script('decided', assets)] : []),
    ...(isMember && spec.programs.sidekick === 'inline'
      ? [
          executable(
            '/opt/quorumgate/bin/etcd-sidekick',
            asset(assets.sidekicks, 'etcd-sidekick'),
            '/programs/sidekick',
          ),
        ]
      : []),
    ...(runsPods(spec, role) ? podFiles(spec, role, assets) : []),
    ...(isMember ? dataDirectoryDropIns(spec, role, assets) : []),
    ...tmpfiles(spec, role),
    ...proxyDropIns(spec, role),
  ];
}

/** Where a metadata service has an instance's ID, if not at `instance-id`. */
const INSTANCE: Readonly<Record<string, string>> = { azure: 'azure', gce: 'number', digitalocean: 'number' };

/** /opt/quorumgate/libexec/host: how a host learns what the spec says of its address and its name, and nothing else. */
export function hostScript({ address, name }: Spec, assets: Assets): PlanFile {
  const from = address.metadata;
  const [own = ''] = Object.keys(address);
  const where = from === undefined ? [own, 'primary'] : ['ask', from];
  const instance = name.includes('instance') && from ? ['wait', INSTANCE[from] ?? 'plain'] : [];
  return script('host', assets, [
    ...where.map((part) => `address/${part}`),
    ...instance.map((part) => `instance/${part}`),
    `name/${name}`,
  ]);
}

/** /opt/quorumgate/libexec/program: nothing unpacks where a host fetches no archive. */
function programScript(spec: Spec, role: Role, assets: Assets): PlanFile {
  const urls = programSources(spec, role).map(([, source]) => (typeof source === 'string' ? '' : source.url));
  return script('program', assets, [urls.some(isArchive) ? 'program/archive' : 'program/plain']);
}

/** Elsewhere than where the units say: the sandbox must let it through. */
function dataDirectoryDropIns(spec: Spec, role: Role, { templates }: Assets): PlanFile[] {
  const { dataDirectory } = spec.etcd;
  if (dataDirectory === DATA_DIRECTORY) return [];
  const dropIn = fill(asset(templates, 'data-directory.conf'), { directory: dataDirectory });
  return dataDropIns(unitsOf(spec, role)).map((path) => text(path, dropIn, '/etcd/dataDirectory'));
}

const DATA_DIRECTORY = '/var/lib/etcd';

/** The kubelet makes it for root alone (since Kubernetes 1.30): whoever watches a pod has to see that it has ended. */
const LOGS = 'd /var/log/pods 0755\n';

function tmpfiles(spec: Spec, role: Role): PlanFile[] {
  const { dataDirectory } = spec.etcd;
  const own = role === 'etcd' && dataDirectory !== DATA_DIRECTORY ? [`d ${dataDirectory} 0700 etcd etcd\n`] : [];
  // At boot: what was there when the power went is not the gate's word of this start.
  const pods = runsPods(spec, role) ? [`d ${MANIFESTS}\n`, `r! ${MANIFESTS}/quorumgate-*\n`, LOGS] : [];
  const lines = [...own, ...pods];
  return lines.length === 0
    ? []
    : [
        text(
          '/etc/tmpfiles.d/quorumgate.conf',
          lines.join(''),
          own.length > 0 ? '/etcd/dataDirectory' : '/etcd/runtime',
        ),
      ];
}
