import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

// units/scripts/host.sh and its parts, as they land on hosts: with the real curl and ip, a metadata service that says anything, and
// a host that is called anything.
/** `address` of a spec. */
export type Said = { readonly [from in 'interface' | 'cidr' | 'metadata']?: string };

/** Variables that cluster.env has for it. */
export function environmentOf(address: Said): Record<string, string> {
  const [from = '', argument = ''] = Object.entries(address)[0] ?? [];
  return { QG_ADDRESS_FROM: from, QG_ADDRESS_ARGUMENT: argument };
}

const work = mkdtempSync(join(tmpdir(), 'quorumgate-host-'));
export const removeHosts = () => rmSync(work, { recursive: true, force: true });

export interface Host {
  /** The script. */
  text: string;
  shell: readonly string[];
  address: Said;
  /** Of the host as it was before, in place of the ordinary one. */
  keeps?: string;
  /** In place of the metadata service's address. */
  base?: string;
  hostname?: Buffer;
  /** Commands before, in a network of its own. */
  network?: string;
  /** Seconds for each request, in place of 5. */
  patience?: number;
}

/** host.env of a host that was up. */
export const before = 'QG_NAME=before\nQG_ADDRESS=10.9.9.9\n';

/** Runs the script until it ends or says that it waits, on a host that had a name and an address before. */
export function runHost({
  text: script,
  shell,
  address,
  keeps,
  base = '',
  hostname,
  network,
  patience = 300,
}: Host): Promise<{ said: string; file: string }> {
  const folder = mkdtempSync(join(work, 'run-'));
  const path = join(folder, 'host.env');
  writeFileSync(path, before);
  mkdirSync(join(folder, 'state'));
  if (keeps !== undefined) writeFileSync(join(folder, 'state/address'), keeps);
  const text = script
    .replaceAll('/var/lib/quorumgate', join(folder, 'state'))
    .replaceAll('/run/quorumgate', folder)
    .replace('http://169.254.169.254', base)
    .replaceAll('-m 5', `-m ${patience}`);
  const named =
    hostname &&
    `import os, socket, sys; socket.sethostname(bytes.fromhex('${hostname.toString('hex')}')); os.execvp(sys.argv[1], sys.argv[1:])`;
  const command = [
    ...(named ? ['unshare', '--uts', 'python3', '-c', named] : []),
    ...(network ? ['unshare', '--net', 'sh', '-c', `${network}\nexec "$@"`, 'sh'] : []),
    ...shell,
    '-c',
    text,
  ];
  const [program = '', ...args] = command;
  const child = spawn(program, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env['PATH'], ...environmentOf(address) },
    detached: true,
  });
  let said = '';
  const hear = (data: Buffer) => {
    said += data.toString('latin1');
    // With all that it has started.
    if (said.includes('waiting: ') && child.pid) process.kill(-child.pid);
  };
  child.stdout.on('data', hear);
  // Its words while its output is read; nothing else counts there.
  child.stderr.on('data', (data: Buffer) => data.includes('waiting: ') && hear(data));
  return new Promise((resolve) => child.on('close', () => resolve({ said, file: readFileSync(path, 'latin1') })));
}

export const metadata = { metadata: 'ec2' };
