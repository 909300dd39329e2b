import { nearest } from '../suggest.ts';
import type { Rule } from './draft.ts';

/** Labels that Consul's DNS reads as the kind of a query. */
const RESERVED = ['service', 'node', 'addr', 'query', 'connect', 'ingress', 'virtual'];

export const datacenter: Rule = ({ consul }) => {
  const name = consul?.datacenter;
  if (name === undefined || !RESERVED.includes(name)) return [];
  const message = `\`consul.datacenter\` is \`${name}\`: in \`etcd3.service.${name}.${consul?.domain ?? 'consul'}\` Consul takes it for a kind of query.`;
  return [{ code: 'datacenter-reserved', pointer: '/consul/datacenter', message }];
};

export const hostName: Rule = ({ name, address }, { isInvalid }) => {
  if (!name?.includes('instance') || address === undefined || isInvalid('/address')) return [];
  if (address.metadata !== undefined || isInvalid('/address/metadata')) return [];
  const message = `\`name\` is \`${name}\`, and there is no \`address.metadata\` that would tell an instance's ID.`;
  return [{ code: 'name-without-metadata', pointer: '/name', message }];
};

/** Names that others have for what a target boots. */
const CALLED: Readonly<Record<string, string>> = {
  ec2: 'aws',
  amazon: 'aws',
  cloudinit: 'aws',
  'cloud-init': 'aws',
  google: 'gce',
  gcp: 'gce',
  hcloud: 'hetzner',
  'digital-ocean': 'digitalocean',
  pve: 'proxmox',
  metal: 'nocloud',
  'bare-metal': 'nocloud',
  fcos: 'fedora-coreos',
  coreos: 'fedora-coreos',
  libvirt: 'vagrant',
  virtualbox: 'vagrant',
  vbox: 'vagrant',
  docker: 'compose',
  podman: 'compose',
  'docker-compose': 'compose',
};

export const targetNames: Rule = ({ targets = [] }, { targets: known }) =>
  targets.flatMap((name, index) => {
    if (name === undefined || known.includes(name)) return [];
    const message = `There is no target \`${name}\`.`;
    const detail = { allowed: known.map((one) => `\`${one}\``).join(', ') };
    const called = CALLED[name.toLowerCase()];
    const suggestion = called !== undefined && known.includes(called) ? called : nearest(name, known);
    return [{ code: 'target-unknown', pointer: `/targets/${index}`, message, detail, suggestion }];
  });
