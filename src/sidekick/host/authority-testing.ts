import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TlsFiles } from '../shared/settings.ts';

export interface Wanted {
  /** As openssl has it: `IP:127.0.0.1`, `DNS:a.example`. None: no SAN at all. */
  san?: string[];
  /** Extended key usages, comma separated; '': any. Default: server and client. */
  usage?: string;
  commonName?: string;
  /** Days from now; default: from yesterday to tomorrow. */
  valid?: [from: number, to: number];
  /** Lines of openssl's extensions more. */
  extensions?: string[];
}

const CONFIG = `[ca]
default_ca = this
[this]
database = index
new_certs_dir = .
rand_serial = yes
default_md = sha256
policy = any
unique_subject = no
[any]
commonName = optional
`;

const NEW_KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];

const date = (days: number) => `${new Date(Date.now() + days * 86_400_000).toISOString().replace(/[-:T]|\.\d+/g, '')}`;

/** A throwaway CA of openssl, for tests; its files are in a folder of their own until `remove`. */
export class Authority {
  readonly folder: string;
  /** Path of its certificate. */
  readonly ca: string;
  /** Certificates that it shows below its own, when it is not its own issuer. */
  readonly #chain: string;
  #issued = 0;

  /** Its own issuer, with a key of its own, unless told otherwise. */
  constructor(name: string, { by, key, ...wanted }: Wanted & { by?: Authority; key?: string } = {}) {
    this.folder = mkdtempSync(join(tmpdir(), 'quorumgate-ca-'));
    this.ca = join(this.folder, 'ca.crt');
    writeFileSync(join(this.folder, 'config'), CONFIG);
    writeFileSync(join(this.folder, 'index'), '');
    const extensions = ['basicConstraints=critical,CA:true', 'keyUsage=keyCertSign'];
    const all = { commonName: name, usage: '', extensions, ...wanted };
    if (key !== undefined) cpSync(key, join(this.folder, 'ca.key'));
    if (by === undefined) this.#sign('ca', all, ['-selfsign']);
    else {
      const issued = by.issue(all);
      cpSync(issued.cert, this.ca);
      cpSync(issued.key, join(this.folder, 'ca.key'));
    }
    this.#chain = by === undefined ? '' : readFileSync(this.ca, 'utf8');
  }

  openssl(...args: string[]): void {
    execFileSync('openssl', args, { cwd: this.folder, stdio: 'pipe' });
  }

  #sign(
    file: string,
    { san = [], usage = 'serverAuth,clientAuth', commonName = 'x', ...wanted }: Wanted,
    more: string[],
  ) {
    const { valid: [from, to] = [-1, 1], extensions = [] } = wanted;
    const lines = [
      'subjectKeyIdentifier=hash',
      'authorityKeyIdentifier=keyid,issuer',
      ...extensions,
      ...(san.length > 0 ? [`subjectAltName=${san.join(',')}`] : []),
      ...(usage === '' ? [] : [`extendedKeyUsage=${usage}`]),
    ];
    writeFileSync(join(this.folder, 'extensions'), `${lines.join('\n')}\n`);
    const keyed = existsSync(join(this.folder, `${file}.key`)) ? ['-new', '-key'] : [...NEW_KEY, '-keyout'];
    this.openssl('req', ...keyed, `${file}.key`, '-out', 'request', '-subj', `/CN=${commonName}`);
    const dates = ['-startdate', date(from), '-enddate', date(to)];
    const files = ['-in', 'request', '-out', `${file}.crt`, '-keyfile', 'ca.key', '-extfile', 'extensions'];
    this.openssl('ca', '-batch', '-config', 'config', '-notext', ...files, ...dates, ...more);
  }

  /** A certificate, with what leads to the root, and its key. */
  issue(wanted: Wanted): TlsFiles {
    const name = `${++this.#issued}`;
    this.#sign(name, wanted, ['-cert', 'ca.crt']);
    const cert = join(this.folder, `${name}.crt`);
    writeFileSync(cert, readFileSync(cert, 'utf8') + this.#chain);
    return { cert, key: join(this.folder, `${name}.key`), ca: this.ca };
  }

  /** These bytes as a file beside it. */
  write(name: string, text: string | Uint8Array): string {
    const path = join(this.folder, name);
    writeFileSync(path, text);
    return path;
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
