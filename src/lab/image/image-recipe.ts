import { createHash } from 'node:crypto';
import { LabError } from '../machine/lab-error.ts';
import { PODMAN_FILES } from './kubelet-stand-in.ts';

/** Distributions that a user may choose from. */
export const IMAGES = ['bookworm', 'trixie', 'forky'] as const;
export type ImageName = (typeof IMAGES)[number] | 'flatcar' | 'kubelet' | 'vagrant' | 'engine' | 'cloud' | 'vm';

/** The distribution that was asked for, here or in the environment. */
export function imageOr(name: ImageName | undefined): ImageName {
  const fromEnvironment = process.env['QUORUMGATE_LAB_IMAGE'] || 'bookworm';
  const found = name ?? IMAGES.find((one) => one === fromEnvironment);
  if (found !== undefined) return found;
  throw new LabError(
    `QUORUMGATE_LAB_IMAGE=${fromEnvironment}: the lab has no such image`,
    `Use one of ${IMAGES.join(', ')}.`,
  );
}

export interface Recipe {
  name: ImageName;
  suite: (typeof IMAGES)[number];
  packages: string[];
  /** Whether systemd-resolved and systemd-networkd run: then names are configured per link, else in resolv.conf. */
  resolved: boolean;
  files: Record<string, string>;
  enable: string[];
  /** Paths that are taken away again. */
  without?: string[];
}

const PLAIN = [
  'bind9-dnsutils',
  'ca-certificates',
  'curl',
  'dbus',
  'iproute2',
  'iputils-ping',
  'netbase',
  'openssl',
  'procps',
  'socat',
  'systemd',
  'systemd-sysv',
  'unzip',
  'xz-utils',
];
const PACKAGES = [...PLAIN, 'cloud-init', 'locales', 'nodejs'];
const ENGINE = ['ca-certificates', 'docker-compose', 'docker.io', 'iptables', 'mount', 'openssh-client', 'vagrant'];
const CLOUD = ['awscli', 'ca-certificates', 'python3-flask', 'python3-flask-cors', 'python3-moto'];
/** In every Debian image of a cloud; from forky on no longer of what is essential, as mmdebstrap takes it. */
const ONCE_ESSENTIAL = ['mount', 'passwd'];
const RESOLVED = {
  packages: ['libnss-resolve', 'systemd-resolved'],
  enable: ['systemd-networkd.service', 'systemd-resolved.service'],
};

/** A disk that boots: Debian's kernel for clouds with its initramfs, and the agent by which the lab looks into the machine. */
const MACHINE = ['e2fsprogs', 'initramfs-tools', 'kmod', 'linux-image-cloud-amd64', 'qemu-guest-agent', 'udev'];

const FILES = {
  // Debian's default is en_US.UTF-8, which has to be generated; C.UTF-8 is there, as in Debian's own cloud images.
  '/etc/default/locale': 'LANG=C.UTF-8\n',
  // No ssh here: keys would only cost time.
  '/etc/cloud/cloud.cfg.d/90-lab.cfg': 'datasource_list: [NoCloud]\nlocale: C.UTF-8\nssh_genkeytypes: []\n',
};

/** Files that Flatcar has and Debian has not: nothing is enabled but by a preset; the name of SELinux's policy, for Ignition. */
const FLATCAR_FILES = {
  '/usr/lib/systemd/system-preset/99-default.preset': 'disable *\n',
  '/etc/selinux/config': 'SELINUX=disabled\nSELINUXTYPE=targeted\n',
};

/** Vagrant's own key, which is no secret: it puts a new one in its place. */
const VAGRANT_KEY =
  'ssh-rsa AAAAB3NzaC1yc2EAAAABIwAAAQEA6NF8iallvQVp22WDkTkyrtvp9eWW6A8YVr+kz4TjGYe7gHzIw+niNltGEFHzD8+v1I2YJ6oXevct1YeS0o9HZyN1Q9qgCgzUFtdOKLv6IedplqoPkcmF0aYet2PkEDo3MlTBckFXPITAMzF8dJSIFo9D8HfdOV0IAdx4O7PtixWKn5y2hMNG0zQPyUecp4pzC6kivAIhyfHilFR61RGL+GPXQ2MWZWFYbAGjyiYJnAmCP3NOTd0jMZEnDkbUvxhMmBYSdETk1rRgm+R4LOzFUGaHqHDLKLX+FIPKcF96hrucXzcWyLbIbEgE98OHlnVYCzRdK8jlqm8tehUc9c9WhQ== vagrant insecure public key';
