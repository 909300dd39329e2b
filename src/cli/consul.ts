import { Argument, type Command, Option } from 'commander';
import { bootstrap, makeSecrets } from '../operator/consul/bootstrap.ts';
import { ROTATED, rotate } from '../operator/consul/rotate.ts';
import { withConsul } from '../operator/with-consul.ts';
import { say } from './report.ts';
import { withSpec, withSpecArgument } from './with-spec.ts';

const folder = () =>
  new Option('--dir <directory>', 'directory with the secrets, outside of any repository').makeOptionMandatory();

/** Adds `consul`: what a Consul with ACLs wants before and after its servers start. */
export function addConsulCommands(program: Command): void {
  const consul = program.command('consul').description("make the gossip key and the tokens of a spec's hosts");
  consul
    .command('secrets')
    .description('make a gossip key and tokens, each in a file; Consul does not know the tokens yet')
    .addOption(folder())
    .action(async ({ dir }: { dir: string }) => {
      const made = await makeSecrets(dir);
      for (const name of made) say(`made ${dir}/${name}`);
      if (made.length === 0) say(`all of them are in ${dir} already`);
      say('Bring gossip, agent, dns and sidekick to the hosts, to the paths of `consul.encrypt` and `consul.tokens`.');
      say(`Once Consul's servers run: quorumgate consul bootstrap SPEC --dir ${dir}`);
    });
  addBootstrap(consul);
  addRotate(consul);
}

const MANAGER = `
Environment:
  CONSUL_HTTP_ADDR   a Consul agent that has joined (default: http://127.0.0.1:8500)
  CONSUL_HTTP_TOKEN  a token that may do everything (default: the first one of a new Consul, which is kept in --dir)
`;

function addBootstrap(consul: Command): void {
  withSpecArgument(consul.command('bootstrap'))
    .description('make Consul know the tokens, each with the policy of who has it; may be run again')
    .addOption(folder())
    .addHelpText('after', MANAGER)
    .action((file: string, { dir }: { dir: string }) =>
      withSpec(file, async (spec) => {
        for (const line of await withConsul(() => bootstrap(spec, dir, process.env))) say(line);
      }),
    );
}

function addRotate(consul: Command): void {
  const what = new Argument('<what>', 'the gossip key, or the tokens of agents, DNS, sidekicks and operators');
  withSpecArgument(consul.command('rotate').addArgument(what.choices(Object.keys(ROTATED))))
    .description(
      'change the gossip key, or the tokens, in two steps: both are known, then, with --finish, the new one alone',
    )
    .addOption(folder())
    .option('--finish', 'all hosts have the new one: the former is forgotten')
    .addHelpText('after', MANAGER)
    .action((name: keyof typeof ROTATED, file: string, { dir, finish = false }: { dir: string; finish?: boolean }) =>
      withSpec(file, async (spec) => {
        const { done, next } = await withConsul(() => rotate(name, spec, dir, finish, process.env));
        for (const line of [...done, next]) say(line);
      }),
    );
}
