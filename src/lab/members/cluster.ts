import { inside, isUp } from '../host/inside.ts';
import type { HostState, LabState } from '../host/state.ts';
import type { Layout } from '../machine/layout.ts';
import { ownName, slowest } from '../target/targets.ts';
import { clusterId } from './cluster-id.ts';
import { parseEndpointHealth, parseEndpointStatus, parseMemberList } from './etcd-json.ts';
import { ANSWER, clientUrl, clusterEnvironment, etcdctl } from './etcdctl.ts';

/** A row of the member table: a host, and what its member says. */
interface MemberRow {
  host: string;
  /** As its host, Consul and etcd call it. */
  name: string;
  address: string;
  memberId: string;
  /** The cluster that this host's own member is in. */
  clusterId: string;
  started: boolean;
  leader: boolean;
  healthy: boolean;
  version: string;
}

export interface ClusterView {
  rows: MemberRow[];
  /** From the record in Consul, computed anew from its peer URLs and token; empty when there is no record. */
  predicted: string;
  /** The ID that the record itself has. */
  recorded: string;
  /** The cluster IDs of the running members: more than one is the disaster. */
  actual: string[];
  /** Exactly one cluster, the predicted one, with every host a healthy member, and as many as there are to be. */
  one: boolean;
}

interface RecordShape {
  token: string;
  cluster_id: string;
  members: { peer_url: string }[];
}

async function readRecord(host: HostState, cluster: string): Promise<RecordShape | undefined> {
  const url = `http://127.0.0.1:8500/v1/kv/etcd3/${cluster}/bootstrap?raw`;
  // With the sidekicks' own token, where they have one.
  const ask = `curl -sf -m ${ANSWER * slowest([host])} -H "X-Consul-Token: $(cat /run/quorumgate/token 2>/dev/null)" '${url}'`;
  try {
    return JSON.parse((await inside(host, ['sh', '-c', ask])).stdout) as RecordShape;
  } catch {
    return undefined;
  }
}

function attempt<T>(parse: () => T, otherwise: T): T {
  try {
    return parse();
  } catch {
    return otherwise;
  }
}

/** Each host's own member, by its own words. */
async function rowOf(layout: Layout, host: HostState): Promise<MemberRow & { listed: number }> {
  const row = { host: host.name, name: ownName(host), address: host.address, memberId: '', clusterId: '', listed: 0 };
  const down = { ...row, started: false, leader: false, healthy: false, version: '' };
  if (!isUp(host)) return down;
  const ask = (...args: string[]) => etcdctl(layout, host, [...args, '-w', 'json']).catch(() => ({ stdout: '' }));
  const [list, statuses, health] = await Promise.all([
    ask('member', 'list'),
    ask('endpoint', 'status'),
    ask('endpoint', 'health'),
  ]);
  const status = attempt(() => parseEndpointStatus(statuses.stdout)[0], undefined);
  if (status === undefined) return down;
  const members = attempt(() => parseMemberList(list.stdout).members, []);
  const url = clientUrl(await clusterEnvironment(layout, host), host);
  return {
    ...row,
    memberId: status.memberId,
    clusterId: status.clusterId,
    started: members.some(({ id, name }) => id === status.memberId && name !== ''),
    leader: status.leader === status.memberId,
    healthy: attempt(() => parseEndpointHealth(health.stdout).get(url) === true, false),
    version: status.version,
    listed: members.length,
  };
}

/** Asks every member, and the record in Consul, what cluster there is. */
export async function viewCluster(layout: Layout, state: LabState): Promise<ClusterView> {
  const members = state.hosts.filter(({ role }) => role === 'etcd');
  const rows = await Promise.all(members.map((host) => rowOf(layout, host)));
  let record: RecordShape | undefined;
  for (const host of state.hosts.filter(isUp)) record ??= await readRecord(host, state.cluster.name);
  const peers = (record?.members ?? []).map((member) => ({ peerUrls: [member.peer_url] }));
  const predicted = record === undefined ? '' : clusterId(peers, record.token);
  const actual = [...new Set(rows.map((row) => row.clusterId).filter(Boolean))];
  return {
    rows,
    predicted,
    recorded: record?.cluster_id ?? '',
    actual,
    one:
      members.length === state.cluster.size &&
      rows.every((row) => row.started && row.healthy && row.listed === members.length && row.clusterId === predicted) &&
      rows.filter(({ leader }) => leader).length === 1,
  };
}
