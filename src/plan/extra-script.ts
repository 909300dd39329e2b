import type { Plan } from './plan.ts';

/** A word of a shell: no quote is among the characters of what is written so. */
export const shellWord = (text: string): string => (/^[A-Za-z0-9._/@+:-]+$/.test(text) ? text : `'${text}'`);

/**
 * Lines of the first boot's script for what the user wants besides, where the boot system does not do it itself. They come last, and none of them
 * can fail the script: a mistake there keeps nobody's cluster from forming.
 */
export function extraLines({ files, units, extra }: Plan): string {
  if (extra === undefined) return '';
  const states = [
    ...units.flatMap(({ name, enabled, pointer }) =>
      pointer !== undefined && enabled ? [{ name, state: 'enabled' as const }] : [],
    ),
    ...extra.states,
  ];
  return [
    ...extra.directories.map(
      ({ path, mode, owner: { user, group } }) =>
        `install -d -m ${mode.toString(8).padStart(4, '0')} -o ${user} -g ${group} ${path} || :`,
    ),
    ...files.flatMap(({ path, owner }) =>
      owner === undefined ? [] : [`chown -h ${owner.user}:${owner.group} ${shellWord(path)} || :`],
    ),
    ...states.flatMap(({ name, state }) =>
      state === 'enabled'
        ? [`systemctl --quiet enable ${shellWord(name)} && systemctl --no-block start ${shellWord(name)} || :`]
        : [],
    ),
    // Last, and without a reload: of a timer that is masked while it runs, systemd says that it failed (252, in the lab 2026-11-30).
    ...states.flatMap(({ name, state }) =>
      state === 'masked'
        ? [`systemctl --quiet --no-reload mask ${shellWord(name)} && systemctl --no-block stop ${shellWord(name)} || :`]
        : [],
    ),
  ]
    .map((line) => `${line}\n`)
    .join('');
}
