import { randomBytes, randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { consulPort } from '../../sidekick/host/consul.ts';
import { memberId } from '../../sidekick/shared/cluster-id.ts';
import type { Identity } from '../../sidekick/shared/identity.ts';
import { launchKey } from '../../sidekick/shared/keys.ts';
import type { ConsulPort, Member, Ports } from '../../sidekick/shared/ports.ts';
import { type ClusterRecord, makeRecord } from '../../sidekick/shared/record.ts';
import { readSettings, type Settings } from '../../sidekick/shared/settings.ts';

/** A host without a machine: its disk is in memory, its etcd says what it ought to, and Consul is the real one. */
export interface SimulatedHost {
  settings: Settings;
  consul: ConsulPort;
  ports: Ports;
  identity: Identity;
}

export type Exchange = NonNullable<Parameters<typeof consulPort>[3]>;

const SIZE = 3;

/** Hosts of the cluster with this number, whose names and addresses nobody else has. */
export function hostsOf(kind: string, cluster: number, connect: (settings: Settings) => ConsulPort): SimulatedHost[] {
  return Array.from({ length: SIZE }, (_, index) => {
    const name = `${kind}-${cluster}-${index + 1}`;
    const settings = readSettings({
      QG_CLUSTER: `${kind}-${cluster}`,
      QG_SIZE: String(SIZE),
      QG_SCHEME: 'http',
      QG_DATACENTER: 'dc1',
      QG_DOMAIN: 'consul',
      QG_PEER_PORT: '2380',
      QG_CLIENT_PORT: '2379',
      QG_METRICS_PORT: '2381',
      QG_DATA_DIR: '/var/lib/etcd',
      QG_DISCOVERY: 'committed',
      QG_REPLACE_DEAD_AFTER: '60',
      QG_NAME: name,
      QG_ADDRESS: `10.${kind === 'waiting' ? 100 + (cluster >> 8) : cluster >> 8}.${cluster & 255}.${index + 1}`,
    });
    const identity: Identity = {
      incarnation: randomUUID(),
      machineId: randomBytes(16).toString('hex'),
      phase: 'fresh',
    };
    const consul = connect(settings);
    return { settings, consul, identity, ports: portsOf(consul, identity, undefined) };
  });
}

/** Ports of a host; with `runs` etcd runs on it. */
function portsOf(
  consul: ConsulPort,
  kept: Identity,
  runs: { record: ClusterRecord; members: Member[] } | undefined,
): Ports {
  let identity = kept;
  const never = (what: string) => (): never => {
    throw new Error(`a simulated host does not ${what}`);
  };
  const own = runs?.members.find(({ id }) => id === identity.memberId);
  const data =
    runs && own
      ? ({ state: 'log', clusterId: runs.record.cluster_id, memberId: own.id } as const)
      : ({ state: 'nothing' } as const);
  return {
    consul,
    etcd: {
      own: () => {
        if (!runs || !own) return Promise.reject(new Error('no etcd runs here'));
        return Promise.resolve({
          clusterId: runs.record.cluster_id,
          members: runs.members,
          memberId: own.id,
          isLearner: false,
          linear: true,
        });
      },
      healthy: () => Promise.resolve('whole'),
      peer: never('ask peers'),
      list: never('ask members'),
      add: never('join'),
      remove: never('join'),
      promote: never('join'),
      update: never('move'),
      stop: never('stop'),
    },
    disk: {
      data: () => data,
      loggedAt: () => undefined,
      identity: () => identity,
      saveIdentity: (next) => {
        identity = next;
      },
      machineId: () => identity.machineId,
      here: () => ({ location: '8:1 /var/lib/etcd', mounted: false }),
      place: () => undefined,
      savePlace: () => undefined,
      mark: () => undefined,
      setMark: never('launch'),
      setAside: never('move data'),
      decide: never('start'),
      restore: never('restore'),
      unfit: () => Promise.resolve(undefined),
    },
    dns: { srv: never('ask DNS'), flaw: () => Promise.resolve(''), countOverTcp: never('ask DNS') },
    clock: { now: () => performance.now(), date: () => Math.floor(Date.now() / 1000), sleep: (ms) => sleep(ms) },
    say: () => undefined,
    random: () => randomUUID(),
  };
}

/** Makes a running cluster of these hosts, as a birth leaves it: with a record, and launches that were spent. */
export function born(hosts: readonly SimulatedHost[]): Promise<SimulatedHost[]> {
  const url = ({ address }: Settings) => `http://${address}:2380`;
  const record = makeRecord(
    hosts.map(({ settings, identity }) => ({
      name: settings.name,
      incarnation: identity.incarnation,
      peer_url: url(settings),
    })),
    randomUUID(),
    Math.floor(Date.now() / 1000),
  );
  const members = hosts.map(({ settings }) => ({
    id: memberId(url(settings), record.token),
    name: settings.name,
    peerUrls: [url(settings)],
    clientUrls: [`http://${settings.address}:2379`],
    isLearner: false,
  }));
  return Promise.all(
    hosts.map(async ({ settings, consul, identity: fresh }, index) => {
      const nonce = randomUUID();
      const id = members[index]?.id ?? '';
      const identity: Identity = { ...fresh, phase: 'launched', record, memberId: id, peerUrl: url(settings), nonce };
      await consul.put(launchKey(settings.cluster, record.cluster_id, id), JSON.stringify({ nonce, log: false }), 0);
      return { settings, consul, identity, ports: portsOf(consul, identity, { record, members }) };
    }),
  );
}
