import type { HostTree } from '../host-tree.ts';
import { interpretIgnitionFiles } from '../interpret-ignition.ts';
import type { OutputFile } from '../target.ts';

export function interpretFedoraCoreos(outputs: readonly OutputFile[]): Map<string, HostTree> {
  return interpretIgnitionFiles(outputs, 'fedora-coreos');
}