const VAGRANT_FILES = {
  '/etc/sudoers.d/vagrant': 'vagrant ALL=(ALL) NOPASSWD:ALL\n',
  '/etc/sysusers.d/vagrant.conf': 'u vagrant - "Vagrant" /home/vagrant /bin/bash\n',
  '/etc/tmpfiles.d/vagrant.conf': `d /home/vagrant 0755 vagrant vagrant
d /home/vagrant/.ssh 0700 vagrant vagrant
C /home/vagrant/.ssh/authorized_keys 0600 vagrant vagrant - /etc/ssh/vagrant.pub
`,
  // With the end of its line: Vagrant appends its new key to the file.
  '/etc/ssh/vagrant.pub': `${VAGRANT_KEY}\n`,
};

/** The recipe of each image. Consul and etcd are not in it: hosts fetch them as artifacts. */
export function recipeOf(name: ImageName): Recipe {
  switch (name) {
    case 'bookworm':
      return { name, suite: name, packages: PACKAGES, resolved: false, files: FILES, enable: [] };
    case 'forky':
    case 'trixie': {
      const packages = [...PACKAGES, ...RESOLVED.packages, ...(name === 'forky' ? ONCE_ESSENTIAL : [])];
      return { name, suite: name, packages, resolved: true, files: FILES, enable: RESOLVED.enable };
    }
    // etcdctl: with pods hosts have no etcd of their own. What the lab asks, 3.4 asks of 3.7 as well (tried with 3.7.3, 2026-11-29).
    case 'kubelet': {
      const packages = [...PACKAGES, 'catatonit', 'containerd', 'etcd-client', 'podman', 'runc'];
      return { name, suite: 'bookworm', packages, resolved: false, files: { ...FILES, ...PODMAN_FILES }, enable: [] };
    }
    // As on Flatcar: no Node, no cloud-init, no Python, no package manager.
    case 'flatcar': {
      const packages = [...PLAIN, ...RESOLVED.packages];
      const managers = ['apt', 'apt-get', 'dpkg', 'dpkg-deb'].map((program) => `/usr/bin/${program}`);
      // Where machine-id is an empty file presets do nothing (machine-id(5), "First Boot Semantics"); no questions asked.
      const firstBoot = ['/etc/machine-id', '/usr/lib/systemd/system/systemd-firstboot.service'];
      const { enable } = RESOLVED;
      return {
        name,
        suite: 'bookworm',
        packages,
        resolved: true,
        files: FLATCAR_FILES,
        enable,
        without: [...firstBoot, ...managers],
      };
    }
    // Vagrant expects of a box: sshd, its user with its key, sudo without a password.
    case 'vagrant': {
      const packages = [...PLAIN, 'nodejs', 'openssh-server', 'sudo'];
      return { name, suite: 'bookworm', packages, resolved: false, files: VAGRANT_FILES, enable: ['ssh.service'] };
    }
    // networkd, for there cloud-init writes the address.
    case 'vm': {
      const packages = [...PACKAGES, ...MACHINE];
      const files = { ...FILES, '/etc/fstab': '/dev/vda / ext4 defaults 0 1\n' };
      return { name, suite: 'bookworm', packages, resolved: false, files, enable: ['systemd-networkd.service'] };
    }
    // No host's: what the lab runs Docker's containers with, and Vagrant, which only has to find its engine.
    case 'engine':
      return { name, suite: 'bookworm', packages: ENGINE, resolved: false, files: {}, enable: [] };
    // No host's either: a stand-in for AWS, and the command line that users talk to it with.
    case 'cloud':
      return { name, suite: 'trixie', packages: CLOUD, resolved: false, files: {}, enable: [] };
  }
}

/** Changes whenever the recipe does: images of another stamp are not used. */
export function stampOf(recipe: Recipe): string {
  return createHash('sha256').update(JSON.stringify(recipe)).digest('hex').slice(0, 12);
}
