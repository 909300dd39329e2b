import { netmask, toNetwork } from '../../format/ipv4.ts';
import { fill } from '../../plan/fill.ts';
import { everyFile, FIRST_BOOT } from '../../plan/first-boot.ts';
import type { Assets, Plan } from '../../plan/plan.ts';
import type { Spec } from '../../spec/defaults.ts';
import { accounts, FIRST_BOOT_COMMANDS, toCloudConfig } from '../cloud-config.ts';
import { numbered } from '../numbered.ts';
import type { Emitted, Output, Target } from '../target.ts';
import { textFile } from '../text-file.ts';
import { check } from './check.ts';
import { interpret } from './interpret.ts';
import { scriptLimit } from './limits.ts';
import { printAccounts, printScript } from './script.ts';

function template({ templates }: Assets, name: string): string {
  const text = templates[name];
  if (text === undefined) throw new Error(`missing asset ${name}`);
  return text;
}

/** A string literal of Ruby: nothing inside is code. */
export function ruby(text: string): string {
  return `'${text.replace(/[\\']/g, '\\$&')}'`;
}

function vagrantfile(spec: Spec, assets: Assets): string {
  const { cidr, hosts: all } = numbered(spec);
  const network = toNetwork(cidr);
  const hosts = all.map(
    ({ name, role, address }) => `  { name: ${ruby(name)}, role: ${ruby(role)}, ip: ${ruby(address)} },`,
  );
  return fill(template(assets, 'Vagrantfile'), {
    hosts: hosts.join('\n'),
    netmask: netmask(network),
    prefix: String(network.prefix),
  });
}

const file = (path: string, text: string) => textFile(`vagrant/${path}`, text);

function document(plan: Plan, assets: Assets): Emitted {
  const files = everyFile(plan, assets);
  const { extra } = plan;
  const own = extra === undefined ? [] : printAccounts(template(assets, 'Vagrantfile.extra'), extra);
  const script = printScript(template(assets, 'Vagrantfile.provision'), files, own);
  const userData = toCloudConfig(files, { ...FIRST_BOOT_COMMANDS, ...(extra && accounts(extra)) });
  return {
    role: plan.role,
    files: [file(`${plan.role}/provision.sh`, script), file(`${plan.role}/user-data`, userData)],
    size: script.length,
    limit: scriptLimit,
    parts: files
      .map(({ path, content, pointer }) => ({ name: path, bytes: content.length, pointer }))
      .sort((a, b) => b.bytes - a.bytes || (a.name < b.name ? -1 : 1)),
  };
}

function emit(plans: readonly Plan[], assets: Assets, spec: Spec): Output {
  return {
    documents: plans.map((plan) => document(plan, assets)),
    shared: [
      file('Vagrantfile', vagrantfile(spec, assets)),
      file('docker/Dockerfile', template(assets, 'Vagrantfile.dockerfile')),
    ],
  };
}

const differs = [{ path: FIRST_BOOT, why: 'the provisioner runs it' }];

export const vagrant: Target = { name: 'vagrant', differs, check, emit, interpret };
