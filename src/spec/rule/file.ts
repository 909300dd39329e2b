import type { Problem } from '../problem.ts';
import { mappingOr, type Rule } from './draft.ts';

/** Files of each side of TLS, by their keys. */
export const TLS_FILES = ['cert', 'key', 'ca', 'crl'] as const;

export const tlsFiles: Rule = ({ tls }) => {
  if (typeof tls !== 'object') return [];
  const problems: Problem[] = [];
  const sides = ['peer', 'client'] as const;
  const files = sides.flatMap((side) =>
    (['cert', 'ca', 'crl'] as const).map((kind) => ({ side, kind, path: tls[side]?.[kind] })),
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

const PEER_NAMES = ['allowedHostname', 'allowedCommonName'] as const;

/**
 * etcd takes for a peer whoever has a certificate of `peer.ca`: a client too, unless its CA is another or a name tells them
 * apart. It has both flags since 3.4.0 and starts with one of them at most (client/pkg/transport/listener.go of 3.4.0 to 3.7.1,
 * read 2026-11-28). That two files hold two CAs only hosts can see.
 */
export const tlsPeers: Rule = ({ tls }, { isWritten }) => {
  if (typeof tls !== 'object') return [];
  const [first, second] = PEER_NAMES.filter((name) => isWritten(`/tls/peer/${name}`));
  if (second !== undefined) {
    const message =
      '`tls.peer.allowedHostname` and `tls.peer.allowedCommonName` are both given: etcd starts with one alone.';
    return [{ code: 'tls-peer-names', pointer: `/tls/peer/${second}`, on: 'key', message }];
  }
  const [peer, client] = [tls.peer?.ca, tls.client?.ca];
  if (first !== undefined || peer === undefined || client === undefined) return [];
  if (normalized(peer) !== normalized(client)) return [];
  const message = `Peers and clients are verified with the same file, \`${peer}\`: etcd takes every client for a member.`;
  return [{ code: 'tls-ca-shared', pointer: '/tls/client/ca', message }];
};

/** Hidden from etcd by `ProtectHome=` of its units. */
const HOMES = ['/home', '/root', '/run/user'];
/** Hidden by `PrivateTmp=`; and places that hold no files, or are made anew at each start. */
const HIDDEN = [...HOMES, '/tmp', '/var/tmp', '/dev', '/proc', '/sys', '/run/etcd'];

function placed(path: string | undefined, pointer: string, reader: string, folder: string): Problem[] {
  if (path === undefined || path === 'off') return [];
  const plain = normalized(path);
  const place = holder(HIDDEN, plain);
  if (place === undefined) return notPlain(path, pointer);
  const message = `\`${path}\` lies in \`${place}\`, which is not for files or is hidden from ${reader}.`;
  const example = `${folder}/${plain.split('/').at(-1)}`;
  return [{ code: 'tls-file-hidden', pointer, message, detail: { example } }];
}

export const tlsPlaces: Rule = ({ tls }) => {
  if (typeof tls !== 'object') return [];
  return (['peer', 'client'] as const).flatMap((side) =>
    TLS_FILES.flatMap((kind) => placed(tls[side]?.[kind], `/tls/${side}/${kind}`, 'etcd', '/etc/etcd')),
  );
};

/** Files by which hosts join a Consul that is secured. */
export const consulPlaces: Rule = ({ consul }) => [
  ...placed(consul?.encrypt, '/consul/encrypt', 'what reads it', '/etc/consul-secrets'),
  ...Object.entries(mappingOr(consul?.tls) ?? {}).flatMap(([kind, path]) =>
    placed(path, `/consul/tls/${kind}`, 'Consul', '/etc/consul-tls'),
  ),
  ...Object.entries(mappingOr(consul?.tokens) ?? {}).flatMap(([kind, path]) =>
    placed(path, `/consul/tokens/${kind}`, 'what reads it', '/etc/consul-secrets'),
  ),
];

/** Not for data, at any depth: read-only, made anew at each boot, or cleaned by age. */
const SYSTEM = (
  '/bin /boot /dev /etc /lib /lib32 /lib64 /libx32 /lost+found /proc /run /sbin /sys /tmp /usr ' +
  '/var/cache /var/lock /var/run /var/tmp'
).split(' ');
/** Shared with others: a directory inside is fine, the directory itself is not. */
const SHARED = '/ /media /mnt /opt /srv /var /var/lib /var/log /var/opt'.split(' ');
/** Folders that the image of a pod has itself. */
const OF_IMAGES = '/bin /dev /lib /lib32 /lib64 /libx32 /proc /sbin /sys /usr'.split(' ');

/** Whether a pod may mount this folder at its own place: it holds nothing but what it is for. */
export function isForMounting(folder: string): boolean {
  return ![...SHARED, ...SYSTEM].includes(folder) && holder(OF_IMAGES, folder) === undefined;
}

export function folderOf(path: string): string {
  return normalized(`${path}/..`);
}

const OWNERS: Readonly<Record<string, string>> = {
  '/var/lib/consul': 'Consul',
  '/var/lib/containerd': 'containerd',
  '/var/lib/kubelet': 'the kubelet',
  '/var/lib/quorumgate-etcd': 'quorumgate',
  '/opt/quorumgate': 'quorumgate',
  '/etc/quorumgate': 'quorumgate',
};

export const dataDirectory: Rule = ({ etcd }) => {
  const path = etcd?.dataDirectory;
  if (path === undefined) return [];
  const pointer = '/etcd/dataDirectory';
  const plain = normalized(path);
  const problem = (code: Problem['code'], message: string): Problem[] => [{ code, pointer, message }];
  const home = holder(HOMES, plain);
  if (home !== undefined) {
    return problem('data-directory-hidden', `\`${path}\` lies in \`${home}\`, which is hidden from etcd.`);
  }
  const owned = holder(Object.keys(OWNERS), plain);
  if (owned !== undefined) {
    return problem('data-directory-taken', `\`${path}\` lies in \`${owned}\`, which belongs to ${OWNERS[owned]}.`);
  }
  const system = holder(SYSTEM, plain);
  if (system !== undefined) {
    return problem('data-directory-system', `\`${path}\` lies in \`${system}\`, which belongs to the system.`);
  }
  if (SHARED.includes(plain)) {
    const message = `\`${path}\` holds other programs' data too; etcd needs a directory for itself.`;
    return problem('data-directory-system', message);
  }
  return notPlain(path, pointer);
};

/** The directory among `directories` that is `path` or holds it. */
export function holder(directories: readonly string[], path: string): string | undefined {
  return directories.find((directory) => path === directory || path.startsWith(`${directory}/`));
}

export function notPlain(path: string, pointer: string): Problem[] {
  const plain = normalized(path);
  if (plain === path) return [];
  const message = `\`${path}\` is a roundabout way to write \`${plain}\`.`;
  return [{ code: 'path-not-plain', pointer, message, suggestion: plain, detail: { plain } }];
}

function normalized(path: string): string {
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  return `/${parts.join('/')}`;
}
