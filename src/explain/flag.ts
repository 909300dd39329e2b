import type { Plan } from '../plan/plan.ts';
import { ETCD_SETTINGS, ownerOf, type Setting } from '../version/etcd-settings.ts';
import { type Explained, type Fact, type Known, lineOf } from './explained.ts';

/** `--metrics`, `metrics` and `ETCD_METRICS` are one flag. */
function flagOf(word: string): string {
  if (word.startsWith('ETCD_')) return word.slice('ETCD_'.length).toLowerCase().replaceAll('_', '-');
  return word.replace(/^--/, '').replace(/=.*$/, '');
}

const TAKES = {
  count: 'a whole number above 0',
  number: 'a whole number',
  duration: 'a duration, for example `30s`',
  switch: '`true` or `false`',
  text: 'text',
  origins: 'origins, with commas',
} as const;

const takes = ({ kind }: Setting): string =>
  typeof kind === 'string' ? TAKES[kind] : kind.map((word) => `\`${word}\``).join(' or ');

/** A flag of etcd's: whether a spec may set it, and where hosts have it. */
export function explainFlag(word: string, known: Known): Explained[] {
  const flag = flagOf(word);
  const setting = Object.hasOwn(ETCD_SETTINGS, flag) ? ETCD_SETTINGS[flag] : undefined;
  const owner = ownerOf(flag);
  if (setting === undefined && owner === undefined) return [];
  const facts: Fact[] =
    setting === undefined
      ? [['set by', `quorumgate, and not by \`etcd.settings\`: ${owner}`]]
      : [
          ['is', setting.about],
          ['takes', takes(setting)],
          ['from', `etcd ${setting.from ?? '3.5, the oldest that is taken'}`],
          ['key', `etcd.settings.${flag}`],
        ];
  return [{ kind: 'flag', name: `--${flag}`, facts: [...facts, ...specFacts(flag, setting !== undefined, known)] }];
}

function specFacts(flag: string, isSetting: boolean, { compiled }: Known): Fact[] {
  if (compiled === undefined) return [];
  const pointer = `/etcd/settings/${flag}`;
  const value = compiled.spec?.etcd.settings?.[flag as keyof NonNullable<typeof compiled.spec.etcd.settings>];
  const written: Fact[] = !isSetting
    ? []
    : value === undefined
      ? [['here', "not set: etcd's own default holds"]]
      : [['here', `${String(value)}, by ${lineOf(pointer, compiled.place) ?? pointer}`]];
  const found = compiled.plans.flatMap((plan) => linesWith(flag, plan));
  return [...written, ...(found.length === 0 ? [] : ([['hosts have', ...found]] satisfies Fact[]))];
}

/** Lines of a host's files that give etcd the flag, by its name or as a variable. */
function linesWith(flag: string, { role, files, units }: Plan): string[] {
  const variable = `ETCD_${flag.toUpperCase().replaceAll('-', '_')}`;
  const given = new RegExp(`(?<![\\w-])(?:--${flag}(?![\\w-])|${variable}(?!\\w))`);
  const texts = [
    ...files.map(({ path, content }) => [path, content] as const),
    ...units.map(({ name, content }) => [name, content] as const),
  ].filter(([name]) => !name.endsWith('/etcd-sidekick'));
  return texts.flatMap(([name, text]) =>
    text
      .split('\n')
      .filter((line) => given.test(line))
      .map((line) => `${role}: ${name}: ${excerpt(line.trim(), given)}`),
  );
}

/** A line of a manifest may be as long as the manifest. */
function excerpt(line: string, given: RegExp): string {
  const at = given.exec(line)?.index ?? 0;
  return line.length <= 120 ? line : `…${line.slice(at, at + 80)}…`;
}
