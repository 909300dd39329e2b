import { ungzip } from 'pako';
import { gzip } from '../format/gzip.ts';
import { printTar, readTar } from '../format/tar.ts';
import { everyFile } from '../plan/first-boot.ts';
import type { Assets, Plan } from '../plan/plan.ts';
import { doFirstBoot, type HostTree } from './host-tree.ts';

/** Everything that a host of a plan gets, as one `.tar.gz` to be unpacked at `/`, the first boot's script among it. */
export function hostArchive(plan: Plan, assets: Assets): Uint8Array {
  const files = everyFile(plan, assets).map(({ path, mode, content }) => ({
    path: path.slice(1),
    mode,
    bytes: new TextEncoder().encode(content),
  }));
  return gzip(printTar(files));
}

/** Unpacks it into a tree, and does its first boot. */
export function unpackInto(tree: HostTree, archive: Uint8Array): void {
  for (const { path, mode, bytes } of readTar(ungzip(archive))) {
    tree.files.set(`/${path}`, { mode, owner: 'root', bytes });
  }
  doFirstBoot(tree);
}
