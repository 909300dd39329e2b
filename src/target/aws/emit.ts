import { base64 } from '../../format/data-url.ts';
import type { Assets, Plan } from '../../plan/plan.ts';
import type { Spec } from '../../spec/defaults.ts';
import { cloudConfigDiffers, emitCloudConfig } from '../cloud-config.ts';
import { kernelArguments } from '../extra.ts';
import { interpretCloudConfigFiles } from '../interpret-cloud-config.ts';
import { PLATFORMS } from '../limits.ts';
import { metadataElsewhere } from '../metadata.ts';
import type { Emitted, Output, Target } from '../target.ts';
import { textFile } from '../text-file.ts';
import { neededActions, printPolicy } from './iam.ts';
import { printLaunchTemplate } from './launch-template.ts';
import { portRules } from './ports.ts';
import { joinTags } from './tags.ts';

const file = (path: string, text: string) => textFile(`aws/${path}`, text);

function emit(plans: readonly Plan[], assets: Assets, spec: Spec): Output {
  const documents = plans.map((plan) => document(plan, assets, spec));
  const ports = file('ports.json', `${JSON.stringify(portRules(spec), null, 2)}\n`);
  const needed = neededActions(spec);
  if (needed.length === 0) return { documents, shared: [ports] };
  const roles = plans.map(({ role }) => role).join(' and ');
  return {
    documents,
    shared: [file('iam-policy.json', printPolicy(needed)), ports],
    rights: [
      {
        kind: 'right',
        items: needed,
        text: `give the IAM role of ${roles} instances aws/iam-policy.json (Consul's auto-join: ${needed.join(', ')})`,
      },
    ],
  };
}

function document(plan: Plan, assets: Assets, spec: Spec): Emitted {
  const { role } = plan;
  return emitCloudConfig(plan, assets, {
    folder: `aws/${role}`,
    limit: PLATFORMS.ec2,
    // Compressed always: one form less is one way less to hand it over wrongly.
    encodings: ['gzip'],
    spec,
    besides(bytes) {
      const encoded = base64(bytes);
      return [
        file(`${role}/user-data.b64`, encoded),
        file(`${role}/launch-template.json`, printLaunchTemplate(encoded, joinTags(spec, role))),
      ];
    },
  });
}

export const aws: Target = {
  name: 'aws',
  differs: cloudConfigDiffers,
  reads: 'cloudConfig',
  check: (spec) => [...metadataElsewhere(spec, 'aws', 'ec2'), ...kernelArguments(spec, 'aws')],
  emit,
  interpret: (files) => interpretCloudConfigFiles(files, 'aws'),
};
