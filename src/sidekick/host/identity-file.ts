import { createHash, randomUUID } from 'node:crypto';
import { linkSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Identity } from '../shared/identity.ts';
import { parseList } from '../shared/keys.ts';
import { isPeerUrl, parseRecord } from '../shared/record.ts';
import { readIfThere, writeDurably } from './durable.ts';
import { readData } from './wal.ts';

export function identityPath(dataDirectory: string): string {
  return join(dataDirectory, 'quorumgate.json');
}

/** Derived, not random: whoever else does the same at this moment comes to the same. */
function derive(...from: string[]): string {
  return createHash('sha256').update(from.join('')).digest('hex').slice(0, 32);
}

/** Replaces the identity, or puts it there by `place`; on the disk, file and directory, when this returns. */
export function saveIdentity(
  dataDirectory: string,
  identity: Identity,
  place?: (from: string, to: string) => void,
): void {
  // The fields that tell one disk from another come first: where the file was cut, it is there still.
  const { incarnation, machineId, phase, ...rest } = identity;
  const text = JSON.stringify({ incarnation, machineId, phase, ...rest });
  writeDurably(identityPath(dataDirectory), `${text}\n`, place);
}

const matches = (pattern: RegExp, value: unknown): value is string => typeof value === 'string' && pattern.test(value);

function attempt<T>(parse: () => T): T | undefined {
  try {
    return parse();
  } catch {
    return undefined;
  }
}

/** The identity in a file; optional fields that are not what they should be are left out. */
function parseIdentity(text: string): Identity | undefined {
  const value = attempt(() => JSON.parse(text) as Partial<Identity> | null);
  if (!matches(/^[\w.-]{1,128}$/, value?.incarnation) || !matches(/./, value.machineId)) return undefined;
  const { incarnation, machineId, phase, memberId, peerUrl, nonce, agreed, since, seen } = value;
  if (phase !== 'fresh' && phase !== 'launched') return undefined;
  const record = attempt(() => parseRecord(JSON.stringify(value.record)));
  const list = attempt(() => parseList(JSON.stringify(value.list)));
  const replaced = attempt(() => parseRecord(JSON.stringify(value.replaced)));
  return {
    incarnation,
    machineId,
    phase,
    ...(matches(/^[\w.:/, -]{1,4000}$/, agreed) && { agreed }),
    ...(record && { record }),
    ...(matches(/^[0-9a-f]{16}$/, memberId) && { memberId }),
    ...(isPeerUrl(peerUrl) && { peerUrl }),
    ...(matches(/^[\w-]{1,64}$/, nonce) && { nonce }),
    ...(/^\d{1,10}$/.test(JSON.stringify(since)) && { since }),
    ...(replaced && { replaced }),
    ...(matches(/^[0-9a-f]{16}$/, seen) && { seen }),
    ...(list && { list }),
  };
}

let isSaid = false;

/** An identity of what is left of a file: all that a host with a log needs to go on. */
function salvage(path: string, text: string, machineId: string, memberId: string): Identity {
  if (!isSaid) console.error(`${path} is missing or damaged: going on with what the log beside it says`);
  isSaid = true;
  const left = (name: string) => new RegExp(`"${name}":"([\\w.-]{1,128})"`).exec(text)?.[1];
  return {
    incarnation: left('incarnation') ?? derive(text, memberId, machineId),
    machineId: left('machineId') ?? machineId,
    phase: 'launched',
    memberId,
  };
}

/**
 * The identity of this disk, made when there is none, and made anew on a copied disk that has no log. Two processes at
 * once get the same one. Beside a log there always is one, whatever has become of the file; then nothing is written: that
 * may not be possible, which is how files are cut. Throws where there is no log and the file is none.
 */
export function loadIdentity(dataDirectory: string, machineId: string): Identity {
  const path = identityPath(dataDirectory);
  let text: string | undefined;
  let cause: unknown;
  try {
    text = readIfThere(path);
  } catch (error) {
    cause = error;
  }
  const found = parseIdentity(text ?? '');
  if (found?.machineId === machineId) return found;
  const data = readData(dataDirectory);
  if (data.state === 'log') return found ?? salvage(path, text ?? '', machineId, data.memberId);
  if (found !== undefined) {
    // From this boot as well: the same image on this machine once more is another disk, and must not be taken for the one
    // that was listed.
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    const own: Identity = { incarnation: derive(found.incarnation, machineId, boot), machineId, phase: 'fresh' };
    saveIdentity(dataDirectory, own);
    return own;
  }
  if (cause !== undefined) throw cause;
  if (text !== undefined) throw new Error(`${path} is not an identity, and there is no log beside it: delete it`);
  const fresh: Identity = { incarnation: randomUUID(), machineId, phase: 'fresh' };
  try {
    // A link, not a rename: it fails where another process was first.
    saveIdentity(dataDirectory, fresh, linkSync);
    return fresh;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    return loadIdentity(dataDirectory, machineId);
  }
}
