import type { Command } from 'commander';
import {
  attachTo,
  down,
  ensureImage,
  type ImageName,
  insideForeground,
  layoutOf,
  networkForeground,
  prepareMachine,
  serve,
  showLogs,
  status,
} from '../../lab/lab.ts';
import { EXIT } from '../exit.ts';
import { interruptible } from '../interruptible.ts';
import { print, say } from '../report.ts';
import { addChangeCommands } from './change.ts';
import { addFaultCommands } from './fault.ts';
import { addReport } from './report.ts';
import { addUp, imageOption } from './up.ts';

const withoutDashes = (command: string[]) => (command[0] === '--' ? command.slice(1) : command);

/** Adds `lab` with its subcommands. */
export function addLabCommand(program: Command): void {
  const lab = program
    .command('lab')
    .description('boot the hosts of a spec on this machine, in namespaces of their own');
  lab.enablePositionalOptions();
  addUp(lab);
  lab
    .command('status')
    .description(
      'show the hosts, how far each has booted, and the cluster; exit code 1 unless each is one, and healthy',
    )
    .action(async () => {
      const { text, isWhole } = await status(layoutOf(), process.stdout.columns);
      print(text);
      if (!isWhole) process.exitCode = EXIT.wrong;
    });
  addReport(lab);
  lab
    .command('logs <host> [unit]')
    .description('show the journal of a host, running or not')
    .option('-f, --follow', 'follow the journal')
    .action(async (host: string, unit: string | undefined, { follow }: { follow?: boolean }) => {
      const running = attachTo(host);
      process.exitCode = await showLogs(running.layout, running.host(host), { unit, follow });
    });
  lab
    .command('exec <host> <command...>')
    .description('run a command on a host: `lab exec etcd-1 -- systemctl status etcd`')
    .passThroughOptions()
    .allowUnknownOption()
    .action(async (host: string, command: string[]) => {
      process.exitCode = await insideForeground(attachTo(host).host(host), withoutDashes(command));
    });
  lab
    .command('net <host> <command...>')
    .description("run a command of this machine in a host's network: `lab net etcd-1 -- curl 127.0.0.1:8500`")
    .passThroughOptions()
    .allowUnknownOption()
    .action(async (host: string, command: string[]) => {
      const running = attachTo(host);
      process.exitCode = await networkForeground(running.layout, running.host(host), withoutDashes(command));
    });
  addChangeCommands(lab);
  addFaultCommands(lab);
  lab
    .command('down')
    .description('end the lab and remove everything that it made')
    .action(async () => {
      const layout = layoutOf();
      say((await down(layout)) ? 'the lab is down' : `there is no lab in ${layout.directory}`);
    });
  lab
    .command('image')
    .description("build the hosts' image, if it is not there yet")
    .addOption(imageOption())
    .option('--rebuild', 'build it again')
    .action(async ({ image: name, rebuild }: { image: ImageName; rebuild?: boolean }) => {
      await interruptible(async (signal) => {
        await prepareMachine(say, signal);
        const options = { cache: layoutOf().cache, name, say, signal };
        say((await ensureImage({ ...options, ...(rebuild === undefined ? {} : { rebuild }) })).directory);
      });
    });
  lab
    .command('serve <address> <store> <uploads> <hosts> <ready>', { hidden: true })
    .action((address: string, store: string, uploads: string, hosts: string, ready: string) =>
      serve({ address, store, uploads, hosts, ready }),
    );
}
