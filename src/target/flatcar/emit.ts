import { checkPrograms, emitIgnition3 } from '../ignition.ts';
import type { Target } from '../target.ts';
import { userDataLimit } from './limits.ts';

export const flatcar: Target = {
  name: 'flatcar',
  differs: [{ path: '/opt/quorumgate/bin', why: 'there before the first program' }],
  check: (spec) => checkPrograms(spec, 'flatcar'),
  emit: (plan) => emitIgnition3(plan, 'flatcar', userDataLimit),
};
