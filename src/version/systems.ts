/** A system of EC2 images: what its packages and its start-up give to a host. */
export interface System {
  name: string;
  /** Major version. */
  systemd: number;
  cloudInit: string;
  /** Versions that `package` brings; undefined where none was found. */
  packages: { manager: 'apt' | 'dnf'; socat: string; node: string; etcd?: string };
  /** How names are resolved: what units/scripts/dns.sh finds in resolv.conf. */
  resolver: string;
  /** How far this was tried here. */
  tried: string;
  source: string;
  date: string;
}

const BOOTED = 'booted in the lab, by NoCloud and by IMDSv2';
const READ = 'by its documents';

/** The systems that the targets with cloud-init are made for. Facts age: each row has its date. */
export const systems: readonly System[] = [
  {
    name: 'Ubuntu 22.04',
    systemd: 249,
    cloudInit: '23.4.4 and newer',
    packages: { manager: 'apt', socat: '1.7.4.1', node: '12.22.9', etcd: '3.3.25' },
    resolver: "systemd-resolved's stub",
    tried: READ,
    source: 'packages.ubuntu.com, jammy, jammy-updates and universe',
    date: '2026-11-25',
  },
  {
    name: 'Ubuntu 24.04',
    systemd: 255,
    cloudInit: '24.3.1 and newer',
    packages: { manager: 'apt', socat: '1.8.0.0', node: '18.19.1', etcd: '3.4.30' },
    resolver: "systemd-resolved's stub",
    tried: READ,
    source: 'packages.ubuntu.com, noble, noble-updates and universe',
    date: '2026-11-25',
  },
  {
    name: 'Debian 12',
    systemd: 252,
    cloudInit: '22.4.2',
    packages: { manager: 'apt', socat: '1.7.4.4', node: '18.20.4', etcd: '3.4.23' },
    resolver: 'plain file, or the stub',
    tried: BOOTED,
    source: 'apt-cache policy, bookworm',
    date: '2026-11-25',
  },
  {
    name: 'Debian 13',
    systemd: 257,
    cloudInit: '25.1.4',
    packages: { manager: 'apt', socat: '1.8.0.3', node: '20.19.2', etcd: '3.5.16' },
    resolver: 'plain file, or the stub',
    tried: BOOTED,
    source: 'apt-cache policy, trixie',
    date: '2026-11-25',
  },
  {
    name: 'Amazon Linux 2023',
    systemd: 252,
    cloudInit: '22.2.2',
    packages: { manager: 'dnf', socat: '1.7.4.2', node: '18.20.8' },
    resolver: 'systemd-resolved without its stub',
    tried: `${READ}; \`package\` by a real dnf`,
    source: 'AL2023 release notes 2023.8 to 2023.12; User Guide, "Node.js", "SELinux"; tailscale/tailscale#7816',
    date: '2026-11-25',
  },
];
