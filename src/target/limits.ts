import type { Platform } from '../spec/schema/documents.ts';
import type { Limit } from './target.ts';

/**
 * The places that take a document, by their name in `documents.platform`. `ec2` comes first: the narrowest of those that
 * take a document whole.
 */
export const PLATFORMS: Readonly<Record<Platform, Limit>> = {
  ec2: {
    place: 'EC2',
    bytes: 16_384,
    counted: 'raw',
    source: 'EC2 User Guide, "Run commands when you launch an EC2 instance with user data input"',
    date: '2026-11-01',
  },
  azure: {
    place: 'Azure',
    bytes: 65_535,
    counted: 'raw',
    source: 'learn.microsoft.com, VirtualMachineOSProfile.CustomData',
    date: '2026-11-25',
  },
  gce: {
    place: 'Google Compute Engine',
    bytes: 262_144,
    counted: 'raw',
    source: 'cloud.google.com, "About VM metadata": one value',
    date: '2026-11-01',
  },
  openstack: {
    place: 'OpenStack',
    bytes: 65_535,
    counted: 'base64',
    source: 'Nova API guide, user data',
    date: '2026-11-01',
  },
  hetzner: {
    place: 'Hetzner Cloud',
    bytes: 32_768,
    counted: 'raw',
    source: 'slauger/hcloud-okd4#18',
    date: '2026-11-01',
  },
  vsphere: {
    place: 'vSphere, one guestinfo value',
    bytes: 65_536,
    counted: 'base64',
    source: 'vmware-tanzu/vm-operator#148',
    date: '2026-11-01',
  },
  virtualbox: {
    place: 'VirtualBox from 7.2.8, guest property',
    bytes: 1_024,
    counted: 'raw',
    source: 'coreos/ignition#2226',
    date: '2026-11-25',
  },
  qemu: {
    place: 'QEMU and libvirt, fw_cfg: any size',
    bytes: Number.POSITIVE_INFINITY,
    counted: 'raw',
    source: 'Ignition, docs/supported-platforms.md',
    date: '2026-11-01',
  },
};

/** The size that a limit counts for so many bytes. */
export function measure({ length }: { length: number }, { counted }: Limit): number {
  return counted === 'base64' ? Math.ceil(length / 3) * 4 : length;
}
