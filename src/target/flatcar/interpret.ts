import type { HostTree } from '../host-tree.ts';
import { interpretIgnitionFiles } from '../interpret-ignition.ts';
import type { OutputFile } from '../target.ts';

export function interpretFlatcar(outputs: readonly OutputFile[]): Map<string, HostTree> {
  return interpretIgnitionFiles(outputs, 'flatcar');
}
