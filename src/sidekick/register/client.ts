import { createRecord, deregister, readCandidates, readKeys, register } from '../shared/consul.ts';
import { call, promoteMember, readMembership, toHex } from '../shared/etcd.ts';
import { ask } from '../shared/http.ts';
import { clearLaunchMark, type Identity, loadIdentity, readMachineId } from '../shared/identity.ts';
import { say } from '../shared/say.ts';
import { addressIn, type Settings, tagOf } from '../shared/settings.ts';
import { runningId, stopEtcd } from './assert.ts';
import { NotYet, persist } from './persist.ts';
import { putServerRecord, serviceId } from './server.ts';

/**
 * That the record in Consul says the same; published again when Consul has lost it. Where an operator has put another
 * cluster in this one's place, etcd is stopped: its gate, which may have found no Consul at boot, refuses it then.
 */
async function verify(settings: Settings, identity: Identity, running: string): Promise<void> {
  const own = identity.record;
  const { record: agreed, modified } = (await readKeys(settings.cluster)).value;
  // Of before an operator's reset: it was published again after Consul had lost the one of now.
  const isOlder = agreed !== undefined && own !== undefined && agreed.generation < own.generation;
  if (agreed !== undefined && !isOlder && running !== agreed.cluster_id) {
    await deregister(serviceId(settings, 'client'));
    if (own !== undefined && agreed.generation > own.generation) stopEtcd();
    throw new NotYet(
      `etcd runs in cluster ${running}, the record in Consul is of ${agreed.cluster_id}: not registered`,
    );
  }
  if (agreed !== undefined && !isOlder) return;
  if (own === undefined) {
    throw new NotYet(`no record says that cluster ${running} is the right one: not registered for clients`);
  }
  await createRecord(settings.cluster, own, modified);
  throw new NotYet('the record was not in Consul; it has been published again');
}

function notYet(what: string) {
  return (error: Error): never => {
    throw new NotYet(`${what}: ${error.message}`);
  };
}

/** A learner gets its vote as soon as it has caught up. */
async function promote(settings: Settings, { record }: Identity): Promise<void> {
  const status = await call<Status>(settings, settings.address, 'maintenance/status', {}, 3000).catch(
    notYet('etcd does not tell its state'),
  );
  if (!status.isLearner) return;
  // A learner answers no reads, and members that came later than the record are in Consul's answers only.
  const candidates = await readCandidates(settings, 3000).catch(() => undefined);
  const addresses = [
    ...(candidates?.value.map(({ address }) => address) ?? []),
    ...(record?.members.map((member) => addressIn(member.peer_url)) ?? []),
  ];
  const { via } = await readMembership(settings, [...new Set(addresses)], 3000).catch(
    notYet('no healthy quorum answers'),
  );
  const id = toHex(status.header.member_id);
  await promoteMember(settings, via, id).catch(notYet(`learner ${id} has no vote yet`));
  say(`promoted: member ${id} votes`);
}

interface Status {
  header: { member_id: string };
  isLearner?: boolean;
}

/** etcd's own word that it serves: over plain http on loopback, for Consul shows no client certificate. */
function healthUrl(settings: Settings): string {
  return `http://127.0.0.1:${settings.metricsPort}/health`;
}

async function assertHealthy(settings: Settings): Promise<void> {
  const { status, body } = await ask(healthUrl(settings), { timeout: 3000 }).catch(
    notYet('etcd does not tell its health'),
  );
  if (status !== 200) throw new NotYet(`etcd is not healthy: ${body.trim().slice(0, 200)}`);
}

export async function registerClient(settings: Settings): Promise<void> {
  let id = '';
  await persist(async () => {
    const identity = loadIdentity(settings.dataDirectory, readMachineId());
    id = await runningId(settings, identity);
    // There is data here from now on, whatever else may be in doubt.
    await putServerRecord(settings);
    await promote(settings, identity);
    await verify(settings, identity, id);
    await assertHealthy(settings);
    clearLaunchMark(settings.dataDirectory);
    await register({
      ID: serviceId(settings, 'client'),
      Name: 'etcd3',
      // The second by itself is a name that has no `_`: `CLUSTER.etcd3.service…`.
      Tags: [tagOf(settings, 'client'), settings.cluster],
      Address: settings.address,
      Port: settings.clientPort,
      Meta: { cid: id },
      Check: {
        CheckID: `${serviceId(settings, 'client')}-health`,
        Name: 'etcd serves clients',
        HTTP: healthUrl(settings),
        Interval: '2s',
        Timeout: '2s',
        // So it was a moment ago; without it the record would be missing until the first check.
        Status: 'passing',
      },
    });
  });
  say(`member of cluster ${id}, as predicted; registered ${serviceId(settings, 'client')}`);
}
