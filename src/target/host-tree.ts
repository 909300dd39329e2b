import type { Owner, Plan, PlanUser } from '../plan/plan.ts';
import type { Difference } from './target.ts';

/** Files and units that a target leaves on a host. */
export interface HostTree {
  files: Map<string, HostEntry>;
  /** Units that are started at every boot. */
  enabled: string[];
  /** Users, groups and whatever else is no file, a line each. */
  others?: string[];
}

interface HostEntry {
  mode: number;
  owner: string;
  /** Undefined for a folder that is asked for by itself. */
  bytes?: Uint8Array;
}

/** The tree that the plan wants, as it stands: every target has to come to it. */
export function plannedTree({ files, units, extra }: Plan): HostTree {
  const encode = (text: string) => new TextEncoder().encode(text);
  return {
    files: new Map([
      ...files.map(
        ({ path, mode, content, owner }) => [path, { mode, owner: ownerText(owner), bytes: encode(content) }] as const,
      ),
      ...(extra?.directories ?? []).map(({ path, mode, owner }) => [path, { mode, owner: ownerText(owner) }] as const),
      ...units.map(
        ({ name, content }) =>
          [`/etc/systemd/system/${name}`, { mode: 0o644, owner: 'root', bytes: encode(content) }] as const,
      ),
    ]),
    enabled: [
      ...units.filter(({ enabled }) => enabled).map(({ name }) => name),
      ...(extra?.states ?? []).flatMap(({ name, state }) => (state === 'enabled' ? [name] : [])),
    ],
    others: [
      ...(extra?.users ?? []).map(userText),
      ...(extra?.groups ?? []).map(groupText),
      ...(extra?.states ?? []).flatMap(({ name, state }) => (state === 'masked' ? [maskText(name)] : [])),
      ...(extra?.kernelArguments ?? []).map(argumentText),
    ],
  };
}

/** An owner as trees have it. */
export const ownerText = ({ user, group }: Owner = { user: 'root', group: 'root' }): string =>
  user === 'root' && group === 'root' ? 'root' : `${user}:${group}`;

/** Lines of `others`, each as every reader has to come to it. */
export const userText = ({ name, uid, groups, shell, keys }: PlanUser): string =>
  `user ${name} ${uid ?? '-'} ${groups.join(',')} ${shell} ${keys.join(' | ')}`;
export const groupText = (name: string): string => `group ${name}`;
export const maskText = (name: string): string => `masked ${name}`;
export const argumentText = (argument: string): string => `kernel argument ${argument}`;

/** Paths at which two trees are not the same; a unit of another state counts by its path. */
export function unequal(one: HostTree, other: HostTree): string[] {
  const paths = new Set([...one.files.keys(), ...other.files.keys()]);
  const states = new Set([...one.enabled, ...other.enabled]);
  const [mine, theirs] = [one.others ?? [], other.others ?? []];
  return [
    ...[...new Set([...mine, ...theirs])].filter((line) => mine.includes(line) !== theirs.includes(line)),
    ...[...paths].filter((path) => !isSame(one.files.get(path), other.files.get(path))),
    ...[...states]
      .filter((name) => one.enabled.includes(name) !== other.enabled.includes(name))
      .map((name) => `/etc/systemd/system/${name}`),
  ].sort();
}

function isSame(one: HostEntry | undefined, other: HostEntry | undefined): boolean {
  if (one === undefined || other === undefined) return false;
  if (one.mode !== other.mode || one.owner !== other.owner) return false;
  const [a, b] = [one.bytes, other.bytes];
  if (a === undefined || b === undefined) return a === b;
  return a.length === b.length && a.every((byte, index) => byte === b[index]);
}

/** Differences that no declaration covers. */
export function undeclared(paths: readonly string[], differs: readonly Difference[]): string[] {
  return paths.filter((path) => !differs.some((difference) => difference.path === path));
}

/** Does to a tree what its first-boot.sh does, when a boot system runs that: users of its own are no part of it. */
export function doFirstBoot(tree: HostTree): void {
  const script = new TextDecoder().decode(tree.files.get('/opt/quorumgate/libexec/first-boot')?.bytes);
  const [, units = ''] = /^systemctl .*\breenable (.*)$/m.exec(script) ?? [];
  const word = (text = '') => text.replace(/^'(.*)'$/, '$1');
  tree.enabled.push(...units.split(' ').filter((name) => name !== ''));
  for (const [, mode = '', user = '', group = '', path = ''] of script.matchAll(
    /^install -d -m (\d{4}) -o (\S+) -g (\S+) (\S+) /gm,
  ))
    tree.files.set(path, { mode: Number.parseInt(mode, 8), owner: ownerText({ user, group }) });
  for (const [, user = '', group = '', path] of script.matchAll(/^chown -h (\S+):(\S+) (\S+) /gm)) {
    const file = tree.files.get(word(path));
    if (file === undefined) throw new Error(`chown of ${path}, which is not there`);
    file.owner = ownerText({ user, group });
  }
  for (const [, name] of script.matchAll(/^systemctl --quiet enable (\S+) && systemctl --no-block start \1 /gm))
    tree.enabled.push(word(name));
  for (const [, name] of script.matchAll(/^systemctl --quiet --no-reload mask (\S+) && /gm))
    tree.others = [...(tree.others ?? []), maskText(word(name))];
}

/** One line an entry, to read and to compare: state, mode, owner, size, path. */
export function printTree({ files, enabled }: HostTree): string {
  const lines = [...files]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([path, { mode, owner, bytes }]) => {
      const state = enabled.includes(path.replace('/etc/systemd/system/', '')) ? 'enabled' : '-';
      return `${state} ${mode.toString(8).padStart(4, '0')} ${owner} ${bytes?.length ?? '-'} ${path}\n`;
    });
  return lines.join('');
}
