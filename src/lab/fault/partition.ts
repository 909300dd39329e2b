import type { Scene } from '../host/scene.ts';
import type { HostState } from '../host/state.ts';
import { run } from '../machine/command.ts';
import { LabError } from '../machine/lab-error.ts';
import { namespaceOf } from '../machine/layout.ts';
import { BRIDGE, batch, portOf, SWITCH } from '../network/network.ts';
import type { Fault } from './fault.ts';

/*
 * A partition is a switch more: each group's cables are moved to a bridge of its own. Against packet filters it needs
 * no program that is not there anyway; against a port that is down, hosts of a group still see each other, and nobody
 * is told: the link stays up and what is sent is lost, as with a switch that fails far away.
 */

function names(hosts: readonly HostState[]): string {
  return hosts.map(({ name }) => name).join(', ');
}

/** Switches of partitions with no cable in them any more. */
async function emptySwitches(namespace: string): Promise<string[]> {
  const shown = await run('ip', ['-n', namespace, '-d', '-j', 'link', 'show']);
  const links = JSON.parse(shown) as { ifname?: string; master?: string; linkinfo?: { info_kind?: string } }[];
  const used = new Set([SWITCH, ...links.map(({ master }) => master)]);
  const switches = links
    .filter(({ linkinfo }) => linkinfo?.info_kind === 'bridge')
    .map(({ ifname = SWITCH }) => ifname);
  return switches.filter((name) => !used.has(name));
}

/** A group's switch; no two groups of the lab's clusters have one first host. */
function switchOf([first]: readonly HostState[]): string {
  return first === undefined ? SWITCH : portOf(first).replace('port', 'br');
}

/** Puts hosts back on the lab's one switch. */
export async function reconnect({ layout }: Scene, hosts: readonly HostState[]): Promise<void> {
  const namespace = namespaceOf(layout, BRIDGE);
  await batch(
    namespace,
    hosts.map((host) => `link set ${portOf(host)} master ${SWITCH}`),
  );
  const left = await emptySwitches(namespace);
  if (left.length > 0)
    await batch(
      namespace,
      left.map((name) => `link del ${name}`),
    );
}

/** Separates groups from each other and from all other hosts; ends an earlier partition. */
export const partition: Fault<HostState[][]> = {
  help: 'separate groups (`etcd-1,etcd-2 etcd-3`) from each other and from all other hosts',
  args: ['<group...>'],
  chaos: [
    { name: 'partition', hit: 'together', end: { fault: 'heal', all: true } },
    { name: 'isolate', hit: 'apart', end: { fault: 'heal', all: true } },
  ],
  play: async (scene, ...groups) => {
    const { layout, state } = scene;
    const all = groups.flat();
    if (all.length === 0)
      throw new LabError('a partition needs a host', 'Name one, or groups: `etcd-1,etcd-2 etcd-3`.');
    if (new Set(all).size < all.length) throw new LabError('a host is in two groups', 'Name each host once.');
    await reconnect(scene, state.hosts);
    const lines = groups.flatMap((group) => [
      `link add ${switchOf(group)} type bridge`,
      `link set ${switchOf(group)} up`,
      ...group.map((host) => `link set ${portOf(host)} master ${switchOf(group)}`),
    ]);
    await batch(namespaceOf(layout, BRIDGE), lines);
    const rest = state.hosts.filter((host) => !all.includes(host));
    const sides = [...groups, rest].filter((group) => group.length > 0).map(names);
    return `partition: ${sides.join(' | ')}; \`lab fault heal\` ends it`;
  },
};
