import { type Command, InvalidArgumentError, Option } from 'commander';
import { loadAssets } from '../../io/assets.ts';
import { readInput } from '../../io/input.ts';
import {
  assertFree,
  type Bootable,
  boot,
  type ClusterBeside,
  type CompileSettings,
  clusterReport,
  compileForLab,
  consulAddresses,
  hostsEver,
  hostsOf,
  IMAGES,
  type ImageName,
  LAB_TARGETS,
  type Lab,
  LabError,
  type LabSecrets,
  labSecrets,
  type Network,
  networkOf,
  type OfConsul,
  PATIENCE,
  phaseReport,
  placeBeside,
  progress,
  slowest,
  stuckReport,
  teach,
  watch,
} from '../../lab/lab.ts';
import { PAGE } from '../boot-report.ts';
import { interruptible } from '../interruptible.ts';
import { number } from '../number.ts';
import { isForPrograms, print, say, tell } from '../report.ts';
import { showReport } from './report.ts';
import { self } from './running.ts';

interface UpFlags {
  size?: number;
  beside: string[];
  startSpread: number;
  seed: number;
  image: ImageName;
  etcd?: string;
  consul?: string;
  offline?: true;
  target?: string[];
  vm?: true;
  timeout?: number;
  open?: true;
}

/** Adds `lab up`. */
export function addUp(lab: Command): void {
  const names = LAB_TARGETS.map(({ name }) => name);
  lab
    .command('up <spec>')
    .description('compile a spec, boot its hosts and wait until they are one cluster')
    .option('--size <n>', "number of members, instead of the spec's", number)
    .addOption(
      new Option('--beside <spec>', 'boot another cluster too, on the Consul of the first; may be repeated')
        .argParser((one: string, before: string[]) => [...before, one])
        .default([], 'none'),
    )
    .option('--start-spread <seconds>', 'start the hosts at random moments within this many seconds', number, 0)
    .option('--seed <n>', 'seed of those random moments', number, 1)
    .addOption(versionOption('etcd', '3.7'))
    .addOption(versionOption('consul', '1.14'))
    .option('--offline', 'fetch no program by its URL')
    .addOption(imageOption())
    .addOption(
      new Option('--target <name>', 'how hosts boot; may be repeated, and is then given to the hosts in turn')
        .choices(names)
        .argParser((name: string, earlier: string[] = []) => {
          if (names.includes(name)) return [...earlier, name];
          return lab.error(`error: the lab boots no target '${name}': use one of ${names.join(', ')}`);
        }),
    )
    .addOption(
      new Option('--vm', 'boot virtual machines, by software emulation: short for `--target vm`').conflicts('target'),
    )
    .option(
      '--timeout <seconds>',
      `how long to wait for the hosts (default: ${PATIENCE}, of virtual machines ${PATIENCE * slowest([{ target: 'vm' }])})`,
      number,
    )
    .option('--open', `write the boot report, ${PAGE}, and show it, also of hosts that do not come up`)
    .action((spec: string, flags: UpFlags) => interruptible((signal) => up(spec, flags, signal)));
}

function versionOption(program: 'etcd' | 'consul', line: string): Option {
  const what = `boot this version instead of the spec's, or the newest here of a line (${line})`;
  return new Option(`--${program} <version>`, what)
    .env(`QUORUMGATE_LAB_${program.toUpperCase()}`)
    .argParser((version) => {
      if (/^\d+\.\d+(\.\d+)?$/.test(version)) return version;
      throw new InvalidArgumentError(`Give a version, like ${line}.1, or a line, like ${line}.`);
    });
}

export function imageOption(): Option {
  return new Option('--image <name>', 'distribution of the hosts')
    .env('QUORUMGATE_LAB_IMAGE')
    .choices(IMAGES)
    .default('bookworm');
}

/** Reads and compiles one spec for the lab; tells what is wrong with it, or what was changed. */
async function read(
  file: string,
  settings: CompileSettings & { size?: number },
): Promise<(Bootable & { text: string }) | undefined> {
  const input = await readInput(file);
  if ('diagnostic' in input) {
    tell([input.diagnostic], file);
    return undefined;
  }
  const source = { text: input.text, file: input.file, lock: input.lock, assets: await loadAssets() };
  const { compiled, changes } = await compileForLab({ secretsInImage: true, ...settings, ...source });
  tell(compiled.diagnostics, file);
  if (compiled.spec === undefined || compiled.files.length === 0) return undefined;
  for (const change of changes) say(`for the lab: ${change}`);
  return { files: compiled.files, spec: compiled.spec, text: input.text };
}

