import { enabledByFirstBoot } from '../host-tree.ts';
import type { OutputFile } from '../target.ts';

/** Files that a provisioner leaves on a host, all of it root's. */
export interface ProvisionedTree {
  files: Map<string, { mode: number; owner: 'root'; bytes: Uint8Array }>;
  /** Units that are started at every boot. */
  enabled: string[];
}

/** Reads the shell provisioners of an output as sh would: the tree of each role. */
export function interpret(files: readonly OutputFile[]): Map<string, ProvisionedTree> {
  const trees = new Map<string, ProvisionedTree>();
  for (const { path, bytes } of files) {
    const role = /^vagrant\/([a-z-]+)\/provision\.sh$/.exec(path)?.[1];
    if (role !== undefined) trees.set(role, interpretScript(new TextDecoder().decode(bytes)));
  }
  return trees;
}

function interpretScript(script: string): ProvisionedTree {
  const tree: ProvisionedTree = { files: new Map(), enabled: [] };
  const lines = script.split('\n');
  for (let at = 0; at < lines.length; at += 1) {
    const [, command, mode = '', path = '', end = ''] =
      /^(text|bytes) ([0-7]{3}) (\S+) <<'([^']+)'$/.exec(lines[at] ?? '') ?? [];
    if (command === undefined) continue;
    const last = lines.indexOf(end, at + 1);
    if (last === -1) throw new Error(`line ${at + 1}: the here-document of ${path} has no end`);
    const body = lines.slice(at + 1, last).map((line) => `${line}\n`);
    const bytes = command === 'text' ? new TextEncoder().encode(body.join('')) : fromBase64(body.join(''));
    tree.files.set(path, { mode: Number.parseInt(mode, 8), owner: 'root', bytes });
    at = last;
  }
  tree.enabled = enabledByFirstBoot(tree.files);
  return tree;
}

function fromBase64(text: string): Uint8Array {
  return Uint8Array.from(atob(text.replace(/\s/g, '')), (character) => character.charCodeAt(0));
}
