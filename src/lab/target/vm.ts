import { existsSync, readFileSync } from 'node:fs';
import { chmod, copyFile, mkdir, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Booted, monotonic, put } from '../host/host.ts';
import type { HostState } from '../host/state.ts';
import { run } from '../machine/command.ts';
import { LabError } from '../machine/lab-error.ts';
import { hostPaths, type Layout, namespaceOf } from '../machine/layout.ts';
import { isAlive } from '../machine/process-identity.ts';
import { spawnDetached } from '../machine/spawn.ts';
import { addressBeside, macOf, type Network } from '../network/addresses.ts';
import { plugMachine } from '../network/tap.ts';
import { type LabTarget, type Outputs, outputFor } from './lab-target.ts';
import { type MachineFiles, QEMU, qemuCommand } from './qemu.ts';

/** Bytes: the image has 0.6 GB, and what a host writes beside it is sparse until it does. */
const DISK = 4 * 2 ** 30;

function filesOf(layout: Layout, name: string): MachineFiles {
  const { base, disk, console: log } = hostPaths(layout, name);
  return {
    kernel: join(base, 'vmlinuz'),
    initrd: join(base, 'initrd.img'),
    disk,
    seed: join(base, 'seed.iso'),
    agent: join(base, 'agent'),
    console: log,
  };
}

/** Files of the NoCloud disk of a host, by name. */
export function noCloud(
  { name, role, address }: Pick<HostState, 'name' | 'role' | 'address'>,
  { prefix, gateway }: Network,
  outputs: Outputs,
): Record<string, string | Uint8Array> {
  // JSON is YAML too.
  const network = {
    version: 2,
    ethernets: {
      eth0: {
        match: { macaddress: macOf(address) },
        'set-name': 'eth0',
        addresses: [`${address}/${prefix}`],
        // Nobody advertises routes here: waiting for it takes 12 s of each boot.
        'accept-ra': false,
        nameservers: { addresses: [gateway] },
      },
    },
  };
  return {
    'user-data': outputFor(outputs, `aws/${role}/user-data`),
    'meta-data': `instance-id: i-lab-${name}\nlocal-hostname: ${name}\n`,
    'network-config': `${JSON.stringify(network, null, 2)}\n`,
    'vendor-data': '',
  };
}

/** The one port of a machine's loopback that commands of this machine reach: Consul's API, as on other hosts of the lab. */
const CONSUL = 8500;
const RELAY = 28_500;

/** The machine's half of the way there; the other is beside QEMU. It lets nobody in but this machine. */
function relayUnit(network: Network, address: string): string {
  const from = `TCP4-LISTEN:${RELAY},reuseaddr,fork,range=${addressBeside(network, address)}/32`;
  return `[Unit]
Description=The lab's way to Consul
[Service]
ExecStart=/usr/bin/socat ${from} TCP4:127.0.0.1:${CONSUL}
Restart=always
`;
}

/** Makes the disks of a virtual machine out of the host's root, which is then no longer needed. */
async function makeDisks(
  { layout, network, host, root }: Parameters<NonNullable<LabTarget['prepare']>>[0],
  outputs: Outputs,
) {
  const files = filesOf(layout, host.name);
  const { base, upper, work } = hostPaths(layout, host.name);
  await plugMachine(layout, network, host);
  const unit = '/etc/systemd/system/lab-relay.service';
  put(root, { path: unit, mode: 0o644, content: relayUnit(network, host.address) });
  await symlink(unit, join(root, 'etc/systemd/system/multi-user.target.wants/lab-relay.service'));
  await copyFile(join(root, 'vmlinuz'), files.kernel);
  await copyFile(join(root, 'initrd.img'), files.initrd);
  // Certificates are in it, and secrets.
  await writeFile(files.disk, '', { mode: 0o600 });
  await truncate(files.disk, DISK);
  await run('mkfs.ext4', ['-q', '-d', root, files.disk]);
  await run('umount', [root]);
  for (const folder of [upper, work]) await rm(folder, { recursive: true });
  const seed = join(base, 'seed');
  await mkdir(seed, { recursive: true });
  const contents = Object.entries(noCloud(host, network, outputs));
  for (const [name, content] of contents) await writeFile(join(seed, name), content, { mode: 0o600 });
  await run('genisoimage', ['-quiet', '-output', files.seed, '-volid', 'cidata', '-joliet', '-rock', seed]);
  await chmod(files.seed, 0o600);
}

async function boot(layout: Layout, host: HostState): Promise<Booted & { agent: string }> {
  const { name, address, clockAhead } = host;
  const files = filesOf(layout, name);
  await rm(files.agent, { force: true });
  const startedAt = monotonic();
  const clock = clockAhead === undefined ? undefined : new Date(Date.now() + clockAhead * 1000);
  const qemu = await spawnDetached(join(layout.prefix, name), files.console, [
    ...['nsenter', `--net=/run/netns/${namespaceOf(layout, name)}`, '--'],
    ...qemuCommand(files, macOf(address), clock),
  ]);
  await spawnDetached(join(layout.prefix, name), files.console, [
    ...['nsenter', `--net=/run/netns/${namespaceOf(layout, name)}`, '--', 'socat'],
    ...[`TCP4-LISTEN:${CONSUL},bind=127.0.0.1,reuseaddr,fork`, `TCP4:${address}:${RELAY}`],
  ]);
  while (!existsSync(files.agent)) {
    if (!isAlive(qemu)) {
      const said = readFileSync(files.console, 'utf8').trim().slice(-500);
      throw new LabError(`QEMU did not start ${name}: ${said}`, `See ${files.console}.`);
    }
    await sleep(20);
  }
  return { supervisor: qemu, init: qemu, agent: files.agent, startedAt };
}

/**
 * Each host is a whole machine, emulated by QEMU: Debian's kernel and initramfs, a disk, a clock and memory of its own. Its disk is made of the
 * lab's image; cloud-init reads the same bytes as on EC2, from a disk of its own (NoCloud).
 */
export const vm: LabTarget = {
  name: 'vm',
  compiles: 'aws',
  about:
    'each host a virtual machine (QEMU) with a kernel, disk and clock of its own; cloud-init reads the user-data from a second disk (NoCloud)',
  reader: 'cloud-init',
  image: 'vm',
  tools: { [QEMU]: 'qemu-system-x86', genisoimage: 'genisoimage', 'mkfs.ext4': 'e2fsprogs', socat: 'socat' },
  // Its name comes by cloud-init, as on EC2.
  hostname: 'localhost',
  seed: () => [],
  prepare: makeDisks,
  boot,
  slower: 10,
};
