import type { Plan } from '../plan/plan.ts';
import type { Difference } from './target.ts';

/** Files and units that a target leaves on a host. */
export interface HostTree {
  files: Map<string, HostEntry>;
  /** Units that are started at every boot. */
  enabled: string[];
}

interface HostEntry {
  mode: number;
  owner: string;
  /** Undefined for a folder that is asked for by itself. */
  bytes?: Uint8Array;
}

/** The tree that the plan wants, as it stands: every target has to come to it. */
export function plannedTree({ files, units }: Plan): HostTree {
  const encode = (text: string) => new TextEncoder().encode(text);
  return {
    files: new Map([
      ...files.map(({ path, mode, content }) => [path, { mode, owner: 'root', bytes: encode(content) }] as const),
      ...units.map(
        ({ name, content }) =>
          [`/etc/systemd/system/${name}`, { mode: 0o644, owner: 'root', bytes: encode(content) }] as const,
      ),
    ]),
    enabled: units.filter(({ enabled }) => enabled).map(({ name }) => name),
  };
}

/** Paths at which two trees are not the same; a unit of another state counts by its path. */
export function unequal(one: HostTree, other: HostTree): string[] {
  const paths = new Set([...one.files.keys(), ...other.files.keys()]);
  const states = new Set([...one.enabled, ...other.enabled]);
  return [
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

/** The units that first-boot.sh enables, when a boot system runs it. */
export function enabledByFirstBoot(files: HostTree['files']): string[] {
  const script = new TextDecoder().decode(files.get('/opt/quorumgate/libexec/first-boot')?.bytes);
  const [, units = ''] = /^systemctl .*\breenable (.*)$/m.exec(script) ?? [];
  return units.split(' ').filter((name) => name !== '');
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
