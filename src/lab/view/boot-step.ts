import type { Role } from '../../plan/plan.ts';
import type { UnitState } from './unit-state.ts';

/** A host as it was seen at one look. */
export interface Look {
  alive: boolean;
  units: ReadonlyMap<string, UnitState>;
  /** The leader that the host's Consul agent names; empty while there is none. */
  leader: string;
}

/** Where a host is on its way up. */
export interface BootStep {
  step: string;
  /** The unit that is not where it should be: its journal says why. */
  unit?: string;
  status: string;
  up: boolean;
}

interface Station {
  step: string;
  unit: string;
  passed(unit: UnitState | undefined, look: Look): boolean;
}

const active = (unit: UnitState | undefined) => unit?.active === 'active';
const exited = (unit: UnitState | undefined) => unit?.active === 'active' && unit.sub === 'exited';

const KUBELET = 'kubelet.service';

/** Not on hosts that run it as a static pod: there its image comes in the pod's own time. */
const program = (name: string): Station => ({
  step: 'programs',
  unit: `quorumgate-program@${name}.service`,
  passed: (unit, { units }) => active(unit) || units.get(KUBELET)?.loaded === true,
});

const COMMON: readonly Station[] = [
  { step: 'address', unit: 'quorumgate-host.service', passed: active },
  program('consul'),
  { step: 'consul', unit: 'consul.service', passed: active },
];

const STATIONS: Record<Role, readonly Station[]> = {
  'consul-server': [...COMMON, { step: 'leader', unit: 'consul.service', passed: (_, { leader }) => leader !== '' }],
  etcd: [
    ...COMMON,
    { step: 'dns', unit: 'consul-dns-udp.service', passed: active },
    { step: 'dns', unit: 'consul-dns-tcp.service', passed: active },
    program('etcd'),
    { step: 'register', unit: 'etcd-register-server.service', passed: exited },
    { step: 'gate', unit: 'etcd.service', passed: (unit) => active(unit) || unit?.mainStartedAt !== undefined },
    { step: 'etcd', unit: 'etcd.service', passed: active },
    { step: 'announce', unit: 'etcd-register-client.service', passed: active },
    { step: 'target', unit: 'etcd-cluster.target', passed: active },
  ],
};

/** Where a host's document did not fit, the unit that fetches all the others. */
const FETCH = 'quorumgate-fetch.service';

function known(units: Look['units']): boolean {
  return units.get('quorumgate-host.service')?.loaded === true;
}

/** The words of the unit itself, else those of systemd; nothing of one whose turn has not come. */
function statusOf({ active, sub, statusText, result }: UnitState): string {
  if (active === 'failed') return `failed: ${result}`;
  return statusText || (active === 'inactive' ? '' : `${active} (${sub})`);
}

/** Units that have to be looked at for a role. */
export function unitsOf(role: Role): string[] {
  return [...new Set([FETCH, KUBELET, ...STATIONS[role].map(({ unit }) => unit)])];
}

/** The first station that a host has not passed; `reader` is the program that writes the units at first boot. */
export function bootStep(role: Role, look: Look, reader: string): BootStep {
  if (!look.alive) return { step: 'dead', status: 'the host has ended', up: false };
  if (look.units.size === 0) return { step: 'boot', status: '', up: false };
  if (!known(look.units)) {
    const fetching = look.units.get(FETCH);
    if (!fetching?.loaded) return { step: reader, status: '', up: false };
    return { step: 'fetch', unit: FETCH, status: statusOf(fetching), up: false };
  }
  for (const { step, unit, passed } of STATIONS[role]) {
    const state = look.units.get(unit);
    if (passed(state, look)) continue;
    return { step, unit, status: state === undefined ? '' : statusOf(state), up: false };
  }
  return { step: 'up', status: '', up: true };
}
