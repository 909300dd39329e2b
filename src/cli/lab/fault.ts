import { type Command, Option } from 'commander';
import {
  chaosReport,
  FAULTS,
  type Fault,
  type FaultName,
  type FaultOption,
  groupsOf,
  type Lab,
  LabError,
  playChaos,
  teach,
} from '../../lab/lab.ts';
import { interruptible } from '../interruptible.ts';
import { number, signed } from '../number.ts';
import { print, say } from '../report.ts';
import { self, withLab } from './running.ts';

type AnyFault = Fault<unknown[], Record<string, unknown>>;

/** An option of a fault, as the command line has it. */
function optionOf(name: string, option: FaultOption): Option {
  const flag = `--${dashed(name)}`;
  if ('choices' in option) return new Option(`${flag} <name>`, option.help).choices(option.choices);
  if ('flag' in option) return new Option(flag, option.help);
  return new Option(`${flag} ${option.number}`, option.help)
    .argParser(option.signed ? signed : number)
    .makeOptionMandatory(option.required);
}

const dashed = (name: string) => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

/** Plays a fault by the words of the command line, on the cluster that has the first host. */
async function play(name: FaultName, { args }: AnyFault, given: unknown[], flags: object): Promise<void> {
  const words = given.flat() as string[];
  const groups = args[0] === '<group...>' ? groupsOf(words) : undefined;
  const isOne = args.every((arg) => !arg.includes('...'));
  await withLab(async (lab) => {
    const clusters = words.length === 0 ? [lab, ...lab.neighbours] : [lab];
    for (const { fault } of clusters) {
      const act = fault[name] as (...args: unknown[]) => Promise<string>;
      say(await act(...(groups ?? words), ...(isOne ? [flags] : [])));
    }
  }, groups?.[0]?.[0] ?? words[0]);
}

/** Adds `lab fault KIND` and `lab chaos`. */
export function addFaultCommands(lab: Command): void {
  const parent = lab.command('fault').description('break something in the lab, or heal it');
  for (const [name, fault] of Object.entries(FAULTS) as unknown as [FaultName, AnyFault][]) {
    const command = parent.command([dashed(name), ...fault.args].join(' ')).description(fault.help);
    for (const [key, option] of Object.entries(fault.options ?? {})) command.addOption(optionOf(key, option));
    command.addHelpText('after', `\nExamples:\n  $ quorumgate lab fault ${exampleOf(name, fault)}\n`);
    command.action((...all: unknown[]) => play(name, fault, all.slice(0, -2), ownOf(fault, all.at(-2) as object)));
  }
  addChaos(lab);
}

const HOSTS = {
  '<host>': 'etcd-1',
  '<from>': 'etcd-1',
  '<to>': 'etcd-2',
  '<host...>': 'etcd-1 etcd-2',
  '[host...]': 'etcd-1',
  '<group...>': 'etcd-1,etcd-2 etcd-3',
};

/** A command line that plays it. */
function exampleOf(name: string, { args, options = {} }: AnyFault): string {
  const numbers = Object.entries(options).filter(([, option]) => 'number' in option && option.required);
  return [dashed(name), ...args.map((arg) => HOSTS[arg]), ...numbers.map(([key]) => `--${dashed(key)} 20`)].join(' ');
}

/** Options of the fault, without those that all commands have. */
const ownOf = ({ options = {} }: AnyFault, flags: object): object =>
  Object.fromEntries(Object.entries(flags).filter(([key]) => key in options));

function addChaos(lab: Command): void {
  lab
    .command('chaos')
    .description('play random faults while a client writes, heal, and check that nothing was lost')
    .option('--minutes <n>', 'how long faults are played', number, 5)
    .option('--seed <n>', 'seed of the random faults', number, 1)
    .action((flags: { minutes: number; seed: number }) =>
      interruptible((signal) =>
        withLab(async (running) => {
          const relearn = (one: Lab) => teach(one, one.layout, { self: self(), signal });
          const told = await playChaos(running, { ...flags, say, signal, relearn });
          print(chaosReport(told));
          if (told.broken.length === 0) return;
          throw new LabError(
            `chaos with seed ${flags.seed}: ${told.broken.join('; ')}`,
            'The story is above; the lab is left as it is: `lab status`, `lab logs HOST`, then `lab down`.',
          );
        }),
      ),
    );
}
