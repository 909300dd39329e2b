import { octal, printCloudConfig, type WriteFile } from '../../format/cloud-config.ts';
import { base64 } from '../../format/data-url.ts';
import { gzip } from '../../format/gzip.ts';
import { everyFile, FIRST_BOOT } from '../../plan/first-boot.ts';
import type { Assets, Plan } from '../../plan/plan.ts';
import type { Spec } from '../../spec/defaults.ts';
import type { Emitted, OutputFile, Part, Target } from '../target.ts';
import { neededActions, printPolicy } from './iam.ts';
import { printLaunchTemplate } from './launch-template.ts';
import { userDataLimit } from './limits.ts';
import { portRules } from './ports.ts';
import { joinTags } from './tags.ts';

const gzipText = (text: string) => gzip(new TextEncoder().encode(text));

function writeFiles(plan: Plan, assets: Assets): (WriteFile & { pointer: string })[] {
  return everyFile(plan, assets).map(({ path, mode, content, pointer }) => ({
    path,
    permissions: octal(mode),
    content,
    pointer,
  }));
}

function print(files: (WriteFile & { pointer: string })[]): string {
  return printCloudConfig({
    write_files: files.map(({ path, permissions, content }) => ({ path, permissions, content })),
    runcmd: [['/bin/sh', FIRST_BOOT]],
  });
}

/** What each file adds to the compressed document: the document's size less its size without the file. */
function weigh(files: (WriteFile & { pointer: string })[], whole: number): Part[] {
  return files
    .map((file) => ({
      name: file.path,
      bytes: whole - gzipText(print(files.filter((other) => other !== file))).length,
      pointer: file.pointer,
    }))
    .sort((a, b) => b.bytes - a.bytes || (a.name < b.name ? -1 : 1));
}

const file = (path: string, text: string): OutputFile => ({
  path: `aws/${path}`,
  bytes: new TextEncoder().encode(text),
});

/** What is there once for all roles, and what to say of it. */
function shared(spec: Spec, roles: string): { files: OutputFile[]; notes: string[] } {
  const ports = file('ports.json', `${JSON.stringify(portRules(spec), null, 2)}\n`);
  const needed = neededActions(spec);
  if (needed.length === 0) return { files: [ports], notes: [] };
  return {
    files: [file('iam-policy.json', printPolicy(needed)), ports],
    notes: [
      `aws: the IAM role of ${roles} instances needs aws/iam-policy.json (Consul's auto-join: ${needed.join(', ')})`,
    ],
  };
}

function emit(plan: Plan, assets: Assets, spec: Spec): Emitted {
  const files = writeFiles(plan, assets);
  const text = print(files);
  const bytes = gzipText(text);
  const encoded = base64(bytes);
  const roles = spec.consul.servers === 'role' ? 'etcd and consul-server' : 'etcd';
  // It comes with the role that every spec has.
  const once = plan.role === 'etcd' ? shared(spec, roles) : { files: [], notes: [] };
  return {
    role: plan.role,
    files: [
      { path: `aws/${plan.role}/user-data`, bytes },
      file(`${plan.role}/user-data.yaml`, text),
      file(`${plan.role}/user-data.b64`, encoded),
      file(`${plan.role}/launch-template.json`, printLaunchTemplate(encoded, joinTags(spec, plan.role))),
      ...once.files,
    ],
    size: bytes.length,
    limit: userDataLimit,
    notes: once.notes,
    get parts() {
      return weigh(files, bytes.length);
    },
  };
}

export const aws: Target = {
  name: 'aws',
  differs: [
    { path: '/opt/quorumgate/libexec/first-boot', why: 'cloud-init runs it: it makes users and enables units' },
  ],
  emit,
};
