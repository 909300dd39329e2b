import { createRecord, readRecord, register } from '../shared/consul.ts';
import { clusterIdAt } from '../shared/etcd.ts';
import { ask } from '../shared/http.ts';
import { clearLaunchMark, loadIdentity, readMachineId } from '../shared/identity.ts';
import { say } from '../shared/say.ts';
import { type Settings, tagOf } from '../shared/settings.ts';
import { NotYet, persist } from './persist.ts';
import { putServerRecord, serviceId } from './server.ts';

/** The running cluster's ID, when it is the predicted one: by the copy beside the data and by the record in Consul. */
async function verifiedId(settings: Settings): Promise<string> {
  const own = loadIdentity(settings.dataDirectory, readMachineId()).record;
  const running = await clusterIdAt(settings, settings.address, settings.peerPort, 2000).catch((error: Error) => {
    throw new NotYet(`etcd does not answer at ${settings.address}:${settings.peerPort}: ${error.message}`);
  });
  if (own !== undefined && running !== own.cluster_id) {
    throw new NotYet(`etcd runs in cluster ${running}, predicted was ${own.cluster_id}: not registered for clients`);
  }
  const agreed = (await readRecord(settings.cluster)).value;
  if (agreed !== undefined && running !== agreed.cluster_id) {
    throw new NotYet(
      `etcd runs in cluster ${running}, the record in Consul is of ${agreed.cluster_id}: not registered`,
    );
  }
  if (agreed === undefined && own === undefined) {
    throw new NotYet(`no record says that cluster ${running} is the right one: not registered for clients`);
  }
  // Consul lost its data, not we.
  if (agreed === undefined && own !== undefined) {
    await createRecord(settings.cluster, own);
    throw new NotYet('the record was not in Consul; it has been published again');
  }
  return running;
}

/** etcd's own word that it serves: over plain http on loopback, for Consul shows no client certificate. */
function healthUrl(settings: Settings): string {
  return `http://127.0.0.1:${settings.metricsPort}/health`;
}

async function assertHealthy(settings: Settings): Promise<void> {
  const { status, body } = await ask(healthUrl(settings), { timeout: 3000 }).catch((error: Error) => {
    throw new NotYet(`etcd does not tell its health: ${error.message}`);
  });
  if (status !== 200) throw new NotYet(`etcd is not healthy: ${body.trim().slice(0, 200)}`);
}

export async function registerClient(settings: Settings): Promise<void> {
  let id = '';
  await persist(async () => {
    id = await verifiedId(settings);
    await assertHealthy(settings);
    clearLaunchMark(settings.dataDirectory);
    await putServerRecord(settings);
    await register({
      ID: serviceId(settings, 'client'),
      Name: 'etcd3',
      Tags: [tagOf(settings, 'client')],
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
