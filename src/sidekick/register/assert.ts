import type { Ports } from '../shared/ports.ts';
import type { Settings } from '../shared/settings.ts';
import { NotYet, persist } from './persist.ts';

/**
 * For `discovery: srv`, where etcd itself has asked DNS: that it runs in the predicted cluster, which its own log tells. Beside
 * etcd, not after it: with a wrong list it may never come to be ready. The gate then moves that log aside.
 */
export async function assertCluster(_settings: Settings, ports: Ports): Promise<void> {
  const cluster = await persist(ports, () => Promise.resolve().then(() => predictedCluster(ports)));
  ports.say(`member of cluster ${cluster}, as predicted`);
}

function predictedCluster({ disk, etcd }: Ports): string {
  const data = disk.data();
  if (data.state !== 'log') throw new NotYet('etcd has no log here yet');
  const predicted = disk.identity().record?.cluster_id;
  if (predicted !== undefined && data.clusterId !== predicted) {
    etcd.stop();
    throw new NotYet(`etcd ran in cluster ${data.clusterId}, predicted was ${predicted}: stopped it`);
  }
  return data.clusterId;
}
