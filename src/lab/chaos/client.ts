import { join } from 'node:path';
import { insideNetwork } from '../host/inside.ts';
import type { Scene } from '../host/scene.ts';
import type { HostState } from '../host/state.ts';
import type { Finished } from '../machine/command.ts';
import { hostPaths } from '../machine/layout.ts';
import { etcdctlEnvironment } from '../members/etcdctl.ts';
import { BRIDGE } from '../network/network.ts';

/**
 * etcdctl from where no fault reaches: beside the switch, with the program and the certificates of a host's disk, which
 * are there whether the host runs or not. It asks that host's member, or those of `of`.
 */
export async function clientOf(
  { layout }: Scene,
  member: HostState,
  args: string[],
  timeout: string,
  of: readonly HostState[] = [member],
): Promise<Finished> {
  const { root } = hostPaths(layout, member.name);
  const settings = Object.entries(await etcdctlEnvironment(layout, member, of)).map(([name, value]) =>
    value.startsWith('/') ? `${name}=${join(root, onDisk(value))}` : `${name}=${value}`,
  );
  const etcdctl = join(root, 'opt/quorumgate/bin/etcdctl');
  const command = ['env', ...settings, etcdctl, `--command-timeout=${timeout}`, '--dial-timeout=1s', ...args];
  return insideNetwork(layout, { name: BRIDGE }, command);
}

/** Where a certificate lies on a host's disk, when what runs has it in memory. */
const onDisk = (path: string) => path.replace(/^\/run\/quorumgate\/etcd\//, '/etc/quorumgate-secrets/');
