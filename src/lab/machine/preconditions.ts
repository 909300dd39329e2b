import { accessSync, constants, existsSync } from 'node:fs';
import { delimiter, isAbsolute, join } from 'node:path';
import { run } from './command.ts';
import { LabError } from './lab-error.ts';
import { acquireLock } from './lock.ts';

/** Programs by name or path, with the Debian package of each. */
export type Tools = Record<string, string>;

/** Programs that the lab runs on this machine. */
const TOOLS: Tools = {
  'systemd-nspawn': 'systemd-container',
  mmdebstrap: 'mmdebstrap',
  ip: 'iproute2',
  nsenter: 'util-linux',
  flock: 'util-linux',
  unshare: 'util-linux',
  setpriv: 'util-linux',
  journalctl: 'systemd',
  mount: 'mount',
};

/**
 * The packet filter's program, which few commands run: installed when it is wanted. By its whole path, because npm
 * puts another `nft` on PATH, which ends with 0 whatever it is given.
 */
export const NFT = '/usr/sbin/nft';

function onPath(program: string): boolean {
  if (isAbsolute(program)) return existsSync(program);
  return (process.env['PATH'] ?? '').split(delimiter).some((directory) => {
    try {
      accessSync(join(directory, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** Packages that are missing on this machine: of what every lab runs, and of what this one runs besides. */
export function missingPackages(has: (program: string) => boolean = onPath, besides: Tools = {}): string[] {
  const missing = Object.entries({ ...TOOLS, ...besides }).filter(([program]) => !has(program));
  return [...new Set(missing.map(([, name]) => name))].sort();
}

/** Why this machine cannot run a lab at all; undefined when it can. */
function obstacle(): LabError | undefined {
  if (process.platform !== 'linux') {
    return new LabError(
      `the lab needs Linux, this is ${process.platform}`,
      'Run it on a Linux machine or in a virtual machine with Debian 12 or newer.',
    );
  }
  if (process.getuid?.() !== 0) {
    return new LabError(
      'the lab needs root: it mounts file systems and makes network namespaces',
      'Run the same command with sudo.',
    );
  }
  return undefined;
}

/** Throws when there is an obstacle; installs what is missing, and says so before. */
export async function prepareMachine(
  say: (line: string) => void,
  signal?: AbortSignal,
  besides: Tools = {},
): Promise<void> {
  const why = obstacle();
  if (why !== undefined) throw why;
  await install(missingPackages(onPath, besides), say, signal);
}

/** Installs the packet filter's program when it is missing, and says so before. */
export async function ensureNft(say: (line: string) => void): Promise<void> {
  if (!existsSync(NFT)) await install(['nftables'], say);
}

async function install(missing: string[], say: (line: string) => void, signal?: AbortSignal): Promise<void> {
  if (missing.length === 0) return;
  if (!onPath('apt-get')) {
    throw new LabError(`missing on this machine: ${missing.join(', ')}`, 'Install these packages, then try again.');
  }
  say(`installing with apt-get, because the lab needs them: ${missing.join(' ')}`);
  const env = { DEBIAN_FRONTEND: 'noninteractive' };
  // Two labs may want it at the same moment, and apt does not wait for another apt.
  const release = await acquireLock('/run/lock/quorumgate-apt', true);
  try {
    await run('apt-get', ['-q', 'update'], { signal, env });
    await run('apt-get', ['-q', '-y', 'install', '--no-install-recommends', ...missing], { signal, env });
  } finally {
    await release?.();
  }
}
