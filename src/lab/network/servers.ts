import { existsSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { storeDirectory } from '../image/program/artifacts.ts';
import { removeCgroup } from '../machine/cgroup.ts';
import { LabError } from '../machine/lab-error.ts';
import { type Layout, namespaceOf } from '../machine/layout.ts';
import { isAlive, type ProcessIdentity } from '../machine/process-identity.ts';
import { spawnDetached } from '../machine/spawn.ts';
import type { Step } from '../machine/steps.ts';
import type { Network } from './addresses.ts';
import { BRIDGE } from './network.ts';

/** How to start the servers as a process of their own: the command line before its four arguments. */
export type ServeCommand = string[];

function fromSources(): ServeCommand {
  return [process.execPath, '--import=tsx', join(import.meta.dirname, 'serve-main.ts')];
}

/** Is there when all servers listen. */
export const serversReady = ({ directory }: Pick<Layout, 'directory'>) => join(directory, 'servers-ready');

/** The artifact, DNS and metadata servers, inside the bridge's namespace; they die with the lab. */
export function serversStep(
  layout: Layout,
  network: Network,
  started: (server: ProcessIdentity) => Promise<void>,
  command: ServeCommand = fromSources(),
): Step {
  const ready = serversReady(layout);
  const cgroup = join(layout.prefix, 'servers');
  const log = join(layout.log, 'servers.log');
  return {
    name: 'starting the artifact server',
    do: async () => {
      await rm(ready, { force: true });
      const enter = ['nsenter', `--net=/run/netns/${namespaceOf(layout, BRIDGE)}`];
      const arguments_ = [network.gateway, storeDirectory(layout.cache), layout.uploads, layout.hosts, ready];
      const server = await spawnDetached(cgroup, log, [...enter, ...command, ...arguments_]);
      await started(server);
      while (!existsSync(ready)) {
        if (!isAlive(server)) {
          throw new LabError(`it ended: ${(await readFile(log, 'utf8')).trim().slice(-500)}`, `See ${log}.`);
        }
        await sleep(20);
      }
    },
    undo: async () => {
      // Hosts come later and are gone by now: nothing else is in the lab's cgroup.
      await removeCgroup(layout.prefix);
      await rm(ready, { force: true });
    },
  };
}
