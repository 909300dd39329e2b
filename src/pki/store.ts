import { existsSync } from 'node:fs';
import { mkdir, readdir, rename, rm, rmdir } from 'node:fs/promises';
import path from 'node:path';
import { errorCode, IoError, toIoError } from '../io/io-error.ts';
import { makeFolder } from '../io/make-folder.ts';
import { replaceFile } from '../io/replace-file.ts';
import { readSmallFile } from '../io/small-file.ts';
import { AUTHORITIES, type AuthorityName, type State } from './state.ts';

/** More than the issued certificates of a large site take. */
const LIMIT = 64 * 2 ** 20;
const OWNER = { mode: 0o700 };

/** A directory of CAs and of what they have issued, that of one command at a time. */
export class Store {
  readonly folder: string;
  readonly #states = new Map<AuthorityName, State>();

  private constructor(folder: string) {
    this.folder = folder;
  }

  /**
   * Uses what `pki init` has made.
   *
   * @throws IoError when there is nothing, or another command is at work in it
   */
  static async use<T>(folder: string, work: (store: Store) => Promise<T>): Promise<T> {
    const lock = path.join(folder, '.lock');
    await mkdir(lock).catch((error: unknown) => {
      if (errorCode(error) === 'ENOENT')
        throw new IoError(`${folder} is not there.`, `Make it: quorumgate pki init --dir ${folder}`, { cause: error });
      if (errorCode(error) !== 'EEXIST') throw toIoError(error, `Cannot write in ${folder}`);
      throw new IoError(
        `Another \`quorumgate pki\` is at work in ${folder}, or one was killed there.`,
        `Wait until it has ended. If none runs: rmdir ${lock}`,
        { cause: error },
      );
    });
    try {
      const store = new Store(folder);
      for (const name of AUTHORITIES) store.#states.set(name, await read(store.#file(name)));
      return await work(store);
    } finally {
      await rmdir(lock);
    }
  }

  /** Makes a directory with these CAs: whole, or not at all. */
  static async make(folder: string, states: ReadonlyMap<AuthorityName, State>): Promise<void> {
    const cannot = (error: unknown) => {
      throw toIoError(error, `Cannot write in ${folder}`);
    };
    await makeFolder(folder).catch(cannot);
    if ((await readdir(folder).catch(cannot)).length > 0)
      throw new IoError(`${folder} is not empty.`, 'Name a directory that is not there yet.');
    const draft = path.join(folder, '.ca');
    await mkdir(draft, OWNER).catch(cannot);
    try {
      for (const [name, state] of states) await replaceFile(path.join(draft, `${name}.json`), text(state), 0o600);
      await rename(draft, path.join(folder, 'ca'));
    } catch (error) {
      await rm(draft, { recursive: true, force: true });
      cannot(error);
    }
  }

  state(name: AuthorityName): State {
    return this.#states.get(name) as State;
  }

  /** Changes what is known of a CA; on the disk when this returns. */
  async save(name: AuthorityName, state: State): Promise<void> {
    await replaceFile(this.#file(name), text(state), 0o600);
    this.#states.set(name, state);
  }

  /** Puts files into a folder below the directory: keys for their owner alone. */
  async put(folder: string, files: Readonly<Record<string, string | Uint8Array>>): Promise<void> {
    const at = path.join(this.folder, folder);
    await mkdir(at, { recursive: true, ...OWNER }).catch((error: unknown) => {
      throw toIoError(error, `Cannot make ${at}`);
    });
    for (const [name, content] of Object.entries(files))
      await replaceFile(path.join(at, name), content, name.endsWith('.key') ? 0o600 : 0o644);
  }

  has(folder: string): boolean {
    return existsSync(path.join(this.folder, folder));
  }

  /** A file's text; undefined where there is none. */
  get(folder: string, name: string): Promise<string | undefined> {
    const file = path.join(this.folder, folder, name);
    return readSmallFile(file, LIMIT).then(String, (error: unknown) => {
      if (error instanceof IoError && errorCode(error.cause) === 'ENOENT') return undefined;
      throw error;
    });
  }

  #file(name: AuthorityName): string {
    return path.join(this.folder, 'ca', `${name}.json`);
  }
}

const text = (state: State) => `${JSON.stringify(state, undefined, 1)}\n`;

async function read(file: string): Promise<State> {
  const bytes = await readSmallFile(file, LIMIT);
  let state: Partial<State> | null;
  try {
    state = JSON.parse(bytes.toString()) as Partial<State> | null;
  } catch {
    state = null;
  }
  if (state?.version === 1 && state.current && Array.isArray(state.issued) && Array.isArray(state.revoked))
    return state as State;
  throw new IoError(`${file} is not what \`quorumgate pki\` has written.`, 'Put back a copy of it.');
}
