import { execFileSync } from 'node:child_process';
import { clusterIdAt } from '../shared/etcd.ts';
import { type Identity, loadIdentity, readMachineId, saveIdentity } from '../shared/identity.ts';
import { say } from '../shared/say.ts';
import type { Settings } from '../shared/settings.ts';
import { NotYet, persist } from './persist.ts';

/** Ends etcd. systemd starts it again, and its gate decides anew. */
export function stopEtcd(): void {
  const pid = Number(execFileSync('systemctl', ['show', '-P', 'MainPID', 'etcd.service'], { encoding: 'utf8' }));
  if (pid > 1) process.kill(pid, 'SIGTERM');
}

/** The gate finds the mark and moves the data aside before etcd runs again. */
function quarantine(settings: Settings, identity: Identity, running: string): never {
  saveIdentity(settings.dataDirectory, { ...identity, quarantined: running });
  stopEtcd();
  throw new NotYet(`etcd ran in cluster ${running}, predicted was ${identity.record?.cluster_id}: stopped it`);
}

/** The running cluster's ID, when it is the predicted one by the copy beside the data. */
export async function runningId(settings: Settings, identity: Identity): Promise<string> {
  const running = await clusterIdAt(settings, settings.address, settings.peerPort, 2000).catch((error: Error) => {
    throw new NotYet(`etcd does not answer at ${settings.address}:${settings.peerPort}: ${error.message}`);
  });
  if (identity.record !== undefined && running !== identity.record.cluster_id) quarantine(settings, identity, running);
  return running;
}

/**
 * For `discovery: srv`, where etcd itself has asked DNS: that it runs in the predicted cluster. Beside etcd, not after it:
 * with a wrong list it may never come to be ready.
 */
export async function assertCluster(settings: Settings): Promise<void> {
  await persist(async () => {
    const identity = loadIdentity(settings.dataDirectory, readMachineId());
    say(`member of cluster ${await runningId(settings, identity)}, as predicted`);
  });
}
