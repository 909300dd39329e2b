import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { makeSecrets } from '../../operator/consul/bootstrap.ts';
import { newAuthority, type Pair } from '../../pki/x509.ts';
import type { Spec } from '../../spec/defaults.ts';
import type { HostFile } from '../host/host.ts';
import { insideNetwork } from '../host/inside.ts';
import type { Scene } from '../host/scene.ts';
import { LabError } from '../machine/lab-error.ts';
import type { Layout } from '../machine/layout.ts';
import type { HostPlan } from '../network/addresses.ts';
import { slowest } from '../target/targets.ts';
import { DAYS, throwawayCertificates } from './certificates.ts';

/** A spec by its path, with what is in it, for `-`. */
interface SpecFile {
  file: string;
  text: string;
}

/** Gossip key, and CA of the agents: alike for all clusters of one Consul. */
export interface OfConsul {
  gossip: Uint8Array;
  authority: Pair;
}

/** Throwaway secrets and certificates of one cluster of a lab. */
export interface LabSecrets {
  ofConsul: OfConsul;
  /** Of a host that certificates were made for, at the paths of the spec. */
  hostFiles(host: HostPlan): HostFile[];
  /** Puts them into the lab's directory, where operators and other clusters of the lab find them. */
  keep(layout: Layout, spec: SpecFile): void;
}

const CA = 'consul-ca';
/** The path of the spec that the tokens are for: its lock file is beside it. */
const SPEC = 'spec';

/** Secrets by their names: whoever is interrupted leaves none behind, and a lab that is cleared away before takes none along. */
async function inMemory(): Promise<Map<string, Uint8Array>> {
  const folder = mkdtempSync(join(tmpdir(), 'quorumgate-secrets-'));
  try {
    await makeSecrets(folder);
    return new Map(readdirSync(folder).map((name) => [name, readFileSync(join(folder, name))]));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/**
 * Makes what a spec (after the lab's overlay) wants of secrets and certificates.
 *
 * @param hosts those that get certificates
 * @param ofConsul of a cluster beside another: that one's
 */
export async function labSecrets(spec: Spec, hosts: readonly HostPlan[], ofConsul?: OfConsul): Promise<LabSecrets> {
  const { encrypt, tokens } = spec.consul;
  const made = await inMemory();
  const gossip = ofConsul?.gossip ?? made.get('gossip') ?? Buffer.of();
  const authority = ofConsul?.authority ?? (await newAuthority("quorumgate lab Consul's agents", DAYS, new Date()));
  made.set('gossip', gossip);
  made.set(`${CA}.crt`, Buffer.from(authority.cert));
  made.set(`${CA}.key`, Buffer.from(authority.key));
  const certificates = await throwawayCertificates(spec, hosts, () => [], authority);
  const words = Object.entries({ gossip: encrypt, ...tokens }).flatMap(([name, path]): HostFile[] =>
    path === undefined ? [] : [{ path, mode: 0o600, content: made.get(name) ?? '' }],
  );
  return {
    ofConsul: { gossip, authority },
    hostFiles: ({ name }) => [...words, ...(certificates.get(name) ?? [])],
    keep({ secrets }, { file, text }) {
      if (encrypt === undefined && tokens === undefined) return;
      rmSync(secrets, { recursive: true, force: true });
      mkdirSync(secrets, { mode: 0o700 });
      for (const [name, bytes] of made) writeFileSync(join(secrets, name), bytes, { mode: 0o600 });
      if (tokens === undefined) return;
      const copy = join(secrets, 'spec.yaml');
      if (file === '-') writeFileSync(copy, text);
      writeFileSync(join(secrets, SPEC), file === '-' ? copy : resolve(file));
    },
  };
}

/** Those of a lab that runs; undefined: its Consul is not secured. */
export function ofConsulIn({ secrets }: Layout): OfConsul | undefined {
  if (!existsSync(join(secrets, 'gossip'))) return undefined;
  const read = (name: string) => readFileSync(join(secrets, name));
  return { gossip: read('gossip'), authority: { cert: `${read(`${CA}.crt`)}`, key: `${read(`${CA}.key`)}` } };
}

/** Seconds for a new Consul to have a leader. */
const PATIENCE = 60;

export interface TeachOptions {
  /** This program, for a process of its own. */
  self: readonly string[];
  signal?: AbortSignal | undefined;
  /** Seconds, of hosts in namespaces. */
  patience?: number;
  /** Told before it waits. */
  say?: (line: string) => void;
}

/**
 * Has the lab's Consul learn the tokens of a cluster that are kept, by the command that users have for it; again after Consul has lost its
 * data. Does nothing where none are kept, nor for whoever has no servers of Consul.
 *
 * @param own the lab's places of that cluster: of the first, or of one beside it
 * @throws LabError
 */
export async function teach(
  first: Scene,
  own: Layout,
  { self, signal, patience = PATIENCE, say }: TeachOptions,
): Promise<void> {
  if (!existsSync(join(own.secrets, SPEC)) || first.state.beside !== undefined) return;
  const server = first.state.hosts.find(({ role }) => role === 'consul-server') ?? first.state.hosts[0];
  if (server === undefined) throw new Error('a lab without hosts');
  const file = readFileSync(join(own.secrets, SPEC), 'utf8');
  const command = [process.execPath, ...self, 'consul', 'bootstrap', file, '--dir', own.secrets];
  const management = join(first.layout.secrets, 'management');
  const env: Record<string, string> =
    own.secrets === first.layout.secrets ? {} : { CONSUL_HTTP_TOKEN_FILE: management };
  say?.('waiting for Consul, to make its tokens known');
  for (let tries = 0; ; tries++) {
    signal?.throwIfAborted();
    const { exitCode, stderr } = await insideNetwork(first.layout, server, command, { env });
    if (exitCode === 0) return;
    if (tries >= patience)
      throw new LabError(`Consul does not learn its tokens: ${stderr.trim()}`, 'Look at its journal.');
    await sleep(1000 * slowest(first.state.hosts), undefined, { signal });
  }
}
