import { type Command, Option } from 'commander';
import { operatorPorts } from '../../operator/host/real-ports.ts';
import { certificateFlaw } from '../../operator/rollout/certificates.ts';
import { type Host, runFor } from '../../operator/rollout/command.ts';
import { rollout } from '../../operator/rollout/run.ts';
import { settingsOf } from '../../operator/settings.ts';
import { dialogue } from '../dialogue.ts';
import { number } from '../number.ts';
import { add } from '../report.ts';
import { withSpec, withSpecArgument } from '../with-spec.ts';
import { type Reach, reachFiles, withReach } from './reach.ts';

interface Flags extends Reach {
  run: string;
  host?: string[];
  pki?: string;
  settle: number;
  timeout: number;
  runTimeout: number;
  yes?: boolean;
}

/** Adds `rollout`. */
export function addRolloutCommand(program: Command): void {
  const command = withReach(withSpecArgument(program.command('rollout')))
    .description('run a command of yours for one host after the other, each only while all other members are healthy')
    .addOption(
      new Option(
        '--run <command>',
        'for a shell on this machine; $QG_NAME and $QG_ADDRESS say for which host',
      ).makeOptionMandatory(),
    )
    .option('--host <name...>', 'these members alone (default: all)')
    .option('--pki <directory>', 'a host is done once etcd shows the certificates that `quorumgate pki` has put there')
    .option('--settle <seconds>', 'how long all have to be healthy before the next host', number, 10)
    .option('--timeout <seconds>', 'how long to wait for that', number, 300)
    .option('--run-timeout <seconds>', 'how long the command may take for one host', number, 3600)
    .option('--yes', 'do not ask')
    .action((file: string, flags: Flags) =>
      withSpec(file, async (spec) => {
        const settings = settingsOf(spec, await reachFiles(spec, flags));
        const { pki } = flags;
        const ports = {
          ...operatorPorts(settings),
          run: (host: Host, beat: () => void) => runFor(flags.run, flags.runTimeout, host, beat),
          flaw: async (host: Host) => (pki === undefined ? '' : certificateFlaw(settings, pki, host)),
        };
        const { host: names = [], lineage } = flags;
        const choice = { names, lineage, settle: flags.settle * 1000, timeout: flags.timeout * 1000 };
        const done = await rollout(settings, ports, choice, dialogue(command, flags.yes));
        add(
          'hosts',
          done.map(({ name, id }) => ({ name, id })),
        );
      }),
    );
}
