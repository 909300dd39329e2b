import { deregister, localServices, register, removeFormerNode } from '../shared/consul.ts';
import { hasWal, loadIdentity, readMachineId } from '../shared/identity.ts';
import { say } from '../shared/say.ts';
import { type Settings, tagOf } from '../shared/settings.ts';
import { persist } from './persist.ts';

export function serviceId(settings: Settings, type: 'server' | 'client'): string {
  return `${settings.name}-${type}`;
}

/**
 * The server record: this host is there. No check depends on etcd, which does not run before all are there; a dead
 * host leaves the answers by Consul's own node check.
 */
export async function putServerRecord(settings: Settings): Promise<void> {
  const wal = hasWal(settings.dataDirectory);
  const identity = loadIdentity(settings.dataDirectory, readMachineId());
  await register({
    ID: serviceId(settings, 'server'),
    Name: 'etcd3',
    Tags: [tagOf(settings, 'server')],
    Address: settings.address,
    Port: settings.peerPort,
    Meta: {
      incarnation: identity.incarnation,
      // Launched without data: about to start, or the data is gone.
      state: wal ? 'member' : identity.phase === 'launched' ? 'launched' : 'empty',
      size: String(settings.size),
      scheme: settings.scheme,
      cid: identity.record?.cluster_id ?? '',
    },
  });
}

/** What the agent still holds of this cluster under another name of this host, or from another disk. */
async function removeLeftovers(settings: Settings): Promise<void> {
  const keep = [serviceId(settings, 'server')];
  if (hasWal(settings.dataDirectory)) keep.push(serviceId(settings, 'client'));
  for (const { ID, Service, Tags } of await localServices()) {
    const ours = Tags?.some((tag) => tag.startsWith('_etcd-') && tag.endsWith(`._tcp.${settings.cluster}`)) ?? false;
    if (Service !== 'etcd3' || !ours || keep.includes(ID)) continue;
    await deregister(ID);
    say(`removed ${ID}, which is no longer this host`);
  }
}

export async function registerServer(settings: Settings): Promise<void> {
  await persist(async () => {
    await removeLeftovers(settings);
    await putServerRecord(settings);
    if (!(await removeFormerNode(settings.name, settings.address))) return;
    say('removed what this host was in Consul before its disk was wiped');
    // Registering again makes the agent tell the catalog at once.
    await putServerRecord(settings);
  });
  say(`registered ${serviceId(settings, 'server')} at ${settings.address}:${settings.peerPort}`);
}
