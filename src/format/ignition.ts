/** Ignition's configuration, spec 2.2.0 and 3.3.0: what of it is written here. */
interface IgnitionFile {
  /** 2.x only, and there it is required. */
  filesystem?: 'root';
  path: string;
  /** A JSON number, so decimal: 420 is 0644. */
  mode: number;
  overwrite: true;
  user?: IgnitionOwner;
  group?: IgnitionOwner;
  contents: { source: string; compression?: 'gzip' };
}

/** By one of the two. */
type IgnitionOwner = { id: number } | { name: string };

interface IgnitionPasswd {
  groups?: { name: string }[];
  users?: {
    name: string;
    uid?: number;
    groups?: readonly string[];
    shell: string;
    sshAuthorizedKeys?: readonly string[];
  }[];
}

interface IgnitionDirectory {
  filesystem?: 'root';
  path: string;
  mode: number;
  user?: IgnitionOwner;
  group?: IgnitionOwner;
}

interface IgnitionUnit {
  name: string;
  /** Left out where nothing is to be said about it: `false` is a preset of its own. */
  enabled?: true;
  mask?: true;
  contents?: string;
}

export interface IgnitionConfig {
  ignition: {
    version: '2.2.0' | '3.3.0';
    /** Documents that are merged into this one: `append` in 2.x. */
    config?: { merge: IgnitionFile['contents'][] } | { append: IgnitionFile['contents'][] };
  };
  passwd?: IgnitionPasswd;
  /** From spec 3.3 on. */
  kernelArguments?: { shouldExist: readonly string[] };
  storage: { directories: IgnitionDirectory[]; files: IgnitionFile[] };
  systemd: { units: IgnitionUnit[] };
}

/** A stub that stands for another configuration. */
export interface IgnitionStub {
  ignition: { version: IgnitionConfig['ignition']['version'] } & (
    | {
        /** In the stub itself, and unpacked by the reader: legal from spec 3.1 on. */
        version: '3.3.0';
        config: { replace: { source: string; compression: 'gzip' } };
      }
    | {
        /** Fetched. SHA-512 is the one hash that all versions know; it is that of the bytes after unpacking. */
        config: { replace: { source: string; verification: { hash: `sha512-${string}` } } };
        /** Seconds; the total is for all tries together, and without it Ignition tries for ever. */
        timeouts: { httpResponseHeaders: number; httpTotal: number };
        /** From spec 3.1 on: how it is fetched. */
        proxy?: { httpProxy?: string; httpsProxy?: string; noProxy?: string[] };
      }
  );
}

/** JSON, one entry a line: a byte or two an entry for a difference that can be read. */
export function printIgnition({ ignition, passwd, kernelArguments, storage, systemd }: IgnitionConfig): string {
  const list = (entries: object[]) => `[\n${entries.map((entry) => json(entry)).join(',\n')}\n]`;
  const { directories, files } = storage;
  const section = (name: string, value: object | undefined) =>
    value === undefined ? '' : `"${name}":${json(value)},\n`;
  return `{"ignition":${json(ignition)},
${section('passwd', passwd)}${section('kernelArguments', kernelArguments)}"storage":{"directories":${list(directories)},"files":${list(files)}},
"systemd":{"units":${list(systemd.units)}}}
`;
}

export function printIgnitionStub(stub: IgnitionStub): string {
  return `${json(stub)}\n`;
}

/** Go's reader takes any JSON; the rest of the world is spared what some editors take for the end of a line. */
function json(value: object): string {
  return JSON.stringify(value).replace(/[\u007f\u2028\u2029\ufeff]/g, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}
