import type { Role } from '../../plan/plan.ts';

/** A file that has to be on a host before it boots. */
export interface SeedFile {
  path: string;
  mode: number;
  bytes: Uint8Array;
}

/** How one target's output reaches a host of the lab. */
export interface LabTarget {
  name: string;
  seed(host: { name: string; role: Role }, files: ReadonlyMap<string, Uint8Array>): SeedFile[];
}

const SEED = '/var/lib/cloud/seed/nocloud';

/** EC2 hands user-data over as it was given; here cloud-init's NoCloud reads the same bytes from its seed directory. */
export const aws: LabTarget = {
  name: 'aws',
  seed: ({ name, role }, files) => {
    const path = `aws/${role}/user-data`;
    const userData = files.get(path);
    if (userData === undefined) throw new Error(`${path} was not compiled`);
    const text = (content: string) => new TextEncoder().encode(content);
    return [
      { path: `${SEED}/user-data`, mode: 0o600, bytes: userData },
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
