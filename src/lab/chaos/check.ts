import type { Lab } from '../handle.ts';
import { reason } from '../machine/lab-error.ts';
import { clientOf } from './client.ts';
import { keyOf, type Written } from './writer.ts';

/** Acknowledged writes that are not in what etcd gives: `etcdctl get --prefix`, a line each for key and value. */
export function missingWrites({ prefix, acknowledged }: Written, listed: string): number[] {
  const lines = listed.split('\n');
  const found = new Map(lines.flatMap((line, index) => (index % 2 === 0 ? [[line, lines[index + 1]] as const] : [])));
  return acknowledged.filter((number) => found.get(keyOf(prefix, number)) !== String(number));
}

/** Flaws of the cluster as it is at this moment. */
export async function clusterFlaws(lab: Lab, predicted: string): Promise<string[]> {
  const view = await lab.cluster();
  const flaws: string[] = [];
  if (view.predicted !== predicted) flaws.push(`the record now predicts ${view.predicted || 'nothing'}`);
  const foreign = view.actual.filter((id) => id !== predicted);
  if (foreign.length > 0) flaws.push(`a member is in cluster ${foreign.join(' and ')} instead of ${predicted}`);
  const ill = view.rows.filter(({ healthy, started }) => !healthy || !started).map(({ host }) => host);
  if (ill.length > 0) flaws.push(`not healthy: ${ill.join(', ')}`);
  if (flaws.length === 0 && !view.one) flaws.push('the members do not agree on who is in, or who leads');
  return flaws;
}

/** Units in `failed`, and hosts that are not where a boot ends. */
export async function hostFlaws(lab: Lab): Promise<string[]> {
  const flaws: string[] = [];
  const { seen } = await lab.wait({ timeoutSeconds: 0 });
  for (const { host, up, step, status } of seen) {
    if (!up) flaws.push(`${host.name} is not up: ${step} ${status}`.trim());
  }
  try {
    for (const { host, failed } of await lab.facts()) {
      if (failed.length > 0) flaws.push(`${host}: failed: ${failed.join(', ')}`);
    }
  } catch (error) {
    flaws.push(reason(error));
  }
  return flaws;
}

/** Acknowledged writes that a member does not have. */
export async function lostWrites(lab: Lab, written: Written): Promise<string[]> {
  const flaws: string[] = [];
  for (const host of lab.hosts.filter(({ role }) => role === 'etcd')) {
    const { exitCode, stdout, stderr } = await clientOf(lab, host, ['get', '--prefix', written.prefix], '20s');
    const missing = missingWrites(written, stdout);
    if (exitCode !== 0) flaws.push(`${host.name} cannot be read: ${stderr.trim().slice(-200)}`);
    else if (missing.length > 0) {
      flaws.push(`${host.name} lacks ${missing.length} acknowledged writes: ${missing.slice(0, 10).join(', ')}`);
    }
  }
  return flaws;
}
