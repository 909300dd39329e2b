import { type LabTarget, outputFor } from './lab-target.ts';

const SEED = '/var/lib/cloud/seed/nocloud';

/** EC2 hands user-data over as it was given; here cloud-init's NoCloud reads the same bytes from its seed directory. */
export const aws: LabTarget = {
  name: 'aws',
  compiles: 'aws',
  about: 'cloud-init reads the user-data from its seed directory (NoCloud)',
  reader: 'cloud-init',
  seed: ({ name, role }, outputs) => {
    const text = (content: string) => new TextEncoder().encode(content);
    return [
      { path: `${SEED}/user-data`, mode: 0o600, bytes: outputFor(outputs, `aws/${role}/user-data`) },
      // Not the host's name: a machine of another life may have had that, and then cloud-init would do nothing.
      {
        path: `${SEED}/meta-data`,
        mode: 0o644,
        bytes: text(`instance-id: i-lab-${name}\nlocal-hostname: ${name}\n`),
      },
      // The lab has configured the interface already.
      { path: `${SEED}/network-config`, mode: 0o644, bytes: text('network: {config: disabled}\n') },
      { path: `${SEED}/vendor-data`, mode: 0o644, bytes: text('') },
    ];
  },
};