/** A spec that was read, with all that secures its hosts, also those that may come later; `index` tells clusters beside the first. */
interface Cluster extends ClusterBeside {
  file: string;
  text: string;
  secrets: LabSecrets;
}

async function secured(
  file: string,
  cluster: Bootable & { text: string },
  network: Network,
  index = 0,
  ofConsul?: OfConsul,
): Promise<Cluster> {
  const { spec } = cluster;
  const place = index === 0 ? undefined : placeBeside(network, spec.cluster.name, index);
  const hosts = hostsEver(spec, network, place);
  const secrets = await labSecrets(spec, hosts, ofConsul);
  if (spec.tls !== 'off' || spec.consul.tls?.cert !== undefined)
    say('for the lab: tls: certificates of throwaway CAs at the paths of the spec');
  if (spec.consul.encrypt ?? spec.consul.tokens) say('for the lab: consul: throwaway secrets at the paths of the spec');
  return { ...cluster, file, secrets, hostFiles: secrets.hostFiles };
}

async function up(file: string, flags: UpFlags, signal: AbortSignal): Promise<void> {
  assertFree();
  const { timeout, beside: besideFiles, size, vm, target = vm && ['vm'], open, ...rest } = flags;
  const options = { ...rest, say, signal, targets: target };
  const input = await read(file, { ...options, ...(size === undefined ? {} : { size }) });
  const network = input && networkOf(input.spec);
  const first = input && network && (await secured(file, input, network));
  const beside: Cluster[] = [];
  if (first !== undefined && network !== undefined) {
    const guestOf = { network, join: consulAddresses(hostsOf(first.spec, network)) };
    for (const name of besideFiles) {
      const one = await read(name, { ...options, guestOf });
      if (one !== undefined) beside.push(await secured(name, one, network, beside.length + 1, first.secrets.ofConsul));
    }
  }
  if (first === undefined || beside.length < besideFiles.length) {
    process.exitCode = 1;
    return;
  }
  const { hostFiles = () => [] } = first;
  const lab = await boot(
    first.files,
    first.spec,
    { ...options, hostFiles, serveCommand: [process.execPath, ...self(), 'lab', 'serve'] },
    beside,
  );
  try {
    await teachAll(lab, [first, ...beside], signal);
    await finishUp(lab, timeout, signal, open);
  } catch (error) {
    if (!signal.aborted) throw error;
    await lab.down();
    throw new LabError('interrupted', 'The lab was taken down again.', { cause: error });
  }
}

/** One after the other: the first token of the first cluster makes those of the others. */
async function teachAll(lab: Lab, clusters: readonly Cluster[], signal: AbortSignal): Promise<void> {
  for (const [index, { file, text, secrets }] of clusters.entries()) {
    const layout = index === 0 ? lab.layout : lab.neighbours[index - 1]?.layout;
    if (layout === undefined) continue;
    secrets.keep(layout, { file, text });
    await teach(lab, layout, { self: self(), signal, say });
  }
}

async function finishUp(lab: Lab, timeout: number | undefined, signal: AbortSignal, open?: true): Promise<void> {
  const clusters = [lab, ...lab.neighbours];
  const hosts = clusters.flatMap((one) => one.hosts);
  const timeoutSeconds = timeout ?? PATIENCE * slowest(hosts);
  const watched = await watch(hosts, {
    timeoutSeconds,
    signal,
    onLook: progress(isForPrograms() ? process.stderr : process.stdout),
  });
  if (watched.outcome !== 'up') {
    print(await stuckReport(lab.layout, watched.seen));
    if (open) await showReport();
    const what = watched.outcome === 'dead' ? 'a host has ended' : `not all hosts were up after ${timeoutSeconds} s`;
    throw new LabError(what, 'What runs is left as it is: `quorumgate lab logs HOST`, `lab exec`, then `lab down`.');
  }
  const views = await Promise.all(clusters.map((one) => one.cluster()));
  for (const view of views) print(`\n${clusterReport(view, process.stdout.columns)}`);
  print(`\n${phaseReport(watched)}`);
  if (open) await showReport();
  if (views.every(({ one }) => one)) return;
  throw new LabError(
    `the hosts are up, but are not one cluster${views.length > 1 ? ' each' : ''}`,
    'This must never be: please report it with `lab logs`.',
  );
}
