import { existsSync } from 'node:fs';
import { createInterface, type Interface } from 'node:readline/promises';
import { type Command, Option } from 'commander';
import { compile } from '../../compile.ts';
import { loadAssets } from '../../io/assets.ts';
import { IoError } from '../../io/io-error.ts';
import { writeNewFile } from '../../io/small-file.ts';
import { targets } from '../../target/index.ts';
import { EXIT } from '../exit.ts';
import { number } from '../number.ts';
import { add, fileRow, isForPrograms, say, tell } from '../report.ts';
import { type Answers, joinOf, NUMBERED, starter } from './starter.ts';

const SECRETS = ['image', 'credentials', 'off'];
const SERVERS = ['members', 'role', 'existing'];
const names = targets.map(({ name }) => name);

interface Flags {
  name?: string;
  size?: number;
  target?: string;
  servers?: string;
  cidr?: string;
  interface?: string;
  join?: string[];
  secrets?: string;
  sidekickUrl?: string;
  base?: string;
}

/** Adds `init`. */
export function addInitCommand(program: Command): void {
  program
    .command('init')
    .description('write a first spec, with comments; asks for what no option says, where there is a terminal')
    .argument('[spec]', 'file to write; an existing one is never overwritten', 'cluster.yaml')
    .option('--name <name>', 'name of the cluster (default: mycluster)')
    .option('--size <n>', 'number of members (default: 3)', number)
    .addOption(new Option('--target <name>', 'how hosts boot (default: aws)').choices(names))
    .addOption(new Option('--servers <where>', "where Consul's servers are (default: members)").choices(SERVERS))
    .addOption(
      new Option(
        '--cidr <network>',
        'hosts use their address in this IPv4 network (default on aws: as EC2 says)',
      ).conflicts('interface'),
    )
    .option('--interface <name>', 'hosts use the address of this interface')
    .option('--join <address...>', "addresses of Consul's servers, or cloud auto-join")
    .addOption(
      new Option('--secrets <how>', 'how secrets reach hosts, or `off` (default: image; off for compose)').choices(
        SECRETS,
      ),
    )
    .option('--sidekick-url <url>', 'where hosts will fetch etcd-sidekick.cjs')
    .option('--base <image>', 'image for target compose (default: localhost/quorumgate-base)')
    .action(async (file: string, flags: Flags, command: Command) => {
      if (existsSync(file))
        throw new IoError(`${file} is there already, and is not overwritten.`, 'Name a file that is not there yet.');
      const text = starter(await answersOf(flags, command));
      const { diagnostics, needs } = compile(text, { file, lock: undefined, assets: await loadAssets() });
      tell(diagnostics, file);
      if (diagnostics.some(({ severity }) => severity === 'error')) {
        process.exitCode = EXIT.wrong;
        throw new IoError(
          'such a spec would not compile; nothing was written.',
          'Follow the remedies above by the options of `init`.',
        );
      }
      await writeNewFile(file, text, 0o644);
      add('files', [fileRow(file, Buffer.from(text))]);
      add('needs', needs);
      say(file);
      say(`Next: quorumgate compile ${file}`);
    });
}

/** Puts a question; undefined where nobody can be asked. */
type Ask = ((question: string, fallback?: string) => Promise<string>) | undefined;

async function answersOf(flags: Flags, command: Command): Promise<Answers> {
  if (!process.stdin.isTTY || isForPrograms()) return collect(flags, undefined, command);
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  try {
    return await collect(flags, askAt(terminal), command);
  } finally {
    terminal.close();
  }
}

/** Asks again until there is an answer. @throws IoError at the end of the input */
function askAt(terminal: Interface): Ask {
  const closed = new Promise<undefined>((resolve) => {
    terminal.once('close', () => resolve(undefined));
    terminal.once('SIGINT', () => terminal.close());
  });
  return async (question, fallback) => {
    for (;;) {
      const hint = fallback === undefined ? '' : ` [${fallback}]`;
      const typed = await Promise.race([terminal.question(`${question}${hint}: `), closed]);
      if (typed === undefined)
        throw new IoError('no answer; nothing was written.', 'Run it again, or give options instead.');
      const answer = typed.trim() || fallback;
      if (answer !== undefined) return answer;
    }
  };
}

async function collect(flags: Flags, ask: Ask, command: Command): Promise<Answers> {
  const missing: string[] = [];
  const get = (given: string | undefined, option: string, question: string, fallback?: string): Promise<string> => {
    if (given !== undefined) return Promise.resolve(given);
    if (ask !== undefined) return ask(question, fallback);
    if (fallback === undefined) missing.push(option);
    return Promise.resolve(fallback ?? '');
  };
  const oneOf = async (given: string | undefined, option: string, question: string, choices: readonly string[]) => {
    for (;;) {
      const answer = await get(given, option, `${question} (${choices.join(', ')})`, choices[0]);
      if (choices.includes(answer)) return answer;
    }
  };
  const name = await get(flags.name, '--name', 'Name of the cluster', 'mycluster');
  const size = Number(
    await get(
      flags.size === undefined ? undefined : String(flags.size),
      '--size',
      'Number of members: 1, 3, 5, 7 or 9',
      '3',
    ),
  );
  const target = await oneOf(flags.target, '--target', 'How hosts boot', names);
  const servers = await oneOf(
    flags.servers,
    '--servers',
    "Where Consul's servers are: on the members, on hosts of their own, or already there",
    SERVERS,
  );
  const address = await addressOf(flags, target, get);
  const known = { name, size, target, servers, address };
  const join =
    flags.join ??
    listed(
      await get(undefined, '--join', "Addresses of Consul's servers, or cloud auto-join", joinOf(known)?.join(', ')),
    );
  const needsUrl = !NUMBERED.includes(target);
  const sidekick =
    needsUrl || flags.sidekickUrl !== undefined
      ? await get(
          flags.sidekickUrl,
          '--sidekick-url',
          'URL, of a server of yours, where hosts will fetch etcd-sidekick.cjs',
        )
      : undefined;
  const base =
    target === 'compose'
      ? await get(flags.base, '--base', 'Image that containers are built from', 'localhost/quorumgate-base')
      : undefined;
  const secrets =
    target === 'compose'
      ? // No container gets any: what is asked for all the same the compiler refuses.
        (flags.secrets ?? 'off')
      : await oneOf(
          flags.secrets,
          '--secrets',
          'How secrets reach hosts: etcd and Consul are secured by them',
          SECRETS,
        );
  if (missing.length > 0)
    command.error(
      `error: nobody can be asked: standard input is no terminal. Give ${missing.join(', ')}; nothing was written`,
    );
  return { ...known, join, secrets, sidekick, base };
}

async function addressOf(
  { cidr, interface: device }: Flags,
  target: string,
  get: (given: string | undefined, option: string, question: string, fallback?: string) => Promise<string>,
): Promise<Answers['address']> {
  if (device !== undefined) return { interface: device };
  if (cidr === undefined && target === 'aws') return { metadata: 'ec2' };
  const fallback = NUMBERED.includes(target) ? '192.168.56.0/24' : undefined;
  return { cidr: await get(cidr, '--cidr', 'IPv4 network that the hosts share, for example 10.0.0.0/16', fallback) };
}

/** Entries of cloud auto-join have blanks in them, and no commas. */
const listed = (text: string): string[] =>
  text
    .split(',')
    .map((entry) => entry.trim())
    .filter(Boolean);
