import { inside, isUp } from '../host/inside.ts';
import type { HostState } from '../host/state.ts';
import { labTarget, slowest } from '../target/targets.ts';
import { type BootStep, bootStep, type Look, unitsOf } from './boot-step.ts';
import { PROPERTIES, parseUnits } from './unit-state.ts';

export interface Seen extends Look, BootStep {
  host: HostState;
}

const SEPARATOR = '--leader--';

/** One look at a host: one process on the machine, so that looking does not slow the boot down. */
export async function look(host: HostState, extraUnits: string[] = []): Promise<Seen> {
  const units = [...unitsOf(host.role), ...extraUnits].join(' ');
  const script = `systemctl show -p ${PROPERTIES.join(',')} ${units}; echo; echo ${SEPARATOR}
    systemctl -q is-active consul.service && curl -s -m ${slowest([host])} http://127.0.0.1:8500/v1/status/leader`;
  const seen: Look = { alive: isUp(host), units: new Map(), leader: '' };
  if (seen.alive) {
    const [shown = '', leader = ''] = (await insideQuietly(host, script)).split(SEPARATOR);
    seen.units = parseUnits(shown, host.agent === undefined ? 0 : host.startedAt);
    seen.leader = /^"([^"]+)"$/.exec(leader.trim())?.[1] ?? '';
  }
  return { host, ...seen, ...bootStep(host.role, seen, labTarget(host.target).reader) };
}

async function insideQuietly(host: HostState, script: string): Promise<string> {
  try {
    return (await inside(host, ['sh', '-c', script])).stdout;
  } catch {
    return '';
  }
}
