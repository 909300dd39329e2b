import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { BesideOptions } from '../cluster/beside.ts';
import { readSeeds } from '../cluster/seeds.ts';
import {
  compileForLab,
  consulAddresses,
  hostsEver,
  hostsOf,
  type Lab,
  LabError,
  type LabSecrets,
  labSecrets,
  type Network,
  networkOf,
  type OfConsul,
  ofConsulIn,
  placeBeside,
  teach,
  type UpOptions,
} from '../lab.ts';
import { hostPaths, type Layout } from '../machine/layout.ts';

/** Scenarios are played on a cluster that is secured; with QUORUMGATE_TEST_SECURED=0 on one in plain, unless their spec says how. */
const isSecured = process.env['QUORUMGATE_TEST_SECURED'] !== '0';

/** Of the URLs of members whose spec does not say. */
export const SCHEME = isSecured ? 'https' : 'http';
/** The tag by which its members are found, and the first label of their records. */
export const tagOf = (side: 'client' | 'server'): string => `_etcd-${side}${isSecured ? '-ssl' : ''}`;

/** Keys for a spec that says nothing of how it is secured. */
export function securing(consul: string): { secrets: string; consul: string } {
  if (!isSecured) return { secrets: 'off', consul };
  return { secrets: 'image', consul: /\bversion:/.test(consul) ? consul : consul.replace(/\}$/, ', version: 2.1.0}') };
}

/** Whether the lab is to bring what this spec wants. */
const isBrought = (text: string) => /^secrets: image$/m.test(text);

type Source = Pick<BesideOptions, 'text' | 'file' | 'assets'> & Pick<UpOptions, 'size' | 'directory' | 'targets'>;

async function made(source: Source, guest?: { network: Network; join: string[]; index: number; of: OfConsul }) {
  const { spec } = (await compileForLab({ ...source, guestOf: guest })).compiled;
  if (spec === undefined) throw new LabError('the secured spec does not compile', '');
  const network = guest?.network ?? networkOf(spec);
  const place = guest && placeBeside(network, spec.cluster.name, guest.index);
  return { spec, network, secrets: await labSecrets(spec, hostsEver(spec, network, place), guest?.of) };
}

const both = (secrets: LabSecrets, own: UpOptions['hostFiles']) => ({
  hostFiles: (host: Parameters<LabSecrets['hostFiles']>[0]) => [...secrets.hostFiles(host), ...(own?.(host) ?? [])],
});

/** Options of a lab whose hosts have all secrets, and whose Consul learns its tokens as soon as it can; `end` stops that. */
export async function securedOptions<T extends UpOptions & { ownSecrets?: boolean }>(
  given: T,
  program: string,
): Promise<{ options: T; end: () => Promise<void> }> {
  if (given.ownSecrets || !isBrought(given.text)) return { options: given, end: async () => {} };
  const { spec, network, secrets } = await made(given);
  const join = consulAddresses(hostsOf(spec, network));
  const kept = [{ text: given.text, secrets }];
  const beside: NonNullable<UpOptions['beside']> = [];
  for (const [index, one] of (given.beside ?? []).entries()) {
    const { assets, directory, targets } = given;
    const guest = { network, join, index: index + 1, of: secrets.ofConsul };
    const its = await made({ assets, targets, ...(directory && { directory }), ...one }, guest);
    kept.push({ text: one.text, secrets: its.secrets });
    beside.push({ ...one, ...both(its.secrets, one.hostFiles) });
  }
  const stop = new AbortController();
  let learning: Promise<unknown> = Promise.resolve();
  const learn = async (lab: Lab) => {
    for (const [index, own] of kept.entries()) {
      const layout = index === 0 ? lab.layout : lab.neighbours[index - 1]?.layout;
      if (layout !== undefined) await learnNow(lab, layout, program, own, stop.signal);
    }
  };
  const options = {
    ...given,
    ...both(secrets, given.hostFiles),
    ...(given.beside && { beside }),
    // Tests see for themselves what comes of it: they may want a Consul without a leader.
    onStart: (lab: Lab) => {
      learning = learn(lab).catch(() => undefined);
      return Promise.resolve();
    },
  };
  return {
    options,
    end: async () => {
      stop.abort();
      await learning;
    },
  };
}

async function learnNow(
  first: Lab,
  layout: Layout,
  program: string,
  { text, secrets }: { text: string; secrets: LabSecrets },
  signal?: AbortSignal,
): Promise<void> {
  secrets.keep(layout, { file: '-', text });
  await teach(first, layout, { self: [program], patience: 600, signal });
}

/** Boots another cluster in a lab that runs, secured as the first is. */
export async function besideIn(lab: Lab, options: BesideOptions, program: string): Promise<Lab> {
  const of = ofConsulIn(lab.layout);
  if (of === undefined) return lab.beside(options);
  const { network, targets } = lab.state;
  const guest = { network, join: consulAddresses(lab.hosts), index: lab.neighbours.length + 1, of };
  const { secrets } = await made({ ...options, targets, directory: lab.layout.directory }, guest);
  const added = await lab.beside({ ...options, ...both(secrets, options.hostFiles) });
  await learnNow(lab, added.layout, program, { text: options.text, secrets });
  return added;
}

/** Lines of a host's command lines, environments and journal in which a word of its input stands. */
const SHOWN = `umask 077; cat >/run/qg-words
{ cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ 2>/dev/null | tr '\\0' '\\n'; journalctl -b --no-pager -o cat; } |
  grep -aFf /run/qg-words; rm /run/qg-words`;

/** No word of a lab's secrets shows on any host that runs: in a command line, an environment or the journal. */
export async function assertNoSecretShows({ layout, hosts, exec }: Lab): Promise<void> {
  if (!existsSync(layout.seeds)) return;
  const names = ['gossip', 'agent', 'dns', 'sidekick', 'operator', 'management'];
  const files = names.map((name) => join(layout.secrets, name)).filter(existsSync);
  const keys = [...readSeeds(layout).own.values()].flat().filter(({ path }) => path.endsWith('.key'));
  const lineOf = (text: string) => text.split('\n').find((line) => line.length > 40 && !line.startsWith('-'));
  const words = [
    ...files.map((file) => readFileSync(file, 'utf8').trim()),
    ...keys.flatMap(({ content }) => lineOf(Buffer.from(content).toString()) ?? []),
  ];
  if (words.length === 0) return;
  const input = `${[...new Set(words)].join('\n')}\n`;
  for (const { name } of hosts) {
    const { stdout } = await exec(name, ['sh', '-c', SHOWN], { input }).catch(() => ({ stdout: '' }));
    if (stdout !== '') throw new Error(`${name} shows a secret: ${stdout.slice(0, 200)}`);
  }
}

/** Variables of an operator: his token, and a certificate that etcd takes. */
export function operatorEnvironment({ layout }: Lab, through: string): Record<string, string> {
  if (!existsSync(join(layout.secrets, 'operator'))) return {};
  const file = (name: string) => join(hostPaths(layout, through).root, 'etc/quorumgate-secrets', name);
  return {
    CONSUL_HTTP_TOKEN_FILE: join(layout.secrets, 'operator'),
    ETCDCTL_CERT: file('server.crt'),
    ETCDCTL_KEY: file('server.key'),
    ETCDCTL_CACERT: file('client-ca.crt'),
  };
}
