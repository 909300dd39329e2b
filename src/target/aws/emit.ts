import { gzip as deflate } from 'pako';
import { octal, printCloudConfig, type WriteFile } from '../../format/cloud-config.ts';
import { dense } from '../../plan/build.ts';
import { fill } from '../../plan/fill.ts';
import type { Assets, Plan } from '../../plan/plan.ts';
import type { Emitted, Part, Target } from '../target.ts';
import { userDataLimit } from './limits.ts';

/** The same bytes under every version of Node: the compressor is our own dependency, which stamps no time. */
function gzip(text: string): Uint8Array {
  return deflate(new TextEncoder().encode(text), { level: 9, memLevel: 9 });
}

function writeFiles(plan: Plan, assets: Assets): (WriteFile & { pointer: string })[] {
  const template = assets.templates['first-boot.sh'];
  if (template === undefined) throw new Error('missing asset first-boot.sh');
  const enabled = plan.units.filter((unit) => unit.enabled).map((unit) => unit.name);
  // The names that a distribution's own units have too.
  const daemons = ['consul.service', 'etcd.service'].filter((name) => enabled.includes(name));
  // Scripts and sidekicks stand side by side, then units: likeness near by is what gzip shortens.
  return [
    ...plan.files,
    {
      path: '/opt/quorumgate/libexec/first-boot',
      mode: 0o755,
      content: dense(fill(template, { units: enabled.join(' '), daemons: daemons.join(' ') })),
      pointer: '',
    },
    ...plan.units.map(({ name, content }) => ({
      path: `/etc/systemd/system/${name}`,
      mode: 0o644,
      content,
      pointer: '',
    })),
  ].map(({ path, mode, content, pointer }) => ({ path, permissions: octal(mode), content, pointer }));
}

function print(files: (WriteFile & { pointer: string })[]): string {
  return printCloudConfig({
    write_files: files.map(({ path, permissions, content }) => ({ path, permissions, content })),
    runcmd: [['/bin/sh', '/opt/quorumgate/libexec/first-boot']],
  });
}

/** What each file adds to the compressed document: the document's size less its size without the file. */
function weigh(files: (WriteFile & { pointer: string })[], whole: number): Part[] {
  return files
    .map((file) => ({
      name: file.path,
      bytes: whole - gzip(print(files.filter((other) => other !== file))).length,
      pointer: file.pointer,
    }))
    .sort((a, b) => b.bytes - a.bytes || (a.name < b.name ? -1 : 1));
}

function emit(plan: Plan, assets: Assets): Emitted {
  const files = writeFiles(plan, assets);
  const text = print(files);
  const bytes = gzip(text);
  return {
    role: plan.role,
    files: [
      { path: `aws/${plan.role}/user-data`, bytes },
      { path: `aws/${plan.role}/user-data.yaml`, bytes: new TextEncoder().encode(text) },
    ],
    size: bytes.length,
    limit: userDataLimit,
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
