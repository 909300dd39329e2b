import type { Spec } from '../spec/defaults.ts';
import { wantsPackages } from './environment.ts';
import type { Role } from './plan.ts';

interface UnitRow {
  name: string;
  roles: readonly Role[];
  /** Left out where the spec does not need it. */
  when?: (spec: Spec) => boolean;
}

const everywhere = ['etcd', 'consul-server'] as const;
const member = ['etcd'] as const;

/** Every unit that lands on hosts, in boot order. A unit with an [Install] section is enabled. */
export const unitRows: readonly UnitRow[] = [
  { name: 'quorumgate.target', roles: everywhere },
  { name: 'quorumgate-packages.service', roles: everywhere, when: wantsPackages },
  { name: 'quorumgate-program@.service', roles: everywhere },
  { name: 'quorumgate-host.service', roles: everywhere },
  { name: 'consul-dns-host.service', roles: everywhere },
  { name: 'consul-dns-host.path', roles: everywhere },
  { name: 'consul.service', roles: everywhere },
  { name: 'consul-dns-udp.service', roles: everywhere },
  { name: 'consul-dns-tcp.service', roles: everywhere },
  { name: 'etcd-register-server.service', roles: member },
  { name: 'etcd.service', roles: member },
  { name: 'etcd-register-client.service', roles: member },
  { name: 'etcd-assert.service', roles: member, when: (spec) => spec.etcd.discovery === 'srv' },
  { name: 'etcd-record.timer', roles: member },
  { name: 'etcd-record.service', roles: member },
  { name: 'etcd-cluster.target', roles: member },
];
