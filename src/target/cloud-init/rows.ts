import type { Encoding } from '../cloud-config.ts';
import { PLATFORMS } from '../limits.ts';
import type { MetadataService } from '../metadata.ts';
import type { Limit } from '../target.ts';

/** A place that takes a document of cloud-init's: facts, each with its date and source. */
export interface CloudRow {
  name: string;
  limit: Limit;
  /** Ways of writing it that its field takes, and cloud-init's data source reads. */
  encodings: readonly [Encoding, ...Encoding[]];
  /** cloud-init's data source. */
  dataSource: string;
  source: string;
  date: string;
  /** By which hosts may learn their address; none: there is no such service. */
  metadata?: MetadataService;
  /** A seed has a `meta-data` beside the document. */
  seed?: true;
}

const sources = (name: string) => `cloud-init, cloudinit/sources/DataSource${name}.py`;

/** Targets of cloud-init but for `aws`, which is the row for EC2 under its old name. */
export const ROWS: readonly CloudRow[] = [
  {
    name: 'azure',
    limit: PLATFORMS.azure,
    // `az` reads text; an API takes the base64 of any bytes.
    encodings: ['plain text', 'gzip'],
    dataSource: 'Azure',
    source: 'learn.microsoft.com, "Custom data and cloud-init on Azure virtual machines"',
    metadata: 'azure',
    date: '2026-11-25',
  },
  {
    name: 'gce',
    limit: PLATFORMS.gce,
    // A value of metadata is text; in base64 it would want a second key, and has room as it is.
    encodings: ['plain text'],
    dataSource: 'GCE',
    source: sources('GCE'),
    metadata: 'gce',
    date: '2026-11-30',
  },
  {
    name: 'openstack',
    limit: PLATFORMS.openstack,
    encodings: ['plain text', 'gzip'],
    dataSource: 'OpenStack',
    source: 'docs.openstack.org, Nova, "Provide user data to instances"',
    metadata: 'openstack',
    date: '2026-11-30',
  },
  {
    name: 'digitalocean',
    limit: {
      place: 'DigitalOcean',
      bytes: 65_536,
      counted: 'raw',
      source: 'DigitalOcean API, POST /v2/droplets, `user_data`: plain text, at most 64 KiB',
      date: '2026-11-30',
    },
    encodings: ['plain text'],
    dataSource: 'DigitalOcean, ConfigDrive',
    source: sources('DigitalOcean'),
    metadata: 'digitalocean',
    date: '2026-11-30',
  },
  {
    name: 'hetzner',
    limit: PLATFORMS.hetzner,
    // Its API takes no bytes; cloud-init undoes the base64 itself.
    encodings: ['plain text', 'gzip in base64'],
    dataSource: 'Hetzner',
    source: sources('Hetzner'),
    metadata: 'hetzner',
    date: '2026-11-30',
  },
  {
    name: 'proxmox',
    limit: {
      place: 'Proxmox VE, all snippets of a machine',
      bytes: 3_145_728,
      counted: 'raw',
      source: 'qemu-server, PVE/QemuServer/Cloudinit.pm: 3 MiB',
      date: '2026-11-30',
    },
    encodings: ['plain text'],
    dataSource: 'NoCloud',
    source: 'qemu-server, PVE/QemuServer/Cloudinit.pm',
    date: '2026-11-30',
  },
  {
    name: 'nocloud',
    limit: {
      place: 'a seed of NoCloud, any size',
      bytes: Number.POSITIVE_INFINITY,
      counted: 'raw',
      source: 'cloud-init, doc/rtd/reference/datasources/nocloud.rst',
      date: '2026-11-30',
    },
    encodings: ['plain text'],
    dataSource: 'NoCloud',
    source: sources('NoCloud'),
    date: '2026-11-30',
    seed: true,
  },
];
