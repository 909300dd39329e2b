import { unpackInto } from '../archive.ts';
import type { HostTree } from '../host-tree.ts';
import { interpretIgnitionFiles } from '../interpret-ignition.ts';
import type { OutputFile } from '../target.ts';
import { systemd } from './limits.ts';
import { enables } from './old-systemd.ts';

/** Ignition 2.x, and then what its unit unpacks. */
export function interpret(outputs: readonly OutputFile[]): Map<string, HostTree> {
  const trees = interpretIgnitionFiles(outputs, 'container-linux');
  for (const tree of trees.values()) {
    tree.enabled = tree.enabled.filter((name) => enables(systemd.oldest, name));
    const archive = tree.files.get('/opt/quorumgate/host.tar.gz')?.bytes;
    if (archive === undefined || !tree.enabled.includes('quorumgate-unpack.service')) continue;
    unpackInto(tree, archive);
  }
  return trees;
}
