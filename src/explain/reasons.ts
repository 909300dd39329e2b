/** The purpose of each file that hosts get, by its path; those of units are in units/README.md. */
const FILES: readonly (readonly [path: RegExp, why: string])[] = [
  [
    /^\/etc\/quorumgate\/cluster\.env$/,
    'Settings that differ between clusters: units and sidekicks read it, and etcd what begins with ETCD_.',
  ],
  [
    /^\/etc\/quorumgate\/programs$/,
    'Programs that the host needs and how it comes by each: quorumgate-program@.service works it off.',
  ],
  [/^\/etc\/quorumgate\/secrets$/, 'Paths of secrets on the host: quorumgate-secrets.service hands them on.'],
  [/^\/etc\/quorumgate\/deliver$/, 'The command of the spec that brings secrets: quorumgate-deliver.service runs it.'],
  [/^\/etc\/quorumgate\/delivery$/, 'Where secrets are fetched, their hash, and how long that may take.'],
  [
    /^\/opt\/quorumgate\/libexec\/deliver$/,
    'Brings secrets to this host: fetches them, or runs the command of the spec.',
  ],
  [/\/quorumgate-secrets\.service\.d\/credentials\.conf$/, 'Names the credentials that systemd hands on.'],
  [/^\/etc\/quorumgate\/consul\.d\/agent\.json$/, "Configuration of Consul's agent."],
  [/^\/etc\/quorumgate\/kubelet\.json$/, "The kubelet's configuration."],
  [/^\/etc\/quorumgate\/kubelet\.env$/, "The kubelet's flags."],
  [/^\/etc\/quorumgate\/containerd\.toml$/, "containerd's configuration."],
  [
    /^\/etc\/quorumgate\/pods\//,
    "Manifest of a static pod: it moves into the kubelet's directory when the pod may start.",
  ],
  [/^\/etc\/sysusers\.d\//, 'Makes the users that etcd and Consul run as.'],
  [/^\/etc\/tmpfiles\.d\//, 'Folders that have to be there at each boot, with their owner.'],
  [/^\/etc\/systemd\/resolved\.conf\.d\//, "Sends questions for Consul's domain to the agent of the host."],
  [/\/consul\.service\.d\/secrets\.conf$/, 'Keeps the agent from starting before it has its secrets.'],
  [/\.service\.d\/data-directory\.conf$/, "Lets the unit's sandbox write the data directory where the spec has it."],
  [/^\/opt\/quorumgate\/libexec\/host$/, "Finds the host's name and address."],
  [/^\/opt\/quorumgate\/libexec\/volume$/, "Mounts the volume of etcd's data, which it formats when it is blank."],
  [/^\/opt\/quorumgate\/libexec\/rejoin$/, 'Has an agent without a leader look for the others once more.'],
  [/^\/opt\/quorumgate\/libexec\/program$/, 'Brings a program: from the image, the distribution, or by URL and hash.'],
  [/^\/opt\/quorumgate\/libexec\/packages$/, "Installs what comes from the distribution's packages."],
  [/^\/opt\/quorumgate\/libexec\/dns$/, "Has the host ask Consul for names of Consul's domain."],
  [/^\/opt\/quorumgate\/libexec\/secrets$/, 'Gives each secret to the one user that needs it.'],
  [
    /^\/opt\/quorumgate\/libexec\/decided$/,
    "Starts etcd as the gate has decided: the gate's word is read as user etcd.",
  ],
  [
    /^\/opt\/quorumgate\/libexec\/static-pod$/,
    'Places the manifest of a static pod, watches the pod, and takes it away.',
  ],
  [/^\/opt\/quorumgate\/libexec\/kubelet$/, 'Starts the kubelet with its flags.'],
  [
    /^\/opt\/quorumgate\/libexec\/first-boot$/,
    'Makes users and enables units at the first boot, where the boot system does not.',
  ],
  [/^\/opt\/quorumgate\/libexec\/fetch$/, 'Fetches the rest of a document that is over the limit.'],
  [/\/etcd-sidekick$/, 'The gate and the registrations: one program for Node, called by several names.'],
];

export const reasonOf = (path: string): string | undefined => FILES.find(([pattern]) => pattern.test(path))?.[1];

/** The rows of units/README.md: by the name of a unit why it is as it is. */
export function unitReasons(readme: string): Record<string, string> {
  const rows = [...readme.matchAll(/^\| `([^`]+)` \| (.+) \|$/gm)];
  return Object.fromEntries(rows.map(([, name = '', why = '']) => [name, why]));
}
