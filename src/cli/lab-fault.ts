import { type Command, Option } from 'commander';
import { playChaos } from '../lab/chaos/play.ts';
import { chaosReport } from '../lab/chaos/report.ts';
import { groupsOf } from '../lab/cluster/find-host.ts';
import type { Faults } from '../lab/fault/faults.ts';
import { PROGRAMS, type Program } from '../lab/fault/program.ts';
import type { ReplaceOptions } from '../lab/fault/replace.ts';
import { LabError } from '../lab/machine/lab-error.ts';
import { interruptible } from './interruptible.ts';
import { withLab } from './lab-running.ts';
import { number } from './number.ts';

const say = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

/** Plays a fault on the cluster that has `host`. */
function play(host: string | undefined, fault: (faults: Faults) => Promise<string>): Promise<void> {
  return withLab(async (lab) => say(await fault(lab.fault)), host);
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
      .action((host: string) => play(host, (faults) => fault_(faults, host)));
  const ofMany = (kind: string, text: string, fault_: (faults: Faults, hosts: string[]) => Promise<string>) =>
    fault
      .command(`${kind} <host...>`)
      .description(`${text}; \`all\` for all hosts`)
      .action((hosts: string[]) => play(hosts[0], (faults) => fault_(faults, hosts)));

  fault
    .command('kill <host>')
    .description("cut a host's power, or SIGKILL one program")
    .addOption(program('only this one'))
    .action((host: string, flags: OneProgram) => play(host, (faults) => faults.kill(host, flags.program)));
  fault
    .command('freeze <host>')
    .description('let a host stand still, or SIGSTOP one program')
    .addOption(program('only this one'))
    .action((host: string, flags: OneProgram) => play(host, (faults) => faults.freeze(host, flags.program)));
  fault
    .command('thaw <host>')
    .description('let a frozen host or program go on')
    .addOption(program('only this one'))
    .action((host: string, flags: OneProgram) => play(host, (faults) => faults.thaw(host, flags.program)));
  ofOne('reboot', 'cut the power and boot with the same disk', (faults, host) => faults.reboot(host));
  ofOne('wipe', 'cut the power and boot with an empty disk', (faults, host) => faults.wipe(host));
  fault
    .command('replace <host>')
    .description('boot a new host of another name and address, with an empty disk, in its place')
    .option('--same-address', 'of another name alone, at the old address')
    .action((host: string, flags: ReplaceOptions) => play(host, (faults) => faults.replace(host, flags)));
  fault
    .command('clone-disk <from> <to>')
    .description("copy etcd's data directory to a host that is off")
    .action((from: string, to: string) => play(from, (faults) => faults.cloneDisk(from, to)));
  fault
    .command('partition <group...>')
    .description('separate groups (`etcd-1,etcd-2 etcd-3`) from each other and from all other hosts')
    .action((groups: string[]) => play(groupsOf(groups)[0]?.[0], (faults) => faults.partition(...groupsOf(groups))));
  fault
    .command('heal [host...]')
    .description('end partition, delay and loss; of all hosts when none is named')
    .action((hosts: string[]) =>
      withLab(async (lab) => {
        const clusters = hosts.length === 0 ? [lab, ...lab.neighbours] : [lab];
        for (const { fault } of clusters) say(await fault.heal(...hosts));
      }, hosts[0]),
    );
  fault
    .command('delay <host>')
    .description('delay what it sends and receives; 0 ends it')
    .requiredOption('--ms <n>', 'milliseconds, each way', number)
    .action((host: string, { ms }: { ms: number }) => play(host, (faults) => faults.delay(host, ms)));
  fault
    .command('loss <host>')
    .description('lose packets to and from it by chance; 0 ends it')
    .requiredOption('--percent <n>', 'how many of a hundred, each way', number)
    .action((host: string, { percent }: { percent: number }) => play(host, (faults) => faults.loss(host, percent)));
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
