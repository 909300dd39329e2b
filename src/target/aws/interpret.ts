import { load } from 'js-yaml';
import type { CloudConfig } from '../../format/cloud-config.ts';
import { enabledByFirstBoot, type HostTree } from '../host-tree.ts';
import type { OutputFile } from '../target.ts';

/** Reads each role's document as cloud-init would: `write_files` in order, the last of a path wins; then `runcmd`. */
export function interpretAws(outputs: readonly OutputFile[]): Map<string, HostTree> {
  const trees = new Map<string, HostTree>();
  for (const { path, bytes } of outputs) {
    const role = /^aws\/([a-z-]+)\/user-data\.yaml$/.exec(path)?.[1];
    if (role !== undefined) trees.set(role, interpretCloudConfig(new TextDecoder().decode(bytes)));
  }
  return trees;
}

export function interpretCloudConfig(text: string): HostTree {
  if (!text.startsWith('#cloud-config\n')) throw new Error('no #cloud-config in the first line: it is ignored');
  const { write_files, runcmd } = load(text) as CloudConfig;
  const files: HostTree['files'] = new Map();
  for (const { path, permissions, content } of write_files) {
    if (!/^0[0-7]{3}$/.test(permissions)) throw new Error(`${path}: permissions ${permissions}`);
    const bytes = new TextEncoder().encode(content);
    files.set(path, { mode: Number.parseInt(permissions, 8), owner: 'root', bytes });
  }
  const runs = runcmd.some((command) => command.join(' ') === '/bin/sh /opt/quorumgate/libexec/first-boot');
  return { files, enabled: runs ? enabledByFirstBoot(files) : [] };
}
