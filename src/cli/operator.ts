import { randomUUID } from 'node:crypto';
import { type Command, Option } from 'commander';
import { confirmByName, type Dialogue, NobodyToAsk } from '../operator/confirm.ts';
import { list } from '../operator/list.ts';
import { replace } from '../operator/replace.ts';
import { type Fresh, planReset } from '../operator/reset.ts';
import { planRestore } from '../operator/restore.ts';
import { retire } from '../operator/retire-run.ts';
import { clientFiles, settingsOf } from '../operator/settings.ts';
import { readSnapshot } from '../operator/snapshot.ts';
import type { Spec } from '../spec/defaults.ts';
import { withSpec, withSpecArgument } from './with-spec.ts';

const say = (line: string) => process.stdout.write(`${line}\n`);

const freshly = (): Fresh => ({ token: randomUUID(), now: Math.floor(Date.now() / 1000) });

export const REACH = `
Environment:
  CONSUL_HTTP_ADDR   a Consul agent that has joined (default: http://127.0.0.1:8500)
  CONSUL_HTTP_TOKEN  its token, where Consul asks for one
`;

/** Adds `reset`, `restore` and `member`: what only an operator may decide, on a running cluster. */
export function addOperatorCommands(program: Command): void {
  addReset(program);
  addRestore(program);
  const member = program.command('member').description('look at the members of a running cluster, or take one out');
  addList(member);
  addRetire(member);
}

interface LossFlags {
  lost?: string[];
  yes?: boolean;
}

function addReset(program: Command): void {
  const command = withLoss(program.command('reset'))
    .description('all data is lost: let the hosts that are there form an empty cluster in its place')
    .action((file: string, { lost = [], yes }: LossFlags) =>
      withSpec(file, async (spec) => {
        const settings = settingsOf(spec);
        const fresh = freshly();
        const what = `reset ${settings.cluster}`;
        await replace(what, settings, (seen) => planReset(seen, settings, lost, fresh), dialogue(command, yes));
      }),
    );
}

function addRestore(program: Command): void {
  const command = withLoss(program.command('restore'))
    .description('all data is lost: let one host start from a snapshot of etcd, and the others join it')
    .requiredOption('--snapshot <file>', 'what `etcdctl snapshot save` has written')
    .option('--seed <name>', 'the host that starts from it (default: the first by name)')
    .action((file: string, { lost = [], yes, seed, ...flags }: LossFlags & { snapshot: string; seed?: string }) =>
      withSpec(file, async (spec) => {
        const settings = settingsOf(spec);
        const options = { snapshot: await readSnapshot(flags.snapshot), seed, lost, ...freshly() };
        const what = `restore ${settings.cluster}`;
        await replace(what, settings, (seen) => planRestore(seen, settings, options), dialogue(command, yes));
      }),
    );
}

function withLoss(command: Command): Command {
  return withSpecArgument(command)
    .option('--lost <name...>', 'hosts that are destroyed, and their disks: your word, which nothing can check')
    .option('--yes', 'do not ask')
    .addHelpText('after', REACH);
}

interface TlsFlags {
  cert?: string;
  key?: string;
  cacert?: string;
}

function addList(member: Command): void {
  withTls(withSpecArgument(member.command('list')))
    .description('show the members, their health, and their hosts')
    .action((file: string, flags: TlsFlags) =>
      withSpec(file, async (spec) => list(settingsOf(spec, await filesOf(spec, flags)), say)),
    );
}

function addRetire(member: Command): void {
  const command = withTls(withSpecArgument(member.command('retire')).argument('<name>', 'name or ID of the member'))
    .description('take a member out for good, so that its host may be ended')
    .option('--yes', 'do not ask')
    .action((file: string, name: string, { yes, ...flags }: TlsFlags & { yes?: boolean }) =>
      withSpec(file, async (spec) =>
        retire(settingsOf(spec, await filesOf(spec, flags)), name, dialogue(command, yes)),
      ),
    );
}

function withTls(command: Command): Command {
  return command
    .addOption(new Option('--cert <file>', 'client certificate, where the spec has TLS').env('ETCDCTL_CERT'))
    .addOption(new Option('--key <file>', 'its key').env('ETCDCTL_KEY'))
    .addOption(new Option('--cacert <file>', 'the CA of the members').env('ETCDCTL_CACERT'))
    .addHelpText('after', REACH);
}

function filesOf(spec: Spec, { cert, key, cacert }: TlsFlags) {
  return clientFiles(spec, { cert, key, ca: cacert });
}

function dialogue(command: Command, yes = false): Dialogue {
  return {
    say,
    confirm: async (cluster) => {
      if (yes) return;
      await confirmByName(cluster, process.stdin, process.stdout).catch((error: unknown) => {
        if (error instanceof NobodyToAsk) command.error(`error: ${error.message}`);
        throw error;
      });
    },
  };
}
