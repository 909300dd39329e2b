import { run } from '../command.ts';
import { LabError } from '../lab-error.ts';
import { namespaceOf } from '../layout.ts';
import { BRIDGE, batch, portOf, SWITCH } from '../network.ts';
import type { HostState } from '../state.ts';
import type { Scene } from './scene.ts';

/*
 * A partition is a switch more: each group's cables are moved to a bridge of its own. Against packet filters it needs
 * no program that is not there anyway; against a port that is down, hosts of a group still see each other, and nobody
 * is told: the link stays up and what is sent is lost, as with a switch that fails far away.
 */

function names(hosts: readonly HostState[]): string {
  return hosts.map(({ name }) => name).join(', ');
}

async function switchesIn(namespace: string): Promise<string[]> {
  const links = JSON.parse(await run('ip', ['-n', namespace, '-j', 'link', 'show', 'type', 'bridge'])) as {
    ifname?: string;
  }[];
  return links.flatMap(({ ifname }) => (ifname === undefined || ifname === SWITCH ? [] : [ifname]));
}

/** Puts hosts back on the lab's one switch. */
export async function reconnect({ layout, state }: Scene, hosts: readonly HostState[]): Promise<void> {
  const namespace = namespaceOf(layout, BRIDGE);
  const lines = hosts.map((host) => `link set ${portOf(state.hosts.indexOf(host))} master ${SWITCH}`);
  if (hosts.length === state.hosts.length) {
    lines.push(...(await switchesIn(namespace)).map((name) => `link del ${name}`));
  }
  await batch(namespace, lines);
}

/** Separates groups from each other and from all other hosts; ends an earlier partition. */
export async function partition(scene: Scene, groups: readonly (readonly HostState[])[]): Promise<string> {
  const { layout, state } = scene;
  const all = groups.flat();
  if (all.length === 0) throw new LabError('a partition needs a host', 'Name one, or groups: `etcd-1,etcd-2 etcd-3`.');
  if (new Set(all).size < all.length) throw new LabError('a host is in two groups', 'Name each host once.');
  await reconnect(scene, state.hosts);
  const lines = groups.flatMap((group, index) => [
    `link add br${index + 1} type bridge`,
    `link set br${index + 1} up`,
    ...group.map((host) => `link set ${portOf(state.hosts.indexOf(host))} master br${index + 1}`),
  ]);
  await batch(namespaceOf(layout, BRIDGE), lines);
  const rest = state.hosts.filter((host) => !all.includes(host));
  const sides = [...groups, rest].filter((group) => group.length > 0).map(names);
  return `partition: ${sides.join(' | ')}; \`lab fault heal\` ends it`;
}
