import { parseUnitFile, unitValue } from '../../format/unit-file.ts';
import type { NumberedHost } from '../../plan/hosts.ts';
import type { Plan, Role } from '../../plan/plan.ts';
import { type InContainer, unitRows } from '../../plan/units.ts';
import type { Spec } from '../../spec/defaults.ts';
import type { users } from './limits.ts';
import { printUnitScript } from './unit-script.ts';

/** One container of a host: it does what one unit does. */
export interface Container extends InContainer {
  /** Name of the unit, without `.service`. */
  unit: string;
  user: keyof typeof users;
  health: (spec: Spec) => string;
}

const rows = unitRows.flatMap(({ name, user = 'root' as const, inContainer }): Container[] => {
  if (inContainer === null || typeof inContainer === 'string') return [];
  const unit = name.replace(/\.service$/, '');
  return [{ unit, user, health: () => `test -e /run/quorumgate/done/${unit}`, ...inContainer }];
});

export const HOST_UNIT = 'quorumgate-host';
export const containerUnits: readonly string[] = rows.map(({ unit }) => unit);

/** The unit that the host is for: its container has the host's own name. */
const MAIN: Record<Role, string> = { etcd: 'etcd', 'consul-server': 'consul' };

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
