import type { Plan } from '../../plan/plan.ts';
import { VERSIONS } from '../../version/facts.ts';
import { isIn } from '../../version/range.ts';

/** A unit for systemd that refuses one with `Type=oneshot` and any `Restart=` as a whole: it tries again inside of ExecStart=. */
export function forOldSystemd(unit: string): string {
  if (!restartsOneshot(unit)) return unit;
  const pause = /^RestartSec=([0-9]+)$/m.exec(unit)?.[1] ?? '1';
  return unit.replace(/^Restart(Sec)?=.*\n/gm, '').replace(/^ExecStart=(.*)$/m, (_, command: string) => {
    if (/['"$\\]/.test(command)) throw new Error(`no command for a shell to try again: ${command}`);
    return `ExecStart=/bin/sh -c 'until ${command}; do sleep ${pause}; done'`;
  });
}

export function restartsOneshot(unit: string): boolean {
  return /^Type=oneshot$/m.test(unit) && /^Restart=(?!no$)/m.test(unit);
}

/** A plan with its units as this version of systemd takes them. */
export function planFor(systemd: string, plan: Plan): Plan {
  if (!isIn(systemd, VERSIONS.systemdRefusesRetries)) return plan;
  return {
    ...plan,
    units: plan.units.map((unit) =>
      unit.pointer === undefined ? { ...unit, content: forOldSystemd(unit.content) } : unit,
    ),
  };
}

/** Whether this version of systemd enables a unit of this name by a preset. */
export function enables(systemd: string, name: string): boolean {
  return !name.includes('@') || !isIn(systemd, VERSIONS.systemdEnablesNoInstances);
}
