import type { Problem } from '../problem.ts';
import { ARCHIVES, isArchive, isScript } from '../schema/program.ts';
import type { Rule } from './draft.ts';

/** Programs that may be taken by `release`. */
export const PROGRAMS = ['consul', 'etcd', 'socat', 'node', 'sidekick'] as const;
/** Programs that may be taken by `url`. */
const FETCHED = [...PROGRAMS, 'kubelet'] as const;

export const sharedHash: Rule = ({ programs }) => {
  const problems: Problem[] = [];
  const owners = new Map<string, string>();
  for (const name of FETCHED) {
    const source = programs?.[name];
    if (typeof source !== 'object' || source.sha256 === undefined) continue;
    const owner = owners.get(source.sha256);
    if (owner === undefined) owners.set(source.sha256, name);
    else {
      const message = `\`programs.${name}\` has the same SHA-256 as \`programs.${owner}\`.`;
      problems.push({ code: 'sha256-shared', pointer: `/programs/${name}/sha256`, message });
    }
  }
  return problems;
};

/** Endings of what is surely no executable. */
const OTHERS = '.tar .gz .tgz .xz .txz .bz2 .tbz2 .zst .7z .zip .deb .rpm'.split(' ');

/** Whether a URL says `user:password@`. */
export const hasCredentials = (url: string) => /^[a-z0-9]+:\/\/[^/?#]*@/i.test(url);

/** The ending of a file that hosts cannot unpack, by its URL or name; undefined when they can, or take it for an executable. */
export function strangeEnding(url: string): string | undefined {
  const path = url.replace(/[?#].*$/, '');
  // The script knows endings in lower case only.
  const ending = OTHERS.find((one) => path.toLowerCase().endsWith(one));
  return ending === undefined || isArchive(url) ? undefined : path.slice(-ending.length);
}

export const programUrls: Rule = ({ programs }) =>
  FETCHED.flatMap((name): Problem[] => {
    const source = programs?.[name];
    if (typeof source !== 'object' || source.url === undefined) return [];
    const pointer = `/programs/${name}/url`;
    const problems: Problem[] = [];
    if (hasCredentials(source.url)) {
      problems.push({ code: 'program-credentials', pointer, message: `\`programs.${name}.url\` holds credentials.` });
    }
    const ending = strangeEnding(source.url);
    if (ending !== undefined) {
      const message = `\`programs.${name}.url\` ends with \`${ending}\`, which hosts cannot unpack.`;
      const archives = ARCHIVES.map((one) => `\`${one}\``).join(', ');
      problems.push({ code: 'program-archive', pointer, message, detail: { archives } });
    }
    return problems;
  });

const SYSTEMS = /(?:^|[^a-z])(darwin|macos|windows|freebsd|openbsd|solaris)(?![a-z])/i;
const ARCHITECTURES: readonly (readonly [name: string, word: RegExp])[] = [
  ['amd64', /(?:^|[^a-z0-9])(?:amd64|x86_64|x64)(?![a-z0-9])/i],
  ['arm64', /(?:^|[^a-z0-9])(?:arm64|aarch64)(?![a-z0-9])/i],
];

/** Machines that programs are for, by the names of their files: all of one kind, and running Linux. */
export const programMachines: Rule = ({ programs }) => {
  const problems: Problem[] = [];
  let first: { name: string; architecture: string } | undefined;
  for (const name of FETCHED) {
    const source = programs?.[name];
    if (typeof source !== 'object' || source.url === undefined) continue;
    const pointer = `/programs/${name}/url`;
    const file = source.url.replace(/[?#].*$/, '').replace(/^.*\//, '');
    const [, system] = SYSTEMS.exec(file) ?? [];
    if (system !== undefined) {
      const message = `\`programs.${name}.url\` names ${system}, and hosts run Linux.`;
      problems.push({ code: 'program-system', pointer, message });
    }
    const [architecture, ...others] = ARCHITECTURES.filter(([, word]) => word.test(file)).map(([one]) => one);
    if (architecture === undefined || others.length > 0) continue;
    first ??= { name, architecture };
    if (first.architecture === architecture) continue;
    const message = `\`programs.${name}.url\` names ${architecture}, and \`programs.${first.name}.url\` ${first.architecture}.`;
    problems.push({ code: 'program-architecture', pointer, message });
  }
  return problems;
};

/** Versions that the path of a program's URL names. */
function versionsIn(source: unknown): readonly string[] {
  const { url } = (source ?? {}) as { url?: unknown };
  if (typeof url !== 'string') return [];
  return url.replace(/^[a-z]+:\/\/[^/?#]*|[?#].*$/g, '').match(/(?<![\d.])\d+\.\d+\.\d+(?!\.?\d)/g) ?? [];
}

/** The version that a program's URL names, where it names one. */
export function urlVersionOf(source: unknown): string | undefined {
  const all = new Set(versionsIn(source));
  return all.size === 1 ? [...all][0] : undefined;
}

export const urlVersion: Rule = (draft) =>
  (['consul', 'etcd'] as const).flatMap((name): Problem[] => {
    const version = draft[name]?.version;
    const source = draft.programs?.[name];
    const found = versionsIn(source);
    if (version === undefined || found[0] === undefined || found.includes(version)) return [];
    const message = `\`${name}.version\` is ${version}, and \`programs.${name}.url\` names ${found[0]}.`;
    const pointer = `/${name}/version`;
    return [{ code: 'version-contradicts-url', pointer, message, suggestion: found[0], detail: { found: found[0] } }];
  });

/** Only of its own file the compiler knows the hash. */
export const sidekickHash: Rule = ({ programs }, { isInvalid }) => {
  const source = programs?.sidekick;
  if (typeof source !== 'object' || source.url === undefined || source.sha256 !== undefined) return [];
  if (isScript(source) || isInvalid('/programs/sidekick/sha256')) return [];
  const message = '`programs.sidekick` has no `sha256`, and its URL does not end with `.cjs`.';
  return [{ code: 'sidekick-without-hash', pointer: '/programs/sidekick', message }];
};

export const unneededNode: Rule = ({ programs }, { isWritten }) => {
  const { node, sidekick } = programs ?? {};
  // The index says what a release is: it may be the script.
  if (node === undefined || !isWritten('/programs/node')) return [];
  if (typeof sidekick !== 'object' || sidekick.url === undefined || isScript(sidekick)) return [];
  const message = '`programs.node` is given, and `programs.sidekick` needs none: the executable carries its own.';
  return [{ code: 'node-unneeded', pointer: '/programs/node', message }];
};

/** Programs in a pod's image, or those that run pods where there are none. */
export const unneededPrograms: Rule = ({ programs, etcd, consul }, { isWritten }) => {
  const runtimes = { etcd: etcd?.runtime, consul: consul?.runtime };
  if (runtimes.etcd === undefined || runtimes.consul === undefined) return [];
  const inPods = (['etcd', 'consul'] as const)
    .filter((name) => runtimes[name] === 'static-pod')
    .map((name) => ({ name, why: `${name} comes in its pod's image` }));
  const forPods = inPods.length > 0 ? [] : (['kubelet', 'containerd'] as const);
  return [...inPods, ...forPods.map((name) => ({ name, why: 'nothing runs as a static pod' }))]
    .filter(({ name }) => programs?.[name] !== undefined && isWritten(`/programs/${name}`))
    .map(({ name, why }) => {
      const message = `\`programs.${name}\` is given, and ${why}.`;
      return { code: 'program-unneeded', pointer: `/programs/${name}`, on: 'key', message, detail: { name } };
    });
};
