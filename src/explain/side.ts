import type { Assets, LockFile } from '../compile.ts';
import { type Compiled, compile } from '../compile.ts';
import type { Diagnostic } from '../diagnostic/diagnostic.ts';
import { sha256 } from '../format/hash.ts';
import type { Spec } from '../spec/defaults.ts';
import type { PlaceOf } from '../spec/read.ts';
import type { HostTree } from '../target/host-tree.ts';
import { targets } from '../target/index.ts';
import type { OutputFile } from '../target/target.ts';
import { agentSettings, settingsIn } from './changes.ts';

/** One of two things to compare: a spec, or a folder that `compile` has written. */
export interface Side {
  name: string;
  /** By `TARGET/ROLE` what hosts have, and which bytes they are handed. */
  hosts: Map<string, { tree: HostTree; handed: string }>;
  /** Settings of the cluster by keys of the spec. */
  settings: Map<string, string>;
  /** Files for hosts to fetch, with their hashes. */
  uploads: Map<string, string>;
  /** Of a spec only. */
  spec?: Spec;
  place?: PlaceOf;
}

/** A spec as a side; undefined where it has errors. */
export function sideOfSpec(
  text: string,
  given: { file: string; lock: LockFile | undefined; assets: Assets },
): { side: Side | undefined; diagnostics: Diagnostic[] } {
  const compiled: Compiled = compile(text, given);
  const { spec, files, diagnostics, place } = compiled;
  if (spec === undefined) return { side: undefined, diagnostics };
  return { side: { ...sideOfFiles(given.file, files), spec, place }, diagnostics };
}

/** An output folder's files as a side, read as the systems that take them do. @throws Error at what none of these takes */
export function sideOfFiles(name: string, files: readonly OutputFile[]): Side {
  const side: Side = { name, hosts: new Map(), settings: new Map(), uploads: new Map() };
  for (const target of targets) {
    const own = files.filter(({ path }) => path.startsWith(`${target.name}/`));
    if (own.length === 0) continue;
    for (const [role, tree] of target.interpret(own)) {
      const handed = own.filter(({ path }) => path.startsWith(`${target.name}/${role}/`)).sort(byPath);
      side.hosts.set(`${target.name}/${role}`, { tree, handed: handed.map(({ bytes }) => sha256(bytes)).join() });
    }
  }
  for (const { path, bytes } of files) if (/(^|\/)upload\//.test(path)) side.uploads.set(path, sha256(bytes));
  for (const [host, { tree }] of side.hosts) {
    const read = (path: string) => new TextDecoder().decode(tree.files.get(`/etc/quorumgate/${path}`)?.bytes);
    const environment = read('cluster.env');
    if (!host.endsWith('/etcd') || environment === '') continue;
    const agent = agentSettings(read('secrets'), read('consul.d/agent.json'));
    side.settings = new Map([...settingsIn(environment), ...agent]);
    break;
  }
  return side;
}

const byPath = (one: OutputFile, other: OutputFile) => (one.path < other.path ? -1 : 1);
