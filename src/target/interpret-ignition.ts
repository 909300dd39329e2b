import { readDataUrl } from '../format/data-url.ts';
import { parseUnitFile, unitWords } from '../format/unit-file.ts';
import { argumentText, groupText, type HostTree, maskText, ownerText, userText } from './host-tree.ts';
import type { OutputFile } from './target.ts';
import { fetchUpload } from './upload.ts';

/** A configuration as a reader meets it: any key may be missing. */
export interface AnyIgnition {
  ignition: {
    version: string;
    config?: { replace?: Resource; merge?: Resource[]; append?: Resource[] };
    timeouts?: { httpResponseHeaders?: number; httpTotal?: number };
  };
  passwd?: {
    groups?: { name: string }[];
    users?: { name: string; uid?: number; groups?: string[]; shell?: string; sshAuthorizedKeys?: string[] }[];
  };
  kernelArguments?: { shouldExist?: string[] };
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
  group?: { id?: number; name?: string };
}

/** Reads `TARGET/ROLE/config.ign` of each role as Ignition, and systemd at its first boot, would. */
export function interpretIgnitionFiles(outputs: readonly OutputFile[], target: string): Map<string, HostTree> {
  const trees = new Map<string, HostTree>();
  for (const { path, bytes } of outputs) {
    const [folder, role = '', name] = path.split('/');
    if (folder !== target || name !== 'config.ign') continue;
    trees.set(role, interpretIgnition(new TextDecoder().decode(bytes), outputs));
  }
  return trees;
}

/** @param outputs where the files are that a document has fetched */
export function interpretIgnition(text: string, outputs: readonly OutputFile[] = []): HostTree {
  const config = JSON.parse(text) as AnyIgnition;
  const { version } = config.ignition;
  const inner = replacement(config.ignition, outputs);
  if (inner !== undefined) return interpretIgnition(new TextDecoder().decode(inner), outputs);
  const is2 = version.startsWith('2.');
  const files: HostTree['files'] = new Map();
  const put = (node: AnyNode, mode: number, bytes?: Uint8Array) => {
    if (!node.path.startsWith('/')) throw new Error(`${node.path}: not absolute`);
    if (is2 && node.filesystem !== 'root') throw new Error(`${node.path}: no filesystem`);
    if (!is2 && files.has(node.path)) throw new Error(`${node.path}: twice`);
    const owner = ownerText({ user: nameOf(node.user), group: nameOf(node.group) });
    files.set(node.path, { mode: node.mode ?? mode, owner, ...(bytes === undefined ? {} : { bytes }) });
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
    const isWanted = contents === undefined || unitWords(unit, 'Install', 'WantedBy').length > 0;
    if (isEnabled === true && isWanted) enabled.push(name);
  }
  return merged({ files, enabled, others: othersOf(config) }, config.ignition);
}

const nameOf = ({
  id,
  name = id === undefined || id === 0 ? 'root' : String(id),
}: {
  id?: number;
  name?: string;
} = {}) => name;

function othersOf({ passwd = {}, kernelArguments, systemd }: AnyIgnition): string[] {
  return [
    ...(passwd.users ?? []).map(({ groups = [], shell = '', sshAuthorizedKeys: keys = [], ...rest }) =>
      userText({ ...rest, groups, shell, keys }),
    ),
    ...(passwd.groups ?? []).map(({ name }) => groupText(name)),
    ...(kernelArguments?.shouldExist ?? []).map(argumentText),
    ...(systemd?.units ?? []).flatMap(({ name, mask }) => (mask === true ? [maskText(name)] : [])),
  ];
}

/** A document and those that it merges: they win: by path, by name. */
function merged(
  tree: HostTree,
  { version, config: { merge = [], append = [] } = {} }: AnyIgnition['ignition'],
): HostTree {
  if ((version.startsWith('2.') ? merge : append).length > 0)
    throw new Error(`spec ${version} has another word for it`);
  for (const resource of [...merge, ...append]) {
    const text = new TextDecoder().decode(read(resource, version, 'config'));
    const { version: own } = (JSON.parse(text) as AnyIgnition).ignition;
    if (own[0] !== version[0]) throw new Error(`spec ${version} merges none of ${own}`);
    const { files, enabled, others = [] } = interpretIgnition(text);
    for (const [path, entry] of files) tree.files.set(path, entry);
    tree.enabled.push(...enabled);
    tree.others = [...(tree.others ?? []), ...others];
  }
  return tree;
}

/** The document that a stub stands for. */
function replacement({ version, config, timeouts }: AnyIgnition['ignition'], outputs: readonly OutputFile[]) {
  const replace = config?.replace;
  if (replace === undefined) return undefined;
  if (!/^https?:/.test(replace.source ?? '')) return read(replace, version, 'config');
  if (!timeouts?.httpTotal) throw new Error('fetched without an end to the trying');
  return fetched(replace, outputs);
}

function fetched({ source = '', verification }: Resource, outputs: readonly OutputFile[]): Uint8Array {
  const [, hash] = /^sha512-([0-9a-f]{128})$/.exec(verification?.hash ?? '') ?? [];
  if (hash === undefined) throw new Error(`${source}: fetched without a hash`);
  return fetchUpload(outputs, source, hash);
}

/** The bytes behind a `data:` URL, by the rules of a version and of the place where it stands. */
function read({ source = '', compression }: Resource, version: string, where: 'config' | 'data'): Uint8Array {
  if (compression !== undefined && /^(2\.|3\.0)/.test(version)) {
    throw new Error(`spec ${version} does not unpack a data URL`);
  }
  if (source === '' && where === 'data') return new Uint8Array();
  return readDataUrl({ source, ...(compression === undefined || compression === '' ? {} : { compression }) });
}
