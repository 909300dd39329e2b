import type { HostTree } from '../host-tree.ts';
import { interpretCloudConfigFiles } from '../interpret-cloud-config.ts';
import type { OutputFile } from '../target.ts';

export function interpretAws(outputs: readonly OutputFile[]): Map<string, HostTree> {
  return interpretCloudConfigFiles(outputs, 'aws');
}
