import { doFirstBoot, groupText, type HostTree, ownerText, userText } from '../host-tree.ts';
import type { OutputFile } from '../target.ts';

/** Reads the shell provisioners of an output as sh would: the tree of each role. */
export function interpret(files: readonly OutputFile[]): Map<string, HostTree> {
  const trees = new Map<string, HostTree>();
  for (const { path, bytes } of files) {
    const role = /^vagrant\/([a-z-]+)\/provision\.sh$/.exec(path)?.[1];
    if (role !== undefined) trees.set(role, interpretScript(new TextDecoder().decode(bytes)));
  }
  return trees;
}

function interpretScript(script: string): HostTree {
  const tree: HostTree & { others: string[] } = { files: new Map(), enabled: [], others: [] };
  const lines = script.split('\n');
  for (let at = 0; at < lines.length; at += 1) {
    const [, command = '', words = '', end = ''] =
      /^(text|bytes|owned|account) (.*) <<'([^']+)'$/.exec(lines[at] ?? '') ?? [];
    const [, group] = /^group (\S+)$/.exec(lines[at] ?? '') ?? [];
    if (group !== undefined) tree.others.push(groupText(group));
    if (command === '') continue;
    const last = lines.indexOf(end, at + 1);
    if (last === -1) throw new Error(`line ${at + 1}: the here-document of ${words} has no end`);
    const body = lines.slice(at + 1, last);
    at = last;
    const [first = '', second = '', third = '', fourth = ''] = words
      .split(' ')
      .map((word) => word.replace(/^'(.*)'$/, '$1'));
    if (command === 'account') {
      const uid = second === '-' ? {} : { uid: Number(second) };
      const groups = third.split(',').filter((name) => name !== '');
      tree.others.push(userText({ name: first, ...uid, groups, shell: fourth, keys: body }));
      continue;
    }
    const text = body.map((line) => `${line}\n`).join('');
    const bytes = command === 'text' ? new TextEncoder().encode(text) : fromBase64(text);
    const [user = '', of = ''] = third.split(':');
    const owner = command === 'owned' ? ownerText({ user, group: of }) : 'root';
    tree.files.set(second, { mode: Number.parseInt(first, 8), owner, bytes });
  }
  doFirstBoot(tree);
  return tree;
}

function fromBase64(text: string): Uint8Array {
  return Uint8Array.from(atob(text.replace(/\s/g, '')), (character) => character.charCodeAt(0));
}
