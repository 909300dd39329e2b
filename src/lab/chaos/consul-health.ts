import type { Lab } from '../handle.ts';

/**
 * Why Consul cannot bear to lose a server yet. A server with an empty disk gets its vote some ten seconds after it has
 * joined; whoever loses the next one before that has lost two.
 */
export async function consulFlaws(lab: Lab): Promise<string[]> {
  const own = lab.hosts.filter(({ role }) => role === 'consul-server');
  const servers = own.length > 0 ? own : lab.hosts;
  const bearable = Math.floor((servers.length - 1) / 2);
  const url = 'http://127.0.0.1:8500/v1/operator/autopilot/health';
  const answers = await Promise.all(
    servers.map(
      async ({ name }) => (await lab.exec(name, ['curl', '-s', '-m', '3', url]).catch(() => undefined))?.stdout,
    ),
  );
  const healths = answers.flatMap((text) => {
    try {
      return [JSON.parse(text ?? '') as { Healthy: boolean; FailureTolerance: number; Servers: unknown[] | null }];
    } catch {
      return [];
    }
  });
  const [health] = healths;
  if (health === undefined) return ['Consul does not tell its health'];
  if (health.Healthy && health.FailureTolerance >= bearable && health.Servers?.length === servers.length) return [];
  return [`Consul bears to lose ${health.FailureTolerance} of ${health.Servers?.length} servers, not yet ${bearable}`];
}
