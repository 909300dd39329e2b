import { extraLines } from './extra-script.ts';
import { asset, dense } from './file.ts';
import { fill } from './fill.ts';
import type { Assets, Plan, PlanFile } from './plan.ts';
import { unitRows } from './units.ts';

/** Makes the users and enables the units of a plan, where the boot system does not do so itself. Run once. */
export const FIRST_BOOT = '/opt/quorumgate/libexec/first-boot';

function firstBoot(plan: Plan, { templates }: Assets): PlanFile {
  const enabled = plan.units.filter((unit) => unit.enabled && unit.pointer === undefined).map(({ name }) => name);
  const daemons = [...new Set(unitRows.filter(({ isCommon }) => isCommon).map(({ name }) => name))].filter((name) =>
    enabled.includes(name),
  );
  const content = dense(
    fill(asset(templates, 'first-boot.sh'), { units: enabled.join(' '), daemons: daemons.join(' ') }),
  );
  return { path: FIRST_BOOT, mode: 0o755, content: content + extraLines(plan), pointer: '' };
}

/**
 * Everything as files, the first boot's script among them. Scripts and sidekicks stand side by side, then units: likeness
 * near by is what gzip shortens.
 */
export function everyFile(plan: Plan, assets: Assets): PlanFile[] {
  const units = plan.units.map(({ name, content, pointer = '' }) => ({
    path: `/etc/systemd/system/${name}`,
    mode: 0o644,
    content,
    pointer,
  }));
  return [...plan.files, firstBoot(plan, assets), ...units];
}
