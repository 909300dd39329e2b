import { readDataUrl } from '../format/data-url.ts';
import { parseUnitFile, unitWords } from '../format/unit-file.ts';
import type { HostTree } from './host-tree.ts';
import type { OutputFile } from './target.ts';

/** A configuration as a reader meets it: any key may be missing. */
export interface AnyIgnition {
  ignition: { version: string; config?: { replace?: Resource } };
  storage?: { directories?: AnyNode[]; files?: (AnyNode & { contents?: Resource })[] };
  systemd?: { units?: { name: string; enabled?: boolean; mask?: boolean; contents?: string }[] };
}

export interface Resource {
  source?: string;
  compression?: string;
  verification?: { hash?: string };
}

export interface AnyNode {
  filesystem?: string;
  path: string;
  mode?: number;
  overwrite?: boolean;
  append?: boolean;
  user?: { id?: number; name?: string };
}

/** Reads `TARGET/ROLE/config.ign` of each role as Ignition, and systemd at its first boot, would. */
export function interpretIgnitionFiles(outputs: readonly OutputFile[], target: string): Map<string, HostTree> {
  const trees = new Map<string, HostTree>();
  for (const { path, bytes } of outputs) {
    const [folder, role = '', name] = path.split('/');
    if (folder === target && name === 'config.ign') trees.set(role, interpretIgnition(new TextDecoder().decode(bytes)));
  }
  return trees;
}

export function interpretIgnition(text: string): HostTree {
  const config = JSON.parse(text) as AnyIgnition;
  const { version } = config.ignition;
  const replace = config.ignition.config?.replace;
  if (replace !== undefined) return interpretIgnition(new TextDecoder().decode(read(replace, version, 'config')));
  const is2 = version.startsWith('2.');
  const files: HostTree['files'] = new Map();
  const put = (node: AnyNode, mode: number, bytes?: Uint8Array) => {
    if (!node.path.startsWith('/')) throw new Error(`${node.path}: not absolute`);
    if (is2 && node.filesystem !== 'root') throw new Error(`${node.path}: no filesystem`);
    if (!is2 && files.has(node.path)) throw new Error(`${node.path}: twice`);
    const owner = node.user?.name ?? ((node.user?.id ?? 0) || 'root');
    files.set(node.path, { mode: node.mode ?? mode, owner: String(owner), ...(bytes === undefined ? {} : { bytes }) });
  };
  for (const node of config.storage?.directories ?? []) put(node, 0o755);
  for (const node of config.storage?.files ?? []) put(node, 0o644, read(node.contents ?? {}, version, 'data'));

  const enabled: string[] = [];
  for (const { name, enabled: isEnabled, mask, contents } of config.systemd?.units ?? []) {
    const path = `/etc/systemd/system/${name}`;
    if (contents !== undefined && contents !== '' && mask !== true) {
      put({ path, ...(is2 ? { filesystem: 'root' } : {}) }, 0o644, new TextEncoder().encode(contents));
    }
    // A preset does nothing for a unit that says not what wants it.
    const unit = parseUnitFile(contents ?? '');
    if (isEnabled === true && unitWords(unit, 'Install', 'WantedBy').length > 0) enabled.push(name);
  }
  return { files, enabled };
}

/** The bytes behind a `data:` URL, by the rules of a version and of the place where it stands. */
function read({ source = '', compression }: Resource, version: string, where: 'config' | 'data'): Uint8Array {
  if (compression !== undefined && /^(2\.|3\.0)/.test(version)) {
    throw new Error(`spec ${version} does not unpack a data URL`);
  }
  if (source === '' && where === 'data') return new Uint8Array();
  return readDataUrl({ source, ...(compression === undefined || compression === '' ? {} : { compression }) });
}
