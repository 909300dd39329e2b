import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { hostPaths } from '../machine/layout.ts';
import { privateName, resourceId, writeInstance } from '../network/instance.ts';
import { type LabTarget, outputFor } from './lab-target.ts';

/**
 * How an instance shows itself without DMI, of which a container has none: as Xen does. cloud-init asks this file first
 * (DataSourceEc2.py, _collect_platform_data, 22.4.2 and 25.1.4) and believes it; the UUID is the EC2 User Guide's example.
 */
const UUID = 'ec2e1916-9099-7caf-fd21-012345abcdef\n';

/** With one source in the list no other is looked for. The lab has configured the interface, as a DHCP server would. */
const CLOUD_CONFIG = 'datasource_list: [Ec2]\ndatasource: {Ec2: {strict_id: true}}\nnetwork: {config: disabled}\n';

/** Without one cloud-init leaves its early stage to that with a network: there is no DHCP server to wait for. */
const DHCP_CLIENTS = ['usr/sbin/dhclient', 'usr/sbin/dhcpcd'];

/** cloud-init's Ec2 source and the host's own scripts ask an IMDSv2 server at the link-local address, as on EC2. */
export const ec2: LabTarget = {
  name: 'ec2',
  compiles: 'aws',
  about: "cloud-init's own Ec2 source asks a metadata service (IMDSv2) for user-data, name and address",
  reader: 'cloud-init',
  metadata: 'ec2',
  // An instance learns its name from its metadata.
  hostname: 'localhost',
  ownName: ({ address }) => privateName(address),
  seed: () => [
    { path: '/etc/cloud/cloud.cfg.d/95-ec2.cfg', mode: 0o644, bytes: new TextEncoder().encode(CLOUD_CONFIG) },
  ],
  prepare: async ({ layout, network, host, root }, outputs) => {
    const { base } = hostPaths(layout, host.name);
    for (const client of DHCP_CLIENTS) await rm(join(root, client), { force: true });
    await mkdir(join(base, 'hypervisor'), { recursive: true });
    await writeFile(join(base, 'hypervisor/uuid'), UUID);
    await writeInstance(base, {
      ...(host.instance ?? { id: resourceId('i', layout.prefix, host.name) }),
      name: host.name,
      address: host.address,
      cidr: network.cidr,
      launched: new Date().toISOString().replace(/\.\d+Z$/, 'Z'),
      userData: outputFor(outputs, `aws/${host.role}/user-data`),
    });
  },
  nspawn: (root) => [`--bind-ro=${join(root, '../hypervisor')}:/sys/hypervisor`],
};
