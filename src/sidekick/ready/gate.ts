import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { putServerRecord } from '../register/server.ts';
import { awaitChange, ConsulError, createRecord } from '../shared/consul.ts';
import { loadIdentity, markLaunch, readMachineId, saveIdentity } from '../shared/identity.ts';
import { type ClusterRecord, initialCluster } from '../shared/record.ts';
import { say } from '../shared/say.ts';
import { discoveryDomain, type Settings } from '../shared/settings.ts';
import { type Decision, decide } from './decide.ts';
import { type Look, observe, probe } from './observe.ts';

const runtimeDirectory = process.env.RUNTIME_DIRECTORY ?? '/run/etcd';

async function consider(settings: Settings): Promise<{ look: Look; decision: Decision }> {
  const look = await observe(settings);
  const decision = decide(look);
  if (decision.do !== 'probe' || !look.candidates.known) return { look, decision };
  try {
    const probed = { ...look, probe: await probe(settings, look.candidates.value) };
    return { look, decision: decide(probed) };
  } catch (error) {
    return { look, decision: { do: 'wait', cause: (error as Error).message } };
  }
}

/** etcd's environment. Without a list the state stays `existing`, with which an etcd without data starts nothing. */
function writeDecision(environment: Record<string, string>): void {
  mkdirSync(runtimeDirectory, { recursive: true });
  const path = `${runtimeDirectory}/decision.env`;
  const lines = Object.entries(environment).map(([name, value]) => `${name}=${value}\n`);
  writeFileSync(`${path}.new`, lines.join(''));
  renameSync(`${path}.new`, path);
}

async function launch(settings: Settings, record: ClusterRecord): Promise<void> {
  const identity = loadIdentity(settings.dataDirectory, readMachineId());
  markLaunch(settings.dataDirectory);
  saveIdentity(settings.dataDirectory, { ...identity, phase: 'launched', record });
  const list =
    settings.discovery === 'srv'
      ? { ETCD_DISCOVERY_SRV: discoveryDomain(settings) }
      : { ETCD_INITIAL_CLUSTER: initialCluster(record) };
  writeDecision({ ...list, ETCD_INITIAL_CLUSTER_TOKEN: record.token, ETCD_INITIAL_CLUSTER_STATE: 'new' });
  // From now on this host is no candidate for another list, should Consul lose this one.
  await putServerRecord(settings).catch(ignoreConsul);
}

function ignoreConsul(error: unknown): void {
  if (!(error instanceof ConsulError)) throw error;
}

/** Creates the record unless there is one. Created or not: only reading it again tells. */
async function propose(settings: Settings, record: ClusterRecord): Promise<void> {
  try {
    await createRecord(settings.cluster, record);
  } catch (error) {
    if (!(error instanceof ConsulError)) throw error;
    say(`waiting: ${error.message}`);
    await sleep(250);
  }
}

/** Until something may have changed: Consul wakes us; DNS and peers cannot, they are looked at again after a pause. */
async function nap(settings: Settings, look: Look, pause: number): Promise<void> {
  const wakes = look.record.known && look.candidates.known && decide(look).do === 'wait';
  await (wakes ? awaitChange(settings, look.indexes).catch(() => sleep(pause)) : sleep(pause));
  // Consul may wake us for what is not ours.
  if (wakes && pause > 20) await sleep(50);
}

/** The readiness gate: returns only when etcd may start, having written how. Everything else is waiting. */
export async function gate(settings: Settings): Promise<void> {
  let cause = '';
  let pause = 0;
  for (;;) {
    const { look, decision } = await consider(settings);
    switch (decision.do) {
      case 'start':
        writeDecision({ ETCD_INITIAL_CLUSTER_STATE: 'existing' });
        // Consul lost its data, this host did not.
        if (look.record.known && look.record.value === undefined && look.self.record) {
          await createRecord(settings.cluster, look.self.record).catch(ignoreConsul);
        }
        return say('etcd has its data here: starting');
      case 'new':
        await launch(settings, decision.record);
        return say(`starting as one of ${decision.record.size} new members of cluster ${decision.record.cluster_id}`);
      case 'propose':
        await propose(settings, decision.record);
        break;
      case 'probe':
        break;
      default:
        say(`${decision.do === 'refuse' ? 'refusing' : 'waiting'}: ${decision.cause}`);
        // Soon at first, then less often.
        pause = decision.cause === cause ? Math.min(pause * 2, 1000) : 20;
        cause = decision.cause;
        await nap(settings, look, pause);
    }
  }
}
