import { createHash } from 'node:crypto';

export const IMAGES = ['bookworm', 'trixie'] as const;
export type ImageName = (typeof IMAGES)[number];

export interface Recipe {
  suite: ImageName;
  packages: string[];
  /** Whether systemd-resolved and systemd-networkd run: then names are configured per link, else in resolv.conf. */
  resolved: boolean;
  files: Record<string, string>;
  enable: string[];
}

const PACKAGES = [
  'bind9-dnsutils',
  'ca-certificates',
  'cloud-init',
  'curl',
  'dbus',
  'iproute2',
  'iputils-ping',
  'locales',
  'netbase',
  'nodejs',
  'openssl',
  'procps',
  'socat',
  'systemd',
  'systemd-sysv',
  'unzip',
  'xz-utils',
];

const FILES = {
  // Debian's default is en_US.UTF-8, which has to be generated; C.UTF-8 is there, as in Debian's own cloud images.
  '/etc/default/locale': 'LANG=C.UTF-8\n',
  // No ssh here: keys would only cost time.
  '/etc/cloud/cloud.cfg.d/90-lab.cfg': 'datasource_list: [NoCloud]\nlocale: C.UTF-8\nssh_genkeytypes: []\n',
};

/** What an image is made of. Consul and etcd are not in it: hosts fetch them as artifacts. */
export function recipeOf(suite: ImageName): Recipe {
  if (suite === 'bookworm') return { suite, packages: PACKAGES, resolved: false, files: FILES, enable: [] };
  return {
    suite,
    packages: [...PACKAGES, 'libnss-resolve', 'systemd-resolved'],
    resolved: true,
    files: FILES,
    enable: ['systemd-networkd.service', 'systemd-resolved.service'],
  };
}

/** Changes whenever the recipe does: images of another stamp are not used. */
export function stampOf(recipe: Recipe): string {
  return createHash('sha256').update(JSON.stringify(recipe)).digest('hex').slice(0, 12);
}
