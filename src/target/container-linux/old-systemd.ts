import type { Plan } from '../../plan/plan.ts';

/**
 * Before systemd 244 (Container Linux ended with 241) a unit with `Type=oneshot` and any `Restart=` is refused as a
 * whole. There the trying again happens inside of ExecStart=.
 */
export function forOldSystemd(unit: string): string {
  if (!restartsOneshot(unit)) return unit;
  const pause = /^RestartSec=([0-9]+)$/m.exec(unit)?.[1] ?? '1';
  return unit.replace(/^Restart(Sec)?=.*\n/gm, '').replace(/^ExecStart=([^'"$\\\n]+)$/m, (_, command: string) => {
    return `ExecStart=/bin/sh -c 'until ${command}; do sleep ${pause}; done'`;
  });
}

export function restartsOneshot(unit: string): boolean {
  return /^Type=oneshot$/m.test(unit) && /^Restart=(?!no$)/m.test(unit);
}

export function planForOldSystemd(plan: Plan): Plan {
  return { ...plan, units: plan.units.map((unit) => ({ ...unit, content: forOldSystemd(unit.content) })) };
}
