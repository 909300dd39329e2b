import { putRegistration, serviceId } from '../ready/registration.ts';
import type { Ports } from '../shared/ports.ts';
import type { Settings } from '../shared/settings.ts';
import { persist } from './persist.ts';

/** Registrations of this cluster that the agent still holds under another name of this host, or from another disk. */
async function removeLeftovers(settings: Settings, { consul, disk, say }: Ports): Promise<void> {
  const keep = [serviceId(settings, 'server')];
  if (disk.data().state === 'log') keep.push(serviceId(settings, 'client'));
  for (const { ID, Service, Tags } of await consul.services()) {
    // It was killed in between.
    const isSpare = ID === `${settings.name}-former`;
    const ours = isSpare || Tags.some((tag) => tag.startsWith('_etcd-') && tag.endsWith(`._tcp.${settings.cluster}`));
    if (Service !== 'etcd3' || !ours || keep.includes(ID)) continue;
    await consul.deregister(ID);
    say(`removed ${ID}, which is no longer this host`);
  }
}

export async function registerServer(settings: Settings, ports: Ports): Promise<void> {
  await persist(ports, async () => {
    await removeLeftovers(settings, ports);
    const isFreed = await ports.consul.removeFormerNode();
    if (isFreed) ports.say('removed what this host was in Consul before its disk was wiped');
    await putRegistration(settings, ports, isFreed);
  });
  ports.say(`registered ${serviceId(settings, 'server')} at ${settings.address}:${settings.peerPort}`);
}
