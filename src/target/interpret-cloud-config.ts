import { load } from 'js-yaml';
import { ungzip } from 'pako';
import type { CloudConfig } from '../format/cloud-config.ts';
import { unpackInto } from './archive.ts';
import { FETCH_UNIT } from './fetched.ts';
import { doFirstBoot, groupText, type HostTree, userText } from './host-tree.ts';
import type { OutputFile } from './target.ts';
import { fetchUpload } from './upload.ts';

/** Reads `TARGET/ROLE/user-data` of each role as cloud-init would, and then what its unit fetches. */
export function interpretCloudConfigFiles(outputs: readonly OutputFile[], target: string): Map<string, HostTree> {
  const trees = new Map<string, HostTree>();
  for (const { path, bytes } of outputs) {
    const [folder, role = '', name] = path.split('/');
    if (folder !== target || name !== 'user-data') continue;
    const tree = interpretCloudConfig(textOf(bytes));
    if (tree.enabled.includes(FETCH_UNIT)) unpackInto(tree, fetchedBy(tree, outputs));
    trees.set(role, tree);
  }
  return trees;
}

/** As cloud-init reads user-data: as it is, unpacked, or in base64 where its data source takes that. */
function textOf(bytes: Uint8Array): string {
  if (bytes[0] === 0x1f) return new TextDecoder().decode(ungzip(bytes));
  const text = new TextDecoder().decode(bytes);
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(text)) return text;
  return textOf(Uint8Array.from(atob(text), (character) => character.charCodeAt(0)));
}

/**
 * `write_files` in order, the last of a path wins; then `runcmd`, and `bootcmd`, of which the lab shows that it comes first. Each alone
 * has to run the first boot's script: a part of the user's may replace either.
 */
function interpretCloudConfig(text: string): HostTree {
  if (!text.startsWith('#cloud-config\n')) throw new Error('no #cloud-config in the first line: it is ignored');
  const { bootcmd, write_files, runcmd, users = [], groups = [] } = load(text) as CloudConfig;
  const files: HostTree['files'] = new Map();
  for (const { path, permissions, content } of write_files) {
    if (!/^0[0-7]{3}$/.test(permissions)) throw new Error(`${path}: permissions ${permissions}`);
    const bytes = new TextEncoder().encode(content);
    files.set(path, { mode: Number.parseInt(permissions, 8), owner: 'root', bytes });
  }
  const runs = [bootcmd ?? [], runcmd].every((commands) =>
    commands.some((command) => [command].flat().join(' ').includes('sh /opt/quorumgate/libexec/first-boot')),
  );
  const enabled = runcmd.flatMap((command) => {
    const [program, ...words] = [command].flat();
    return program === 'systemctl' && words.includes('enable') ? words.slice(-1) : [];
  });
  if (users.length > 0 && !users.includes('default')) throw new Error("the image's own user would be gone");
  const accounts = users.flatMap((user) => {
    if (user === 'default') return [];
    const { ssh_authorized_keys: keys = [], groups: others, shell = '', ...rest } = user;
    return [userText({ ...rest, shell, keys, groups: others?.split(',') ?? [] })];
  });
  const tree: HostTree = { files, enabled: runs ? [] : enabled, others: [...accounts, ...groups.map(groupText)] };
  if (runs) doFirstBoot(tree);
  return tree;
}

/** The file that the unit of a short document fetches, and refuses when the hash is another. */
function fetchedBy({ files }: HostTree, outputs: readonly OutputFile[]): Uint8Array {
  const unit = new TextDecoder().decode(files.get(`/etc/systemd/system/${FETCH_UNIT}`)?.bytes);
  const [, url = '', hash = ''] = /^ExecStart=\/bin\/sh \S+ (\S+) ([0-9a-f]{64}) \d+$/m.exec(unit) ?? [];
  return fetchUpload(outputs, url, hash);
}
