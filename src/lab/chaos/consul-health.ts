import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Lab } from '../handle.ts';

interface Server {
  Name: string;
  SerfStatus: string;
  Leader: boolean;
  Voter: boolean;
  LastTerm: number;
}

/**
 * Which of Consul's servers cannot take part in a quorum, by the leader's account of them. Not its word `Healthy`: that wants an answer
 * within 200 ms, which a busy machine does not give to the best of servers.
 */
export function serverFlaws(servers: readonly Server[], count: number): string[] {
  const leader = servers.find((server) => server.Leader);
  if (leader === undefined) return ['Consul has no leader'];
  if (servers.length !== count) return [`Consul has ${servers.length} servers of ${count}`];
  return servers.flatMap(({ Name, SerfStatus, Voter, LastTerm }) => {
    if (SerfStatus !== 'alive') return [`Consul's server ${Name} is ${SerfStatus}`];
    if (!Voter) return [`Consul's server ${Name} has no vote yet`];
    return LastTerm === leader.LastTerm ? [] : [`Consul's server ${Name} does not follow ${leader.Name} yet`];
  });
}

/**
 * Why Consul cannot bear to lose a server yet. A server with an empty disk gets its vote some ten seconds after it has
 * joined; whoever loses the next one before that has lost two.
 */
export async function consulFlaws(lab: Lab): Promise<string[]> {
  const own = lab.hosts.filter(({ role }) => role === 'consul-server');
  const servers = own.length > 0 ? own : lab.hosts;
  const url = 'http://127.0.0.1:8500/v1/operator/autopilot/health';
  const management = join(lab.layout.secrets, 'management');
  const token = existsSync(management) ? readFileSync(management, 'utf8').trim() : '';
  // In no command line.
  const input = token && `X-Consul-Token: ${token}\n`;
  const answers = await Promise.all(
    servers.map(
      async ({ name }) =>
        (await lab.exec(name, ['curl', '-s', '-m', '3', '-H', '@-', url], { input }).catch(() => undefined))?.stdout,
    ),
  );
  const healths = answers.flatMap((text) => {
    try {
      return [JSON.parse(text ?? '') as { Servers: Server[] | null }];
    } catch {
      return [];
    }
  });
  const [health] = healths;
  if (health === undefined) return ['Consul does not tell its health'];
  return serverFlaws(health.Servers ?? [], servers.length);
}
