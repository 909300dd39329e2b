import { ignitionExtra } from '../extra.ts';
import { checkPrograms, emitIgnition3 } from '../ignition.ts';
import { interpretIgnitionFiles } from '../interpret-ignition.ts';
import type { Target } from '../target.ts';

export const fedoraCoreos: Target = {
  name: 'fedora-coreos',
  differs: [
    { path: '/opt/quorumgate/bin', why: 'made by Ignition, which labels it for SELinux: programs in it may be run' },
  ],
  reads: 'ignition',
  check: (spec) => [
    ...checkPrograms(spec, 'fedora-coreos'),
    // A link into /var there.
    ...ignitionExtra(spec, { target: 'fedora-coreos', spec: 3, writable: /^\/usr\/local\// }),
  ],
  emit: (plans, _, spec) => ({ documents: plans.map((plan) => emitIgnition3(plan, 'fedora-coreos', spec)) }),
  interpret: (files) => interpretIgnitionFiles(files, 'fedora-coreos'),
};
