import { octal, printCloudConfig, type WriteFile } from '../../format/cloud-config.ts';
import { gzip } from '../../format/gzip.ts';
import { everyFile, FIRST_BOOT } from '../../plan/first-boot.ts';
import type { Assets, Plan } from '../../plan/plan.ts';
import type { Emitted, Part, Target } from '../target.ts';
import { userDataLimit } from './limits.ts';

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

function emit(plan: Plan, assets: Assets): Emitted {
  const files = writeFiles(plan, assets);
  const text = print(files);
  const bytes = gzipText(text);
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
