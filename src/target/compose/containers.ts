import { parseUnitFile, unitValue } from '../../format/unit-file.ts';
import type { NumberedHost } from '../../plan/hosts.ts';
import type { Plan, Role } from '../../plan/plan.ts';
import type { Spec } from '../../spec/defaults.ts';
import type { users } from './limits.ts';
import { printUnitScript } from './unit-script.ts';

/** One container of a host: it does what one unit does. */
interface Row {
  /** Name of the unit, without `.service`. */
  unit: string;
  /** What it adds to the host's name; the program that a host is for has that name alone. */
  suffix: string;
  user: keyof typeof users;
  /** Units that are started before, where there is a choice. */
  after: readonly string[];
  /** What says that it works, as a shell command. */
  health: (spec: Spec) => string;
}

const done = (unit: string) => () => `test -e /run/quorumgate/done/${unit}`;
/** 127.0.0.1:53 as the kernel lists it, on machines of either kind that programs are made for. */
const open = (protocol: string) => () => `grep -q ' 0100007F:0035 ' /proc/net/${protocol}`;

const rows: readonly Row[] = [
  { unit: 'quorumgate-host', suffix: 'host', user: 'root', after: [], health: done('quorumgate-host') },
  {
    unit: 'consul',
    suffix: 'consul',
    user: 'consul',
    after: [],
    health: () => '/opt/quorumgate/bin/consul info >/dev/null',
  },
  { unit: 'consul-dns-udp', suffix: 'dns-udp', user: 'nobody', after: ['consul'], health: open('udp') },
  { unit: 'consul-dns-tcp', suffix: 'dns-tcp', user: 'nobody', after: ['consul'], health: open('tcp') },
  {
    unit: 'etcd-register-server',
    suffix: 'register-server',
    user: 'etcd',
    after: ['consul'],
    health: done('etcd-register-server'),
  },
  {
    unit: 'etcd',
    suffix: 'etcd',
    user: 'etcd',
    after: ['consul', 'consul-dns-udp', 'consul-dns-tcp', 'etcd-register-server'],
    health: ({ etcd }) => `curl -fs http://127.0.0.1:${etcd.metricsPort}/health`,
  },
  {
    unit: 'etcd-register-client',
    suffix: 'register-client',
    user: 'etcd',
    after: ['etcd'],
    health: done('etcd-register-client'),
  },
  { unit: 'etcd-assert', suffix: 'assert', user: 'etcd', after: ['etcd'], health: done('etcd-assert') },
];

export const HOST_UNIT = 'quorumgate-host';
export const containerUnits: readonly string[] = rows.map(({ unit }) => unit);

/** What the host is for: its container has the host's own name. */
const MAIN: Record<Role, string> = { etcd: 'etcd', 'consul-server': 'consul' };

export type Container = Row;

/** The containers of a role's hosts: those of its units that do something that Docker does not do. */
export function containersOf({ units }: Plan): Container[] {
  return rows.filter(({ unit }) => units.some(({ name }) => name === `${unit}.service`));
}

export function serviceName({ name, role }: Pick<NumberedHost, 'name' | 'role'>, unit: string): string {
  const suffix = rows.find((row) => row.unit === unit)?.suffix;
  return unit === MAIN[role] ? name : `${name}-${suffix}`;
}

/** /opt/quorumgate/container/UNIT. */
export function unitScript({ units }: Plan, unit: string): string {
  const text = (name: string) => units.find((one) => one.name === name)?.content ?? '';
  return printUnitScript(unit, text(`${unit}.service`), unit === 'etcd-register-client' ? repeat(text) : undefined);
}

/** Seconds between two runs of what etcd-record.timer runs: on hosts a unit of its own, here the same container again. */
function repeat(text: (unit: string) => string): number {
  const command = (unit: string) => unitValue(parseUnitFile(text(unit)), 'Service', 'ExecStart');
  if (command('etcd-record.service') !== command('etcd-register-client.service')) {
    throw new Error('etcd-record.service no longer runs what etcd-register-client.service runs');
  }
  return Number(unitValue(parseUnitFile(text('etcd-record.timer')), 'Timer', 'OnUnitInactiveSec'));
}
