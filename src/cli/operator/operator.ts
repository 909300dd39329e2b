import type { Command } from 'commander';
import { readOperatorKey } from '../../io/operator-key.ts';
import { operatorPorts } from '../../operator/host/real-ports.ts';
import { list } from '../../operator/list.ts';
import { retire } from '../../operator/retire-run.ts';
import { settingsOf } from '../../operator/settings.ts';
import { assertKnownKey } from '../../operator/sign.ts';
import { dialogue } from '../dialogue.ts';
import { add, say } from '../report.ts';
import { withSpec, withSpecArgument } from '../with-spec.ts';
import { addKeyCommands } from './key.ts';
import { type Reach, reachFiles, withReach } from './reach.ts';
import { addReplacementCommands } from './replacement.ts';
import { addRolloutCommand } from './rollout.ts';

/** Adds `reset`, `restore`, `sign`, `key`, `member` and `rollout`: what only an operator may decide, on a running cluster. */
export function addOperatorCommands(program: Command): void {
  addReplacementCommands(program);
  addKeyCommands(program);
  const member = program.command('member').description('look at the members of a running cluster, or remove one');
  addList(member);
  addRetire(member);
  addRolloutCommand(program);
}

function addList(member: Command): void {
  withReach(withSpecArgument(member.command('list')))
    .description('show the members, their health, and their hosts')
    .action((file: string, flags: Reach) =>
      withSpec(file, async (spec) => {
        const settings = settingsOf(spec, await reachFiles(spec, flags));
        add('members', await list(settings, operatorPorts(settings), flags.lineage, say, process.stdout.columns));
      }),
    );
}

function addRetire(member: Command): void {
  const command = withReach(withSpecArgument(member.command('retire')).argument('<name>', 'name or ID of the member'))
    .description('remove a member for good, so that its host can be shut down')
    .option('--operator-key <file>', "sign the mark on its disk with an operator's key: it then counts at once")
    .option('--yes', 'do not ask')
    .action((file: string, name: string, flags: Reach & { yes?: boolean; operatorKey?: string }) =>
      withSpec(file, async (spec) => {
        const settings = settingsOf(spec, await reachFiles(spec, flags));
        const key = flags.operatorKey === undefined ? undefined : await readOperatorKey(flags.operatorKey);
        if (key !== undefined) assertKnownKey(key, settings.operatorKeys, flags.operatorKey ?? '');
        const choice = { name, lineage: flags.lineage, key };
        await retire(settings, operatorPorts(settings), choice, dialogue(command, flags.yes));
      }),
    );
}
