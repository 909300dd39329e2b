import { unpackInto } from '../archive.ts';
import type { HostTree } from '../host-tree.ts';
import { interpretIgnitionFiles } from '../interpret-ignition.ts';
import type { OutputFile } from '../target.ts';

/** Ignition 2.x, and then what its unit unpacks. */
export function interpretContainerLinux(outputs: readonly OutputFile[]): Map<string, HostTree> {
  const trees = interpretIgnitionFiles(outputs, 'container-linux');
  for (const tree of trees.values()) {
    // systemd before 240 enables no instance and no template.
    tree.enabled = tree.enabled.filter((name) => !name.includes('@'));
    const archive = tree.files.get('/opt/quorumgate/host.tar.gz')?.bytes;
    if (archive === undefined || !tree.enabled.includes('quorumgate-unpack.service')) continue;
    unpackInto(tree, archive);
  }
  return trees;
}
