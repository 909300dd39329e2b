import type { Spec } from '../spec/defaults.ts';
import { runsPods, wantsPackages } from './environment.ts';
import type { Role } from './plan.ts';

interface UnitRow {
  name: string;
  roles: readonly Role[];
  /** Left out where the spec does not need it. */
  when?: (spec: Spec, role: Role) => boolean;
  /** The file in units/, where it is not of this name. */
  file?: string;
}

const everywhere = ['etcd', 'consul-server'] as const;
const member = ['etcd'] as const;

/** A unit by its file in units/static-pod/. */
const inPods = (name: string, roles: UnitRow['roles'], when: UnitRow['when'] & {}): UnitRow => ({
  name,
  file: `static-pod/${name}`,
  roles,
  when,
});

/** Every unit that lands on hosts, in boot order. A unit with an [Install] section is enabled. */
export const unitRows: readonly UnitRow[] = [
  { name: 'quorumgate.target', roles: everywhere },
  { name: 'quorumgate-packages.service', roles: everywhere, when: wantsPackages },
  { name: 'quorumgate-program@.service', roles: everywhere },
  { name: 'quorumgate-host.service', roles: everywhere },
  { name: 'consul-dns-host.service', roles: everywhere },
  { name: 'consul-dns-host.path', roles: everywhere },
  inPods('containerd.service', everywhere, runsPods),
  inPods('kubelet.service', everywhere, runsPods),
  { name: 'consul.service', roles: everywhere, when: ({ consul }) => consul.runtime === 'service' },
  inPods('consul.service', everywhere, ({ consul }) => consul.runtime === 'static-pod'),
  { name: 'consul-dns-udp.service', roles: everywhere },
  { name: 'consul-dns-tcp.service', roles: everywhere },
  { name: 'etcd-register-server.service', roles: member },
  { name: 'etcd.service', roles: member, when: ({ etcd }) => etcd.runtime === 'service' },
  inPods('etcd.service', member, ({ etcd }) => etcd.runtime === 'static-pod'),
  { name: 'etcd-register-client.service', roles: member },
  { name: 'etcd-assert.service', roles: member, when: (spec) => spec.etcd.discovery === 'srv' },
  { name: 'etcd-record.timer', roles: member },
  { name: 'etcd-record.service', roles: member },
  { name: 'etcd-cluster.target', roles: member },
];
