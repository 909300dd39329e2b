import { ignitionExtra } from '../extra.ts';
import { checkPrograms, emitIgnition3 } from '../ignition.ts';
import { interpretIgnitionFiles } from '../interpret-ignition.ts';
import type { Target } from '../target.ts';

export const flatcar: Target = {
  name: 'flatcar',
  differs: [{ path: '/opt/quorumgate/bin', why: 'there before the first program' }],
  reads: 'ignition',
  check: (spec) => [...checkPrograms(spec, 'flatcar'), ...ignitionExtra(spec, { target: 'flatcar', spec: 3 })],
  emit: (plans, _, spec) => ({ documents: plans.map((plan) => emitIgnition3(plan, 'flatcar', spec)) }),
  interpret: (files) => interpretIgnitionFiles(files, 'flatcar'),
};
