import type { Problem } from '../problem.ts';
import type { Rule } from './draft.ts';

export const tlsFiles: Rule = ({ tls }) => {
  if (typeof tls !== 'object') return [];
  const problems: Problem[] = [];
  const sides = ['peer', 'client'] as const;
  const files = sides.flatMap((side) =>
    (['cert', 'ca'] as const).map((kind) => ({ side, kind, path: tls[side]?.[kind] })),
  );
  for (const side of sides) {
    const key = tls[side]?.key;
    const same = files.find(({ path }) => path !== undefined && path === key);
    if (same === undefined) continue;
    const message = `\`tls.${side}.key\` and \`tls.${same.side}.${same.kind}\` are the same file, \`${key}\`.`;
    problems.push({ code: 'tls-file-shared', pointer: `/tls/${side}/key`, message });
  }
  return problems;
};

export const sharedHash: Rule = ({ programs }) => {
  const problems: Problem[] = [];
  const owners = new Map<string, string>();
  for (const name of ['consul', 'etcd', 'socat', 'node'] as const) {
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

/** Not for data, at any depth: read-only, made anew at each boot, or cleaned by age. */
const SYSTEM = (
  '/bin /boot /dev /etc /lib /lib32 /lib64 /libx32 /lost+found /proc /run /sbin /sys /tmp /usr ' +
  '/var/cache /var/lock /var/run /var/tmp'
).split(' ');
/** Shared with others: a directory inside is fine, the directory itself is not. */
const SHARED = '/ /home /media /mnt /opt /root /srv /var /var/lib /var/log /var/opt'.split(' ');

export const dataDirectory: Rule = ({ etcd }) => {
  const path = etcd?.dataDirectory;
  if (path === undefined) return [];
  const plain = normalized(path);
  const system = SYSTEM.find((directory) => plain === directory || plain.startsWith(`${directory}/`));
  if (system === undefined && !SHARED.includes(plain)) return [];
  const message =
    system === undefined
      ? `\`${path}\` holds other programs' data too; etcd needs a directory for itself.`
      : `\`${path}\` lies in \`${system}\`, which belongs to the system.`;
  return [{ code: 'data-directory-system', pointer: '/etcd/dataDirectory', message }];
};

function normalized(path: string): string {
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  return `/${parts.join('/')}`;
}
