import { dockerBridge } from '../docker.ts';
import type { Limit } from '../target.ts';

export const scriptLimit: Limit = {
  bytes: Number.POSITIVE_INFINITY,
  counted: 'raw',
  place: 'copied over SSH, any size',
  source: 'Vagrant 2.3.4, plugins/provisioners/shell/provisioner.rb',
  date: '2026-11-23',
};

/** Addresses that the providers give to the first interface of a box, where the user has not changed it. */
export const natNetworks: readonly { cidr: string; provider: string; source: string; date: string }[] = [
  {
    cidr: '10.0.2.0/24',
    provider: 'VirtualBox',
    source: 'VirtualBox manual, "Network Address Translation": the first card is 10.0.2.15',
    date: '2026-11-23',
  },
  {
    cidr: '192.168.121.0/24',
    provider: 'libvirt',
    source: 'vagrant-libvirt, management_network_address',
    date: '2026-11-23',
  },
  { ...dockerBridge, provider: 'Docker' },
];
