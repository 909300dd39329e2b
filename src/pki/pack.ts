import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { printTar } from '../format/tar.ts';
import { errorCode, IoError, toIoError } from '../io/io-error.ts';
import { makeFolder } from '../io/make-folder.ts';
import { replaceFile } from '../io/replace-file.ts';
import { readSmallFile } from '../io/small-file.ts';
import type { Spec } from '../spec/defaults.ts';
import { wantedFiles } from '../spec/delivered.ts';
import { AUTHORITIES, liveIn } from './state.ts';
import type { Store } from './store.ts';

/** More than hosts take of one file (units/scripts/deliver.sh). */
const LIMIT = 65_536;

export interface Packed {
  /** Of the archive. */
  file: string;
  sha256: string;
  /** Names of what is in it. */
  names: string[];
}

/** Whether the last certificate of some kind that was issued for a host is revoked: with it, it would be let in nowhere. */
function isRevoked(store: Store, host: string): boolean {
  return AUTHORITIES.some((name) => {
    const state = store.state(name);
    const live = new Set(liveIn(state).map(({ folder, pair }) => `${folder} ${pair}`));
    return state.issued.some(({ folder, pair }) => folder === `hosts/${host}` && !live.has(`${folder} ${pair}`));
  });
}

/** The folders of hosts below the directory of CAs. */
async function hostsIn(directory: string): Promise<string[]> {
  const hosts = path.join(directory, 'hosts');
  const names = await readdir(hosts).catch((error: unknown) => {
    if (errorCode(error) === 'ENOENT') return [];
    throw toIoError(error, `Cannot read ${hosts}`);
  });
  if (names.length > 0) return names.sort();
  throw new IoError(
    `There is no host in ${hosts}.`,
    `Issue certificates first: quorumgate pki issue SPEC --dir ${directory} --host NAME=ADDRESS`,
  );
}

/**
 * Makes an archive for each host that has certificates: the files that the spec's secrets bring it, for their owner alone. The same files
 * give the same bytes. A host whose certificates are revoked gets none.
 *
 * @param place of Consul's secrets, and for the archives
 * @throws IoError when a file is missing, is too large, or cannot be written; then no archive of that host is written
 */
export async function pack(
  spec: Spec,
  store: Store,
  place: { secrets: string; out: string },
): Promise<{ packed: Packed[]; revoked: string[] }> {
  const folders = { ...place, dir: store.folder };
  const hosts = await hostsIn(folders.dir);
  const revoked = hosts.filter((host) => isRevoked(store, host));
  await makeFolder(folders.out).catch((error: unknown) => {
    throw toIoError(error, `Cannot write in ${folders.out}`);
  });
  const all: Packed[] = [];
  for (const host of hosts.filter((one) => !revoked.includes(one))) {
    const own = path.join(folders.dir, 'hosts', host);
    const names = wantedFiles(spec, existsSync(path.join(own, 'peer.crt')));
    const files = await Promise.all(
      names.map(async (name) => ({ path: name, mode: 0o400, bytes: await bytesOf(name, own, folders) })),
    );
    const archive = Buffer.from(printTar(files));
    const file = path.join(folders.out, `${host}.tar`);
    await replaceFile(file, archive, 0o600);
    all.push({ file, sha256: createHash('sha256').update(archive).digest('hex'), names });
  }
  return { packed: all, revoked };
}

async function bytesOf(name: string, own: string, { dir, secrets }: { dir: string; secrets: string }): Promise<Buffer> {
  const isOfHost = /\.(crt|key|pem)$/.test(name);
  const file = path.join(isOfHost ? own : secrets, name);
  if (!existsSync(file)) {
    const remedy = isOfHost
      ? `Issue it: quorumgate pki issue SPEC --dir ${dir} --host ${path.basename(own)}=ADDRESS`
      : `Make it: quorumgate consul secrets --dir ${secrets}`;
    throw new IoError(`${file} is not there.`, remedy);
  }
  const bytes = await readSmallFile(file, LIMIT);
  if (bytes.length > 0 && bytes.length <= LIMIT) return bytes;
  throw new IoError(
    `${file} has ${bytes.length === 0 ? 'nothing in it' : `more than ${LIMIT} bytes`}.`,
    'Hosts would not take it: put the right file there.',
  );
}
