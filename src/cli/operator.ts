import { type Command, Option } from 'commander';
import { readOperatorKey } from '../io/operator-key.ts';
import { operatorPorts } from '../operator/host/real-ports.ts';
import { list } from '../operator/list.ts';
import { retire } from '../operator/retire-run.ts';
import { clientFiles, settingsOf } from '../operator/settings.ts';
import { assertKnownKey } from '../operator/sign.ts';
import type { Spec } from '../spec/defaults.ts';
import { dialogue } from './dialogue.ts';
import { addKeyCommands } from './key.ts';
import { REACH } from './reach.ts';
import { addReplacementCommands } from './replacement.ts';
import { add, say } from './report.ts';
import { withSpec, withSpecArgument } from './with-spec.ts';

/** Adds `reset`, `restore`, `sign`, `key` and `member`: what only an operator may decide, on a running cluster. */
export function addOperatorCommands(program: Command): void {
  addReplacementCommands(program);
  addKeyCommands(program);
  const member = program.command('member').description('look at the members of a running cluster, or remove one');
  addList(member);
  addRetire(member);
}

interface MemberFlags {
  cert?: string;
  key?: string;
  cacert?: string;
  lineage?: string;
}

function addList(member: Command): void {
  withReach(withSpecArgument(member.command('list')))
    .description('show the members, their health, and their hosts')
    .action((file: string, flags: MemberFlags) =>
      withSpec(file, async (spec) => {
        const settings = settingsOf(spec, await filesOf(spec, flags));
        add('members', await list(settings, operatorPorts(settings), flags.lineage, say, process.stdout.columns));
      }),
    );
}

function addRetire(member: Command): void {
  const command = withReach(withSpecArgument(member.command('retire')).argument('<name>', 'name or ID of the member'))
    .description('remove a member for good, so that its host can be shut down')
    .option('--operator-key <file>', "sign the mark on its disk with an operator's key: it then counts at once")
    .option('--yes', 'do not ask')
    .action((file: string, name: string, flags: MemberFlags & { yes?: boolean; operatorKey?: string }) =>
      withSpec(file, async (spec) => {
        const settings = settingsOf(spec, await filesOf(spec, flags));
        const key = flags.operatorKey === undefined ? undefined : await readOperatorKey(flags.operatorKey);
        if (key !== undefined) assertKnownKey(key, settings.operatorKeys, flags.operatorKey ?? '');
        const choice = { name, lineage: flags.lineage, key };
        await retire(settings, operatorPorts(settings), choice, dialogue(command, flags.yes));
      }),
    );
}

function withReach(command: Command): Command {
  return command
    .addOption(new Option('--cert <file>', 'client certificate, where the spec has TLS').env('ETCDCTL_CERT'))
    .addOption(new Option('--key <file>', 'its key').env('ETCDCTL_KEY'))
    .addOption(new Option('--cacert <file>', 'the CA of the members').env('ETCDCTL_CACERT'))
    .option('--lineage <id>', 'which cluster of this name, where Consul has several')
    .addHelpText('after', REACH);
}

function filesOf(spec: Spec, { cert, key, cacert }: MemberFlags) {
  return clientFiles(spec, { cert, key, ca: cacert });
}
