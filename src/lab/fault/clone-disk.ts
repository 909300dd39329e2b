import { existsSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { isUp } from '../host/inside.ts';
import type { HostState } from '../host/state.ts';
import { run } from '../machine/command.ts';
import { LabError } from '../machine/lab-error.ts';
import { hostPaths } from '../machine/layout.ts';
import { clusterEnvironment } from '../members/etcdctl.ts';
import type { Fault } from './fault.ts';
import { goOn, pidsOf, stopProgram } from './program.ts';

/** etcd's data directory of one host over that of another, with the identity beside it, as a disk's snapshot does. */
export const cloneDisk: Fault<[from: HostState, to: HostState]> = {
  help: "copy etcd's data directory to a host that is off",
  args: ['<from>', '<to>'],
  play: async (scene, from, to) => {
    const { layout } = scene;
    if (from === to) throw new LabError('a disk cannot be cloned onto itself', 'Name two hosts.');
    if (isUp(to)) throw new LabError(`host ${to.name} runs`, `Cut its power first: \`lab fault kill ${to.name}\`.`);
    if (from.agent !== undefined || to.agent !== undefined) {
      throw new LabError(
        'the disk of a virtual machine is one file, of which no directory can be copied',
        'Use hosts in namespaces.',
      );
    }
    const directory = (await clusterEnvironment(layout, from)).get('QG_DATA_DIR');
    const path = (host: HostState) => join(hostPaths(layout, host.name).root, directory ?? '');
    if (directory === undefined || !existsSync(path(from))) {
      throw new LabError(`${from.name} has no etcd data`, 'Wait until it is a member: `quorumgate lab status`.');
    }
    // Nothing may be written while it is copied: a snapshot is of one moment.
    const still = isUp(from) && pidsOf(scene, from, 'etcd').length > 0;
    if (still) await stopProgram(scene, from, 'etcd');
    try {
      await rm(path(to), { recursive: true, force: true });
      await mkdir(dirname(path(to)), { recursive: true });
      await run('cp', ['-a', path(from), path(to)]);
    } finally {
      if (still) await goOn(scene, from, 'etcd');
    }
    return `${to.name}: ${directory} is now a copy of that of ${from.name}; \`lab fault reboot ${to.name}\` boots it`;
  },
};
