import type { Spec } from '../spec/defaults.ts';
import { consulConfig } from './consul.ts';
import { clusterEnvironment, programList, wantsPackages } from './environment.ts';
import { fill } from './fill.ts';
import type { Assets, Plan, PlanFile, PlanUnit, Role } from './plan.ts';
import { unitRows } from './units.ts';

function asset(from: Record<string, string>, name: string): string {
  const content = from[name];
  if (content === undefined) throw new Error(`missing asset ${name}`);
  return content;
}

/** Comments and indentation are for those who read the sources; user-data has no room for them. */
export function dense(script: string): string {
  return script.replace(/^[ \t]*#(?!!).*\n/gm, '').replace(/^[ \t]+/gm, '');
}

/** One plan per role that the spec has, members first. */
export function buildPlans(spec: Spec, assets: Assets): Plan[] {
  const roles: Role[] = spec.consul.servers === 'role' ? ['etcd', 'consul-server'] : ['etcd'];
  return roles.map((role) => ({ role, files: files(spec, role, assets), units: units(spec, role, assets) }));
}

function units(spec: Spec, role: Role, assets: Assets): PlanUnit[] {
  return unitRows
    .filter((row) => row.roles.includes(role) && (row.when?.(spec) ?? true))
    .map(({ name }) => {
      const content = asset(assets.units, name);
      return { name, content, enabled: content.includes('\n[Install]\n') };
    });
}

function files(spec: Spec, role: Role, assets: Assets): PlanFile[] {
  const { dataDirectory } = spec.etcd;
  const text = (path: string, content: string, pointer = ''): PlanFile => ({ path, mode: 0o644, content, pointer });
  const executable = (path: string, content: string): PlanFile => ({ path, mode: 0o755, content, pointer: '' });
  const script = (name: string) => executable(`/opt/quorumgate/libexec/${name}`, dense(asset(assets.scripts, name)));
  const users = role === 'etcd' ? ['consul', 'etcd'] : ['consul'];
  const common = [
    text('/etc/quorumgate/cluster.env', clusterEnvironment(spec, role), ''),
    text('/etc/quorumgate/programs', programList(spec, role), '/programs'),
    text('/etc/quorumgate/consul.d/agent.json', consulConfig(spec, role), '/consul'),
    text('/etc/sysusers.d/quorumgate.conf', users.map((user) => `u ${user} - "${user}"\n`).join('')),
    text(
      '/etc/systemd/resolved.conf.d/quorumgate.conf',
      fill(asset(assets.templates, 'resolved.conf'), { domain: spec.consul.domain }),
      '/consul/domain',
    ),
    ...['host', 'program', 'dns'].map(script),
    ...(wantsPackages(spec) ? [script('packages')] : []),
  ];
  if (role === 'consul-server') return common;
  const own =
    spec.programs.sidekick === 'inline'
      ? [executable('/opt/quorumgate/bin/etcd-sidekick', asset(assets.sidekicks, 'etcd-sidekick'))]
      : [];
  if (dataDirectory === '/var/lib/etcd') return [...common, ...own];
  // Elsewhere than where the units say: the sandbox must let it through, and it must be there.
  const dropIn = fill(asset(assets.templates, 'data-directory.conf'), { directory: dataDirectory });
  const writing = ['etcd', 'etcd-register-server', 'etcd-register-client', 'etcd-record'];
  if (spec.etcd.discovery === 'srv') writing.push('etcd-assert');
  const dropIns = writing.map((unit) =>
    text(`/etc/systemd/system/${unit}.service.d/data-directory.conf`, dropIn, '/etcd/dataDirectory'),
  );
  const tmpfiles = text(
    '/etc/tmpfiles.d/quorumgate.conf',
    `d ${dataDirectory} 0700 etcd etcd\n`,
    '/etcd/dataDirectory',
  );
  return [...common, ...own, ...dropIns, tmpfiles];
}
