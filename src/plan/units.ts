import type { Spec } from '../spec/defaults.ts';
import { mountsVolume, runsPods, wantsPackages } from './environment.ts';
import { asset } from './file.ts';
import type { Assets, Role } from './plan.ts';
import { fetchesSecrets, hasSecrets } from './secrets.ts';

/** The container that does what a unit does, on hosts that are containers (target compose). */
export interface InContainer {
  /** The addition to the host's name; the program that a host is for has that name alone. */
  suffix: string;
  /** Units that are started before, where there is a choice. */
  after: readonly string[];
  /** A shell command that says that it works; that it is done where there is none. */
  health?: (spec: Spec) => string;
}

/** All that is known of a unit besides its own text. */
export interface UnitRow {
  name: string;
  roles: readonly Role[];
  /** Left out where the spec does not need it. */
  when?: (spec: Spec, role: Role) => boolean;
  /** JSON pointer of what in the spec wants it, where `when` asks. */
  key?: (spec: Spec) => string;
  /** The file in units/, where it is not of this name. */
  file?: string;
  /** `nobody`: a user of its own, made for each start. */
  user?: 'consul' | 'etcd' | 'nobody';
  /** It writes etcd's data directory, wherever the spec has that. */
  writesData?: true;
  /** A oneshot that is tried again, which old systemd refuses as a whole. */
  isRetried?: true;
  /** Distributions have a unit of this name too. */
  isCommon?: true;
  /** Why there is none, where there is none; null where compose refuses the specs that want the unit. */
  inContainer: InContainer | string | null;
}

const everywhere = ['etcd', 'consul-server'] as const;
const member = ['etcd'] as const;

/** A unit by its file in units/static-pod/. */
const inPods = (
  name: string,
  roles: UnitRow['roles'],
  when: UnitRow['when'] & {},
  key: UnitRow['key'] & {},
  more?: Partial<UnitRow>,
): UnitRow => ({
  name,
  file: `static-pod/${name}`,
  roles,
  when,
  key,
  isCommon: true,
  inContainer: null,
  ...more,
});

const podKey = ({ etcd }: Spec) => (etcd.runtime === 'static-pod' ? '/etcd/runtime' : '/consul/runtime');

const BY_DOCKER = 'Docker does it';
const TOGETHER = 'containers reach each other from the beginning';
const BY_CLIENT = 'the container of etcd-register-client does it again and again';
/** 127.0.0.1:53 as the kernel lists it, on machines of either kind that programs are made for. */
const open = (protocol: string) => () => `grep -q ' 0100007F:0035 ' /proc/net/${protocol}`;

