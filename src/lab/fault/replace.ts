import { emptyDisk, powerOn } from '../cluster/power.ts';
import { retire, takeAway } from '../cluster/remove.ts';
import { ownFiles, readSeeds } from '../cluster/seeds.ts';
import { nextHost } from '../host/next-host.ts';
import { type HostState, hostsElsewhere, writeState } from '../host/state.ts';
import { LabError } from '../machine/lab-error.ts';
import { connectHost } from '../network/network.ts';
import { machinesOf } from '../target/targets.ts';
import type { OnHost } from './fault.ts';

export interface ReplaceOptions {
  /** The new host gets the old one's address, and with it the files that the old one alone had, such as certificates. */
  sameAddress?: boolean | undefined;
}

/** A new host in another's place: other name and machine-id, empty disk, other address; the old one never comes back. */
export const replace: OnHost<ReplaceOptions> = {
  help: 'replace a host by one with another name, another address and an empty disk',
  args: ['<host>'],
  options: { sameAddress: { help: 'keep the address; only the name is new', flag: true } },
  chaos: [{ name: 'replace', hit: 'each', destroys: true }],
  play: async (scene, old, { sameAddress = false } = {}) => {
    const { layout, state } = scene;
    if (machinesOf(old) !== undefined) {
      throw new LabError(
        `${old.name} cannot be replaced by a host of another name: ${old.target} makes the hosts of its description alone`,
        `\`lab fault wipe ${old.name}\` gives it an empty disk.`,
      );
    }
    const { name, role, address, target, filesOf = name } = old;
    const next: HostState = { ...nextHost(state, role, hostsElsewhere(layout)), target };
    const seeds = readSeeds(layout);
    // There are some for each host that the cluster may once grow by.
    if (!sameAddress && ownFiles(seeds, old).length > 0 && ownFiles(seeds, next).length === 0) {
      throw new LabError(
        `${old.name} has files for it alone, such as certificates for its address, and there are none for ${next.name}`,
        'Use `--same-address`, or a spec with `tls: off`.',
      );
    }
    if (sameAddress) Object.assign(next, { address, filesOf });
    // Before anything is waited for: two hosts may be replaced at once.
    retire(scene, old);
    state.hosts[state.hosts.indexOf(old)] = next;
    await takeAway(scene, old);
    await writeState(layout, state);
    await connectHost(layout, state.network, next);
    await emptyDisk(scene, next);
    await powerOn(scene, next);
    return `${name} (${address}): gone for good; ${next.name} (${next.address}) boots in its place with an empty disk`;
  },
};
