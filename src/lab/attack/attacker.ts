import { existsSync, readFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { inside, insideNetwork } from '../host/inside.ts';
import { type Lab, LabError } from '../lab.ts';
import type { Finished } from '../machine/command.ts';
import { hostPaths, type Layout, namespaceOf } from '../machine/layout.ts';
import { spawnDetached } from '../machine/spawn.ts';
import { clusterId } from '../members/cluster-id.ts';
import { clusterEnvironment } from '../members/etcdctl.ts';
import { type HostPlan, numberOf } from '../network/addresses.ts';
import { connectHost, disconnectHost } from '../network/network.ts';

/** The part of a lab that an attack needs: `Lab` has it. */
export type Victim = Pick<Lab, 'layout' | 'state' | 'host'>;

/** Where an attacker's requests to Consul go: a way to run curl, and nothing that others have not. */
export type Voice = (args: string[], input?: string) => Promise<Finished>;

const AGENT = 'http://127.0.0.1:8500/v1/';

/** An unprivileged process of a host: user nobody, without a token; where Consul wants one, with a stolen one of a member's sidekicks. */
export function nobodyOn(lab: Victim, name: string): Voice {
  const drop = ['setpriv', '--reuid=nobody', '--regid=nogroup', '--clear-groups', '--no-new-privs'];
  const stolen = join(lab.layout.secrets, 'sidekick');
  const shown = existsSync(stolen) ? ['-H', `X-Consul-Token: ${readFileSync(stolen, 'utf8').trim()}`] : [];
  return (args, input) =>
    inside(lab.host(name), [...drop, 'curl', ...shown, ...args], input === undefined ? {} : { input });
}

/** One request to the agent that this voice reaches; the body of the answer. Throws for any status but 200. */
export async function tell(
  voice: Voice,
  method: 'GET' | 'PUT' | 'DELETE',
  path: string,
  body?: string,
): Promise<string> {
  const sent = body === undefined ? [] : ['--data-binary', '@-'];
  const { exitCode, stdout, stderr } = await voice(
    ['-sS', '-f', '-m', '10', '-X', method, ...sent, AGENT + path],
    body,
  );
  if (exitCode === 0) return stdout;
  throw new LabError(`${method} ${path}: ${stderr.trim()} ${stdout.trim()}`, 'See the journal of the agent.');
}

export const putKey = (voice: Voice, key: string, value: string) => tell(voice, 'PUT', `kv/${key}`, value);

/** Every key below etcd3/CLUSTER/, with its value. */
export async function allKeys(voice: Voice, cluster: string): Promise<Map<string, string>> {
  const { stdout } = await voice(['-sS', '-m', '10', `${AGENT}kv/etcd3/${cluster}/?recurse&consistent`]);
  const found = stdout.trim() === '' ? [] : (JSON.parse(stdout) as { Key: string; Value: string | null }[]);
  return new Map(found.map(({ Key, Value }) => [Key, Buffer.from(Value ?? '', 'base64').toString('utf8')]));
}

export interface Entry {
  node: string;
  address: string;
  port?: number;
  meta?: Record<string, string>;
}

/** The registration of a member's host, in the catalog itself: no agent takes it back. */
export async function register(voice: Voice, cluster: string, { node, address, port = 2380, meta }: Entry) {
  const service = {
    ID: `${node}-server`,
    Service: 'etcd3',
    Tags: [`_etcd-server._tcp.${cluster}`, `_etcd-server-ssl._tcp.${cluster}`],
    Address: address,
    Port: port,
    Meta: { incarnation: `of-${numberOf(address)}`, state: 'member', size: '3', scheme: 'http', ...meta },
  };
  // Without a node ID of its own, so that the name may be anything.
  await tell(voice, 'PUT', 'catalog/register', JSON.stringify({ Node: node, Address: '10.77.0.66', Service: service }));
}

export async function deregister(voice: Voice, node: string): Promise<void> {
  await tell(voice, 'PUT', 'catalog/deregister', JSON.stringify({ Node: node }));
}

/** A machine of nobody's on the lab's network, with a Consul agent that has joined by address. */
export interface Stranger {
  address: string;
  voice: Voice;
  /** Starts a server that lies (liar-main.ts) at its address; `how` in its words. */
  lie(how: object): Promise<void>;
  leave(): Promise<void>;
}

/** Runs liar-main.ts in a network of the lab, in a cgroup of its own. */
export async function startLiar(layout: Layout, where: string, how: object): Promise<void> {
  const command = [process.execPath, '--import=tsx', join(import.meta.dirname, 'liar-main.ts'), JSON.stringify(how)];
  const enter = ['nsenter', `--net=/run/netns/${namespaceOf(layout, where)}`, '--'];
  await spawnDetached(join(layout.prefix, `liar-${where}`), join(layout.log, `liar-${where}.log`), [
    ...enter,
    ...command,
  ]);
}

/** Connects a stranger, and joins the Consul of the lab. */
export async function stranger({ layout, state, host }: Victim, address = '10.77.0.66'): Promise<Stranger> {
  const plan: HostPlan = { name: 'stranger', role: 'etcd', address };
  await connectHost(layout, state.network, plan);
  const [member = host('etcd-1')] = state.hosts.filter(({ role }) => role === 'etcd');
  const consul = join(hostPaths(layout, member.name).root, 'opt/quorumgate/bin/consul');
  const data = join(layout.directory, 'stranger');
  await mkdir(data, { recursive: true });
  const joined = state.hosts.map((one) => `-retry-join=${one.address}`);
  const datacenter = (await clusterEnvironment(layout, member)).get('QG_DATACENTER') ?? 'dc1';
  await spawnDetached(join(layout.prefix, 'stranger'), join(layout.log, 'stranger.log'), [
    ...['nsenter', `--net=/run/netns/${namespaceOf(layout, plan.name)}`, '--'],
    ...[consul, 'agent', '-node=stranger', `-data-dir=${data}`, `-bind=${address}`, `-datacenter=${datacenter}`],
    ...[...joined, '-retry-interval=1s'],
  ]);
  const voice: Voice = (args, input) =>
    insideNetwork(layout, plan, ['curl', ...args], input === undefined ? {} : { input });
  return {
    address,
    voice,
    lie: (how) => startLiar(layout, plan.name, { host: address, ...how }),
    leave: () => disconnectHost(layout, plan),
  };
}

/** A well-formed record of three members that nobody knows; `peer` stands for their peer URLs where those are wrong. */
export function forged(generation: number, peer?: string): string {
  const members = [1, 2, 3].map((number) => ({
    name: `other-${number}`,
    incarnation: `other-disk-${number}`,
    peer_url: peer === undefined ? `http://10.77.0.2${number}:2380` : `${peer}${number}`,
  }));
  const token = 'of-a-stranger';
  const cluster_id = clusterId(
    members.map(({ peer_url }) => ({ peerUrls: [peer_url] })),
    token,
  );
  return JSON.stringify({ generation, token, size: 3, members, cluster_id });
}
