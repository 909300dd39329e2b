import { type Command, Option } from 'commander';
import { attach } from '../lab/attach.ts';
import { playChaos } from '../lab/chaos/play.ts';
import { chaosReport } from '../lab/chaos/report.ts';
import type { Faults } from '../lab/fault/faults.ts';
import { PROGRAMS, type Program } from '../lab/fault/program.ts';
import { groupsOf } from '../lab/find-host.ts';
import type { Lab } from '../lab/handle.ts';
import { LabError } from '../lab/lab-error.ts';
import { layoutOf } from '../lab/layout.ts';
import { lockLab } from '../lab/take-down.ts';
import { interruptible } from './interruptible.ts';
import { number } from './number.ts';

const say = (line: string) => process.stdout.write(`${line}\n`);

/** Uses the lab that runs, alone: what it remembers of its hosts changes. */
async function withLab(use: (lab: Lab) => Promise<void>): Promise<void> {
  const layout = layoutOf();
  // Before the lock, which makes the directory: there may be no lab in it.
  attach(layout);
  const release = await lockLab(layout);
  try {
    await use(attach(layout));
  } finally {
    release();
  }
}

function play(fault: (faults: Faults) => Promise<string>): Promise<void> {
  return withLab(async (lab) => {
    say(await fault(lab.fault));
  });
}

interface OneProgram {
  program?: Program;
}

/** Adds `lab fault KIND` and `lab chaos`. */
export function addFaultCommands(lab: Command): void {
  const fault = lab.command('fault').description('break something of the lab, or heal it');
  const program = (text: string) => new Option('--program <name>', text).choices(PROGRAMS);
  const ofOne = (kind: string, text: string, fault_: (faults: Faults, host: string) => Promise<string>) =>
    fault
      .command(`${kind} <host>`)
      .description(text)
      .action((host: string) => play((faults) => fault_(faults, host)));
  const ofMany = (kind: string, text: string, fault_: (faults: Faults, hosts: string[]) => Promise<string>) =>
    fault
      .command(`${kind} <host...>`)
      .description(`${text}; \`all\` for all hosts`)
      .action((hosts: string[]) => play((faults) => fault_(faults, hosts)));

  fault
    .command('kill <host>')
    .description("cut a host's power, or SIGKILL one program")
    .addOption(program('only this one'))
    .action((host: string, flags: OneProgram) => play((faults) => faults.kill(host, flags.program)));
  fault
    .command('freeze <host>')
    .description('let a host stand still, or SIGSTOP one program')
    .addOption(program('only this one'))
    .action((host: string, flags: OneProgram) => play((faults) => faults.freeze(host, flags.program)));
  fault
    .command('thaw <host>')
    .description('let a frozen host or program go on')
    .addOption(program('only this one'))
    .action((host: string, flags: OneProgram) => play((faults) => faults.thaw(host, flags.program)));
  ofOne('reboot', 'cut the power and boot with the same disk', (faults, host) => faults.reboot(host));
  ofOne('wipe', 'cut the power and boot with an empty disk', (faults, host) => faults.wipe(host));
  ofOne('replace', 'boot a new host of another name and address in its place', (faults, host) => faults.replace(host));
  fault
    .command('clone-disk <from> <to>')
    .description("copy etcd's data directory to a host that is off")
    .action((from: string, to: string) => play((faults) => faults.cloneDisk(from, to)));
  fault
    .command('partition <group...>')
    .description('separate groups (`etcd-1,etcd-2 etcd-3`) from each other and from all other hosts')
    .action((groups: string[]) => play((faults) => faults.partition(...groupsOf(groups))));
  fault
    .command('heal [host...]')
    .description('end partition, delay and loss; of all hosts when none is named')
    .action((hosts: string[]) => play((faults) => faults.heal(...hosts)));
  fault
    .command('delay <host>')
    .description('delay what it sends and receives; 0 ends it')
    .requiredOption('--ms <n>', 'milliseconds, each way', number)
    .action((host: string, { ms }: { ms: number }) => play((faults) => faults.delay(host, ms)));
  fault
    .command('loss <host>')
    .description('lose packets to and from it by chance; 0 ends it')
    .requiredOption('--percent <n>', 'how many of a hundred, each way', number)
    .action((host: string, { percent }: { percent: number }) => play((faults) => faults.loss(host, percent)));
  ofMany('stop-consul', 'stop the Consul agent', (faults, hosts) => faults.stopConsul(...hosts));
  ofMany('start-consul', 'start the Consul agent', (faults, hosts) => faults.startConsul(...hosts));
  ofMany('wipe-consul', "delete the Consul agent's data", (faults, hosts) => faults.wipeConsul(...hosts));
  ofOne('skew-clock', 'not possible in this lab: says why', (faults, host) => faults.skewClock(host));
  addChaos(lab);
}

function addChaos(lab: Command): void {
  lab
    .command('chaos')
    .description('play random faults while a client writes, heal, and check that nothing was lost')
    .option('--minutes <n>', 'how long faults are played', number, 5)
    .option('--seed <n>', 'decides the faults', number, 1)
    .action((flags: { minutes: number; seed: number }) =>
      interruptible((signal) =>
        withLab(async (running) => {
          const told = await playChaos(running, { ...flags, say, signal });
          process.stdout.write(chaosReport(told));
          if (told.broken.length === 0) return;
          throw new LabError(
            `chaos with seed ${flags.seed}: ${told.broken.join('; ')}`,
            'The story is above; the lab is left as it is: `lab status`, `lab logs HOST`, then `lab down`.',
          );
        }),
      ),
    );
}
