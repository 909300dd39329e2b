import { sha256 } from '../../format/hash.ts';
import type { Plan } from '../../plan/plan.ts';
import type { Spec } from '../../spec/defaults.ts';
import { canBeOver, cloudConfigDiffers, emitCloudConfig } from '../cloud-config.ts';
import { kernelArguments } from '../extra.ts';
import { interpretCloudConfigFiles } from '../interpret-cloud-config.ts';
import { metadataElsewhere } from '../metadata.ts';
import type { OutputFile, Target } from '../target.ts';
import { textFile } from '../text-file.ts';
import { type CloudRow, ROWS } from './rows.ts';

/** Another document is another instance: cloud-init then does all of it once more. */
function seed({ role }: Plan, { cluster }: Spec, folder: string, document: Uint8Array): OutputFile {
  return textFile(`${folder}/meta-data`, `instance-id: ${cluster.name}-${role}-${sha256(document).slice(0, 12)}\n`);
}

function target(row: CloudRow): Target {
  const { name, limit, encodings } = row;
  return {
    name,
    family: 'cloud-init',
    differs: canBeOver(limit) ? cloudConfigDiffers : cloudConfigDiffers.slice(0, 1),
    reads: 'cloudConfig',
    check: (spec) => [...metadataElsewhere(spec, name, row.metadata), ...kernelArguments(spec, name)],
    emit: (plans, assets, spec) => ({
      documents: plans.map((plan) => {
        const folder = `${name}/${plan.role}`;
        const besides = (document: Uint8Array) => (row.seed ? [seed(plan, spec, folder, document)] : []);
        return emitCloudConfig(plan, assets, { folder, limit, encodings, spec, besides });
      }),
    }),
    interpret: (files) => interpretCloudConfigFiles(files, name),
  };
}

/** One target a row. */
export const cloudInit: readonly Target[] = ROWS.map(target);
