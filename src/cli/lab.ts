import { isSea } from 'node:sea';
import { type Command, Option } from 'commander';
import { render } from '../diagnostic/render.ts';
import { loadAssets } from '../io/assets.ts';
import { readInput } from '../io/input.ts';
import { hostsOf, networkOf } from '../lab/addresses.ts';
import { attach } from '../lab/attach.ts';
import { boot } from '../lab/boot.ts';
import { throwawayCertificates } from '../lab/certificates.ts';
import type { Lab } from '../lab/handle.ts';
import { ensureImage } from '../lab/image.ts';
import { IMAGES, type ImageName } from '../lab/image-recipe.ts';
import { insideForeground } from '../lab/inside.ts';
import { showLogs } from '../lab/journal.ts';
import { compileForLab } from '../lab/lab.ts';
import { LabError } from '../lab/lab-error.ts';
import { layoutOf } from '../lab/layout.ts';
import { prepareMachine } from '../lab/preconditions.ts';
import { progress } from '../lab/progress.ts';
import { clusterReport, phaseReport, stuckReport } from '../lab/report.ts';
import { serve } from '../lab/serve.ts';
import { status } from '../lab/status.ts';
import { down } from '../lab/take-down.ts';
import { LAB_TARGETS } from '../lab/target/targets.ts';
import { interruptible } from './interruptible.ts';
import { addFaultCommands } from './lab-fault.ts';
import { number } from './number.ts';

const say = (line: string) => process.stdout.write(`${line}\n`);

/** Adds `lab` with its subcommands. */
export function addLabCommand(program: Command): void {
  const lab = program
    .command('lab')
    .description('boot the hosts of a spec on this machine, in namespaces of their own');
  lab.enablePositionalOptions();
  addUp(lab);
  lab
    .command('status')
    .description('show the hosts, their steps, and the cluster')
    .action(async () => {
      process.stdout.write(await status());
    });
  lab
    .command('logs <host> [unit]')
    .description("show a host's journal; also of a host that has ended")
    .option('-f, --follow', 'go on with what comes')
    .action(async (host: string, unit: string | undefined, { follow }: { follow?: boolean }) => {
      const running = attach();
      process.exitCode = await showLogs(running.layout, running.host(host), { unit, follow });
    });
  lab
    .command('exec <host> <command...>')
    .description('run a command on a host: lab exec etcd-1 -- systemctl status etcd')
    .passThroughOptions()
    .allowUnknownOption()
    .action(async (host: string, command: string[]) => {
      process.exitCode = await insideForeground(attach().host(host), command[0] === '--' ? command.slice(1) : command);
    });
  addFaultCommands(lab);
  lab
    .command('down')
    .description('end the lab and remove all that it made')
    .action(async () => {
      const layout = layoutOf();
      say((await down(layout)) ? 'the lab is down' : `there is no lab in ${layout.directory}`);
    });
  lab
    .command('image')
    .description("build the hosts' image, if it is not there yet")
    .addOption(imageOption())
    .option('--rebuild', 'build it anew')
    .action(async ({ image: name, rebuild }: { image: ImageName; rebuild?: boolean }) => {
      await interruptible(async (signal) => {
        await prepareMachine(say, signal);
        const options = { cache: layoutOf().cache, name, say, signal };
        say((await ensureImage({ ...options, ...(rebuild === undefined ? {} : { rebuild }) })).directory);
      });
    });
  lab
    .command('serve <address> <store> <ready>', { hidden: true })
    .action((address: string, store: string, ready: string) => serve({ address, store, ready }));
}

interface UpFlags {
  size?: number;
  startSpread: number;
  seed: number;
  image: ImageName;
  target: string;
  timeout: number;
}

function addUp(lab: Command): void {
  const names = LAB_TARGETS.map(({ name }) => name);
  lab
    .command('up <spec>')
    .description('compile a spec, boot its hosts and wait until they are one cluster')
    .option('--size <n>', "so many members instead of the spec's", number)
    .option('--start-spread <seconds>', 'start the hosts at random moments within so many seconds', number, 0)
    .option('--seed <n>', 'decides those moments', number, 1)
    .addOption(imageOption())
    .addOption(new Option('--target <name>', 'whose output to boot').choices(names).default('aws'))
    .option('--timeout <seconds>', 'how long the hosts may take', number, 180)
    .action((spec: string, flags: UpFlags) => interruptible((signal) => up(spec, flags, signal)));
}

function imageOption(): Option {
  return new Option('--image <name>', 'distribution of the hosts').choices(IMAGES).default('bookworm');
}

/** This program as a process that serves the hosts. */
function serveCommand(): string[] {
  const self = isSea() ? [] : [...process.execArgv, process.argv[1] ?? ''];
  return [process.execPath, ...self, 'lab', 'serve'];
}

async function up(file: string, flags: UpFlags, signal: AbortSignal): Promise<void> {
  const input = await readInput(file);
  if ('diagnostic' in input) {
    process.stderr.write(render([input.diagnostic], 'text'));
    process.exitCode = 1;
    return;
  }
  const { timeout, ...rest } = flags;
  const options = { ...rest, text: input.text, file: input.file, assets: await loadAssets(), say, signal };
  const { compiled, changes } = await compileForLab(options);
  process.stderr.write(render(compiled.diagnostics, 'text'));
  if (compiled.spec === undefined || compiled.files.length === 0) {
    process.exitCode = 1;
    return;
  }
  for (const change of changes) say(`for the lab: ${change}`);
  const certificates = await throwawayCertificates(compiled.spec, hostsOf(compiled.spec, networkOf(compiled.spec)));
  if (certificates.size > 0) say('for the lab: tls: certificates of a throwaway CA at the paths of the spec');
  const lab = await boot(compiled.files, compiled.spec, {
    ...options,
    serveCommand: serveCommand(),
    hostFiles: ({ name }) => certificates.get(name) ?? [],
  });
  try {
    await finishUp(lab, timeout, signal);
  } catch (error) {
    if (!signal.aborted) throw error;
    await lab.down();
    throw new LabError('interrupted', 'The lab was taken down again.', { cause: error });
  }
}

async function finishUp(lab: Lab, timeoutSeconds: number, signal: AbortSignal): Promise<void> {
  const watched = await lab.wait({ timeoutSeconds, signal, onLook: progress(process.stdout) });
  if (watched.outcome !== 'up') {
    process.stdout.write(await stuckReport(lab.layout, watched.seen));
    const what = watched.outcome === 'dead' ? 'a host has ended' : `not all hosts were up after ${timeoutSeconds} s`;
    throw new LabError(what, 'What runs is left as it is: `quorumgate lab logs HOST`, `lab exec`, then `lab down`.');
  }
  const view = await lab.cluster();
  process.stdout.write(`\n${clusterReport(view)}\n${phaseReport(watched)}`);
  if (view.one) return;
  throw new LabError(
    'the hosts are up, but are not one cluster',
    'This must never be: please report it with `lab logs`.',
  );
}
