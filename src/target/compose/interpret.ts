import { load } from 'js-yaml';
import type { HostTree } from '../host-tree.ts';
import type { OutputFile } from '../target.ts';
import type { ComposeFile } from './compose-file.ts';

const text = (file: OutputFile | undefined) => new TextDecoder().decode(file?.bytes);

/** Reads the output as an engine would: what the containers of each role have that does not come with the base. */
export function interpret(files: readonly OutputFile[]): Map<string, HostTree> {
  const { services } = load(text(files.find(({ path }) => path === 'compose/compose.yaml'))) as ComposeFile;
  const trees = new Map<string, HostTree>();
  for (const { image, build } of Object.values(services)) {
    if (build === undefined) continue;
    const role = image.replace(/.*-(etcd|consul-server)$/, '$1');
    const at = `${build.context}/${build.dockerfile}`.replace(/^\.\.\//, '');
    trees.set(role, interpretDockerfile(text(files.find(({ path }) => path === at)), files));
  }
  return trees;
}

/** The last stage alone: nothing of the others is in the image but what is copied from them. */
function interpretDockerfile(dockerfile: string, files: readonly OutputFile[]): HostTree {
  const last =
    dockerfile
      .replace(/\\\n/g, '')
      .split(/^FROM .*\n/m)
      .at(-1) ?? '';
  const tree: HostTree = { files: new Map(), enabled: [] };
  for (const [, from = '', to = ''] of last.matchAll(/^COPY ([^- ]\S*) (\S+)$/gm)) {
    for (const { path, bytes } of files) {
      if (!path.startsWith(from)) continue;
      tree.files.set(`${to}${path.slice(from.length)}`, { mode: 0o644, owner: 'root', bytes });
    }
  }
  for (const [, mode = '', paths = ''] of last.matchAll(/chmod ([0-7]{4}) ([^&\n]*)/g)) {
    for (const path of paths.trim().split(' ')) {
      const entry = tree.files.get(path);
      if (entry === undefined) throw new Error(`chmod of ${path}, which is not there`);
      entry.mode = Number.parseInt(mode, 8);
    }
  }
  return tree;
}
