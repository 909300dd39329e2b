import { readFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { columns, fitted } from '../format/columns.ts';
import { IoError, toIoError } from '../io/io-error.ts';
import { fresh, place } from '../pki/authority.ts';
import { assertAuthority } from '../pki/check.ts';
import { type Holder, ordersFor } from '../pki/names.ts';
import { pack } from '../pki/pack.ts';
import { revoke } from '../pki/revoke.ts';
import { CA_DAYS, type Outcome, renew, rotateAuthority } from '../pki/rotate.ts';
import { AUTHORITIES, type AuthorityName, type Kept, type State } from '../pki/state.ts';
import { status } from '../pki/status.ts';
import { Store } from '../pki/store.ts';
import type { Spec } from '../spec/defaults.ts';
import { sourceOf } from '../spec/delivered.ts';
import { EXIT } from './exit.ts';
import { days as lifetime, number } from './number.ts';
import { add, say } from './report.ts';
import { withSpec, withSpecArgument } from './with-spec.ts';

type PerAuthority = Partial<Record<AuthorityName, string>>;

/** `peers=VALUE`, repeated. */
function perAuthority(text: string, before: PerAuthority = {}): PerAuthority {
  const at = text.indexOf('=');
  const name = AUTHORITIES.find((one) => one === text.slice(0, at));
  if (name === undefined || at === text.length - 1)
    throw new InvalidArgumentError(`Write ${AUTHORITIES.map((one) => `${one}=…`).join(', ')}.`);
  return { ...before, [name]: text.slice(at + 1) };
}

/** `NAME=ADDRESS`, repeated; several addresses with commas. */
function holders(text: string, before: Holder[] = []): Holder[] {
  const [, name = '', list = ''] = /^([A-Za-z0-9][\w.-]{0,62})=(.+)$/.exec(text) ?? [];
  const addresses = list.split(',');
  if (name === '' || !addresses.every((address) => isIP(address) !== 0))
    throw new InvalidArgumentError(
      'Write NAME=ADDRESS, as etcd-1=10.0.0.11; for hosts that are alike NAME=ADDRESS,ADDRESS.',
    );
  return [...before, { name, addresses }];
}

function names(text: string, before: string[] = []): string[] {
  if (!/^[A-Za-z0-9][\w.-]{0,62}$/.test(text))
    throw new InvalidArgumentError('It is not a name of letters, digits, . _ -');
  return [...before, text];
}

/** Certificate and key in files: `CERT,KEY`, or `CERT` where a command signs. */
async function readAuthority(files: string, now: Date): Promise<Kept> {
  const [certFile = '', keyFile] = files.split(',');
  const text = (file: string) =>
    readFile(file, 'utf8').catch((error: unknown) => {
      throw toIoError(error, `Cannot read ${file}`);
    });
  const [cert, key] = [await text(certFile), keyFile && (await text(keyFile))];
  assertAuthority(cert, key, certFile, now);
  return { cert: cert.endsWith('\n') ? cert : `${cert}\n`, ...(key && { key }) };
}

const folder = () =>
  new Option('--dir <directory>', 'directory with the CAs, outside of any repository').makeOptionMandatory();
const existing = (text: string) => new Option('--existing <ca=cert,key>', text).argParser(perAuthority);

function tell({ done, next }: Outcome): void {
  for (const line of done) say(line);
  say(next);
}

function addInit(pki: Command): void {
  interface Options {
    dir: string;
    name: string;
    days: number;
    existing?: PerAuthority;
    sign?: PerAuthority;
  }
  pki
    .command('init')
    .description('make three CAs: for peers, for clients, and for Consul')
    .addOption(folder())
    .option('--name <name>', 'first word of their names', 'quorumgate')
    .option('--days <n>', 'how long the CAs are good for', lifetime, CA_DAYS)
    .addOption(
      existing('use a CA of yours: `peers=ca.crt,ca.key`, without a key where --sign is given; may be repeated'),
    )
    .addOption(
      new Option(
        '--sign <ca=command>',
        'have a shell command sign: it gets a request (PEM) and gives the certificate (PEM); may be repeated',
      ).argParser(perAuthority),
    )
    .action(async ({ dir, name: title, days, existing: own = {}, sign = {} }: Options) => {
      const now = new Date();
      const states = new Map<AuthorityName, State>();
      for (const name of AUTHORITIES) {
        const [files, command] = [own[name], sign[name]];
        if (command !== undefined && files === undefined)
          throw new IoError(
            `Hosts have to know the CA of what signs for ${name}.`,
            `Give its certificate: --existing ${name}=FILE.`,
          );
        const current = files === undefined ? await fresh(title, name, days, now) : await readAuthority(files, now);
        if (current.key === undefined && command === undefined)
          throw new IoError(
            `There is no key to sign for ${name} with.`,
            `Give it, --existing ${name}=CERT,KEY, or a command, --sign ${name}=COMMAND.`,
          );
        states.set(name, { version: 1, title, current, sign: command, issued: [], revoked: [] });
      }
      await Store.make(dir, states);
      for (const name of AUTHORITIES)
        say(`made ${dir}/ca/${name}.json${own[name] ? ', with your CA' : ''}: keep it secret, and a copy of it`);
      say(`Now issue certificates: quorumgate pki issue SPEC --dir ${dir} --host NAME=ADDRESS`);
    });
}

/** Where the spec wants the files of a host. */
function places(spec: Spec, file: string, dir: string): string[] {
  // Also where etcd has none of it: Consul has.
  if (sourceOf(spec) !== undefined)
    return [
      `Now make an archive for each host: quorumgate pki pack ${file} --dir ${dir} --secrets DIRECTORY --out DIRECTORY`,
    ];
  if (spec.tls === 'off') return ['The spec has `tls: off`: no host uses them. docs/tls.md says what to write.'];
  const { peer, client } = spec.tls;
  const rows = [
    ['peer.crt', peer.cert],
    ['peer.key', peer.key],
    ['peer-ca.crt', peer.ca],
    ['server.crt', client.cert],
    ['server.key', client.key],
    ['client-ca.crt', client.ca],
  ];
  return ['Bring to each host, the keys for user etcd alone:', ...columns(rows).map((line) => `  ${line}`)];
}

function addIssue(pki: Command): void {
  interface Options {
    dir: string;
    host?: Holder[];
    consulHost?: Holder[];
    client?: string[];
    days: number;
  }
  withSpecArgument(pki.command('issue'))
    .description('issue certificates for hosts and clients of a spec; those that are there are replaced')
    .addOption(folder())
    .addOption(new Option('--host <name=address>', 'a member; may be repeated').argParser(holders))
    .addOption(
      new Option('--consul-host <name=address>', 'a host with a Consul server alone; may be repeated').argParser(
        holders,
      ),
    )
    .addOption(new Option('--client <name>', 'somebody who uses etcd; may be repeated').argParser(names))
    .option('--days <n>', 'how long they are good for', lifetime, 397)
    .action(async (file: string, { dir, host = [], consulHost = [], client = [], days }: Options, command: Command) => {
      if (host.length + consulHost.length + client.length === 0)
        command.error('error: nobody to issue for: give --host, --consul-host or --client');
      const wanted = { members: host, consulServers: consulHost, clients: client };
      await withSpec(file, (spec) =>
        Store.use(dir, async (store) => {
          for (const order of ordersFor(spec, wanted, days)) {
            const { ends, folder: at, pair, wish } = await place(store, order, new Date());
            say(
              `issued ${dir}/${at}/${pair}.crt, until ${ends.slice(0, 10)}: ${[wish.commonName, ...wish.ips].join(', ')}`,
            );
          }
          if (host.length > 0) for (const line of places(spec, file, dir)) say(line);
        }),
      );
    });
}

function addPack(pki: Command): void {
  interface Options {
    dir: string;
    secrets: string;
    out: string;
  }
  withSpecArgument(pki.command('pack'))
    .description('make an archive for each host, of what `secrets` of the spec brings it')
    .addOption(folder())
    .addOption(new Option('--secrets <directory>', 'what `quorumgate consul secrets` has made').makeOptionMandatory())
    .addOption(new Option('--out <directory>', 'where to write NAME.tar, for its owner alone').makeOptionMandatory())
    .action((file: string, options: Options) =>
      withSpec(file, async (spec) => {
        if (sourceOf(spec) === undefined)
          throw new IoError(
            'The spec has no `secrets`: hosts find each file where it says.',
            'Write `secrets: image`, or how else they reach hosts: docs/secrets.md.',
          );
        const { packed, revoked } = await Store.use(options.dir, (store) => pack(spec, store, options));
        for (const name of revoked)
          say(
            `left out ${name}: its certificates are revoked; pki issue gives it others, or delete ${options.dir}/hosts/${name}`,
          );
        for (const { file: archive, sha256, names: held } of packed)
          say(`made ${archive}, SHA-256 ${sha256}: ${held.join(', ')}`);
      }),
    );
}

function addRotate(pki: Command): void {
  interface Options {
    dir: string;
    within: number;
    existing?: PerAuthority;
  }
  const what = ['certificates', ...AUTHORITIES];
  pki
    .command('rotate')
    .description('issue anew what ends soon, or take the next of three steps from one CA to another')
    .argument('<what>', what.join(', '), (text) => {
      if (!what.includes(text)) throw new InvalidArgumentError(`Write ${what.join(', ')}.`);
      return text;
    })
    .addOption(folder())
    .option('--within <days>', 'of `certificates`: those that end within these days', number, 30)
    .addOption(existing('the next CA is this one of yours'))
    .action(async (name: string, { dir, within, existing: own = {} }: Options) => {
      const now = new Date();
      await Store.use(dir, async (store) => {
        const authority = AUTHORITIES.find((one) => one === name);
        if (authority === undefined) return tell(await renew(store, within, now));
        const files = own[authority];
        tell(await rotateAuthority(store, authority, files ? await readAuthority(files, now) : undefined, now));
      });
    });
}

/** Adds `pki`: it works on files alone, away from any host. */
export function addPkiCommand(program: Command): void {
  const pki = program.command('pki').description('make CAs and certificates for TLS, renew and revoke them');
  addInit(pki);
  addIssue(pki);
  addPack(pki);
  addRotate(pki);
  pki
    .command('status')
    .description('show all CAs and certificates, and how long they are good for')
    .addOption(folder())
    .option(
      '--days <n>',
      'end with exit code 1 when one ends within these days, or its files are not in order',
      number,
      30,
    )
    .action(async ({ dir, days }: { dir: string; days: number }) => {
      const rows = await Store.use(dir, (store) => status(store, days, new Date()));
      add('certificates', rows);
      const shown = rows.map((row) => [row.what, String(row.days), row.serial, row.flaw]);
      for (const line of fitted([['CERTIFICATE', 'DAYS LEFT', 'SERIAL', 'NOTE'], ...shown], process.stdout.columns))
        say(line);
      if (rows.some(({ flaw }) => flaw !== '')) process.exitCode = EXIT.wrong;
    });
  pki
    .command('revoke')
    .description('put certificates on the revocation list of their CA')
    .argument('<what>', 'a serial, a folder (hosts/etcd-1), or a certificate file')
    .addOption(folder())
    .action(async (what: string, { dir }: { dir: string }) =>
      tell(await Store.use(dir, (store) => revoke(store, what, new Date()))),
    );
}
