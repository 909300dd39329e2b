import { type HostBoot, JournalReader } from '../../report/boot.ts';
import type { Reported } from '../../report/page.ts';
import { readSeeds } from '../cluster/seeds.ts';
import { bootJournal } from '../host/journal.ts';
import type { Scene } from '../host/scene.ts';
import { LabError } from '../machine/lab-error.ts';
import type { Layout } from '../machine/layout.ts';

/** How the hosts of clusters came up, by their journals. */
export async function bootsOf(clusters: readonly Scene[]): Promise<Reported[]> {
  const all = await Promise.all(clusters.map(clusterBoot));
  if (all.some(({ hosts }) => hosts.length > 0)) return all;
  throw new LabError(
    'no host of the lab has said anything of its boot yet',
    'Look with `quorumgate lab status` how far they are, and ask again.',
  );
}

async function clusterBoot({ layout, state }: Scene): Promise<Reported> {
  const hosts: HostBoot[] = [];
  const silent: string[] = [];
  // One after the other: a journal may be large, and all of one is in memory.
  for (const { name, role, address, startedAt, ...host } of state.hosts) {
    // A machine's clock begins with the machine, that of all others is this machine's.
    const zero = host.agent === undefined ? startedAt : 0;
    const reader = new JournalReader('', { name, role, address, ...(zero !== undefined && { startedAt: zero }) });
    for (const line of await bootJournal(layout, { ...host, name, role, address })) reader.add(line);
    const boot = reader.end();
    if ('remedy' in boot) silent.push(name);
    else hosts.push(boot);
  }
  return { name: state.cluster.name, hosts, silent, documents: documentsOf(layout) };
}

/** Files that hosts read or fetch as they boot, with their sizes. */
function documentsOf(layout: Layout): { path: string; bytes: number }[] {
  const all = [...readSeeds(layout).compiled];
  const found = all.filter(([path]) => /(\/user-data|\.ign|Vagrantfile)$|\/upload\//.test(path));
  return found.map(([path, { length }]) => ({ path, bytes: length }));
}