/** Every unit that lands on hosts, in boot order. A unit with an [Install] section is enabled. */
export const unitRows: readonly UnitRow[] = [
  { name: 'quorumgate.target', roles: everywhere, inContainer: BY_DOCKER },
  {
    name: 'quorumgate-packages.service',
    roles: everywhere,
    when: wantsPackages,
    key: () => '/programs',
    isRetried: true,
    inContainer: 'packages are in the image',
  },
  { name: 'quorumgate-program@.service', roles: everywhere, isRetried: true, inContainer: 'programs are in the image' },
  { name: 'quorumgate-host.service', roles: everywhere, isRetried: true, inContainer: { suffix: 'host', after: [] } },
  {
    name: 'quorumgate-deliver.service',
    roles: everywhere,
    when: fetchesSecrets,
    isRetried: true,
    inContainer: null,
  },
  {
    name: 'quorumgate-secrets.service',
    roles: everywhere,
    when: hasSecrets,
    key: ({ consul }) => (consul.encrypt === undefined ? '/consul/tokens' : '/consul/encrypt'),
    isRetried: true,
    inContainer: null,
  },
  {
    name: 'quorumgate-volume.service',
    roles: member,
    when: mountsVolume,
    key: () => '/etcd/volume',
    isRetried: true,
    inContainer: null,
  },
  { name: 'quorumgate-again@.service', roles: everywhere, inContainer: 'Docker starts it again' },
  { name: 'consul-dns-host.service', roles: everywhere, isRetried: true, inContainer: 'Docker asks 127.0.0.1:53' },
  { name: 'consul-dns-host.path', roles: everywhere, inContainer: 'Docker asks 127.0.0.1:53' },
  inPods('containerd.service', everywhere, runsPods, podKey),
  inPods('kubelet.service', everywhere, runsPods, podKey),
  {
    name: 'consul.service',
    roles: everywhere,
    when: ({ consul }) => consul.runtime === 'service',
    key: () => '/consul/runtime',
    user: 'consul',
    isCommon: true,
    inContainer: { suffix: 'consul', after: [], health: () => '/opt/quorumgate/bin/consul info >/dev/null' },
  },
  inPods(
    'consul.service',
    everywhere,
    ({ consul }) => consul.runtime === 'static-pod',
    () => '/consul/runtime',
  ),
  { name: 'consul-rejoin.service', roles: everywhere, user: 'consul', inContainer: TOGETHER },
  {
    name: 'consul-dns-udp.service',
    roles: everywhere,
    user: 'nobody',
    inContainer: { suffix: 'dns-udp', after: ['consul'], health: open('udp') },
  },
  {
    name: 'consul-dns-tcp.service',
    roles: everywhere,
    user: 'nobody',
    inContainer: { suffix: 'dns-tcp', after: ['consul'], health: open('tcp') },
  },
  {
    name: 'etcd-register-server.service',
    roles: member,
    user: 'etcd',
    writesData: true,
    inContainer: { suffix: 'register-server', after: ['consul'] },
  },
  {
    name: 'etcd.service',
    roles: member,
    when: ({ etcd }) => etcd.runtime === 'service',
    key: () => '/etcd/runtime',
    user: 'etcd',
    writesData: true,
    isCommon: true,
    inContainer: {
      suffix: 'etcd',
      after: ['consul', 'consul-dns-udp', 'consul-dns-tcp', 'etcd-register-server'],
      health: ({ etcd }) => `curl -fs http://127.0.0.1:${etcd.metricsPort}/health`,
    },
  },
  inPods(
    'etcd.service',
    member,
    ({ etcd }) => etcd.runtime === 'static-pod',
    () => '/etcd/runtime',
    { writesData: true },
  ),
  {
    name: 'etcd-register-client.service',
    roles: member,
    user: 'etcd',
    writesData: true,
    isRetried: true,
    inContainer: { suffix: 'register-client', after: ['etcd'] },
  },
  {
    name: 'etcd-assert.service',
    roles: member,
    when: (spec) => spec.etcd.discovery === 'srv',
    key: () => '/etcd/discovery',
    user: 'etcd',
    writesData: true,
    inContainer: { suffix: 'assert', after: ['etcd'] },
  },
  { name: 'etcd-record.timer', roles: member, inContainer: BY_CLIENT },
  {
    name: 'etcd-record.service',
    roles: member,
    user: 'etcd',
    writesData: true,
    isRetried: true,
    inContainer: BY_CLIENT,
  },
  { name: 'etcd-cluster.target', roles: member, inContainer: BY_DOCKER },
];

/** The rows of a spec's role, in boot order. */
export const unitsOf = (spec: Spec, role: Role): UnitRow[] =>
  unitRows.filter((row) => row.roles.includes(role) && (row.when?.(spec, role) ?? true));

/** A unit's text as hosts of a spec have it: the unit itself, but for who may ask for etcd's metrics, and for what nothing is kept in. */
export function unitText({ etcd, address }: Spec, file: string, assets: Assets): string {
  const text = asset(assets.units, file);
  // Nothing is kept of what a metadata service says.
  if (file === 'quorumgate-host.service' && address.metadata) return text.replace('StateDirectory=quorumgate\n', '');
  if (file !== 'etcd.service' || etcd.metricsAt === 'loopback') return text;
  return text.replace(
    /--listen-metrics-urls=http:\/\/127\.0\.0\.1:(\S+)/,
    (own, port: string) => `${own},\${QG_SCHEME}://\${QG_ADDRESS}:${port}`,
  );
}

/** A drop-in of each unit that writes the data directory: of what the host is for first, of what a spec may leave out last. */
export function dataDropIns(rows: readonly UnitRow[]): string[] {
  const rank = ({ name, when }: UnitRow) => (name === 'etcd.service' ? 0 : when === undefined ? 1 : 2);
  const names = rows.filter(({ writesData }) => writesData).sort((a, b) => rank(a) - rank(b));
  return [...new Set(names.map(({ name }) => `/etc/systemd/system/${name}.d/data-directory.conf`))];
}
