import { setTimeout as sleep } from 'node:timers/promises';
import { putServerRecord } from '../register/server.ts';
import { awaitChange, ConsulError, createRecord } from '../shared/consul.ts';
import { knows, type Member } from '../shared/etcd.ts';
import { hasWal, setAside } from '../shared/identity.ts';
import { say } from '../shared/say.ts';
import type { Settings } from '../shared/settings.ts';
import { decide } from './decide.ts';
import { launchExisting, launchNew, writeDecision } from './launch.ts';
import { Joining } from './membership.ts';
import { type Look, observe, probe } from './observe.ts';
import { type Decision, wait } from './observed.ts';

/** Looks, and at what costs time only when the decision asks for it. */
async function consider(settings: Settings, joining: Joining): Promise<{ look: Look; decision: Decision }> {
  let look = await observe(settings);
  let decision = decide(look);
  try {
    if (decision.do === 'probe') {
      look = { ...look, probe: await probe(settings, look) };
      decision = decide(look);
    } else if (decision.do === 'lock') {
      look = await joining.look(look);
      decision = decide(look);
    }
  } catch (error) {
    decision = wait((error as Error).message);
  }
  return { look, decision };
}

function ignoreConsul(error: unknown): void {
  if (!(error instanceof ConsulError)) throw error;
}

/**
 * A member that may answer and does not know yet that this one was added. etcd takes its list, and its own ID, from the
 * first that answers: that could be what this host was before.
 */
async function unawareOf(settings: Settings, members: Member[], id: string): Promise<string | undefined> {
  const asked = members.flatMap((member) =>
    member.id === id ? [] : member.peerUrls.map(async (url) => ((await knows(settings, url, id)) ? undefined : url)),
  );
  return (await Promise.all(asked)).find((url) => url !== undefined);
}

/** Carries a decision out: `done` when etcd may start, what to wait for, or undefined to look again at once. */
async function carryOut(settings: Settings, joining: Joining, look: Look, decision: Decision) {
  switch (decision.do) {
    case 'start':
      writeDecision({ ETCD_INITIAL_CLUSTER_STATE: 'existing' });
      // Consul lost its data, this host did not.
      if (look.record.known && look.record.value === undefined && look.self.record) {
        await createRecord(settings.cluster, look.self.record).catch(ignoreConsul);
      }
      say('etcd has its data here: starting');
      return 'done';
    case 'new':
    case 'existing': {
      const { record } = decision;
      const unaware = decision.do === 'existing' && (await unawareOf(settings, decision.members, decision.memberId));
      if (unaware) return `waiting: ${unaware} does not list this host yet`;
      try {
        if (decision.do === 'new') launchNew(settings, record);
        else launchExisting(settings, record, decision.memberId, decision.members);
      } catch (error) {
        return `waiting: cannot start: ${(error as Error).message}`;
      }
      // From now on this host is no candidate for another list, should Consul lose this one.
      await putServerRecord(settings).catch(ignoreConsul);
      await joining.release();
      const as = decision.do === 'new' ? `one of ${record.size} new members` : `member ${decision.memberId}`;
      say(`starting as ${as} of cluster ${record.cluster_id}`);
      return 'done';
    }
    case 'propose':
      // Created or not: only reading it again tells.
      try {
        await createRecord(settings.cluster, decision.record);
        return undefined;
      } catch (error) {
        ignoreConsul(error);
        return `waiting: ${(error as Error).message}`;
      }
    case 'remove':
    case 'add': {
      const refused = await joining.change(decision, look);
      return refused && `waiting: ${refused}`;
    }
    case 'set-aside':
      setAside(settings.dataDirectory, look.self.quarantined ?? look.self.memberId ?? 'unknown');
      say(`moved the data here aside: ${decision.why}`);
      await putServerRecord(settings).catch(ignoreConsul);
      return undefined;
    case 'probe':
    case 'lock':
      return undefined;
    default:
      return `${decision.do === 'refuse' ? 'refusing' : 'waiting'}: ${decision.cause}`;
  }
}

/** Until something may have changed: Consul wakes us; DNS, peers and members cannot, they are asked after a pause. */
async function nap(settings: Settings, look: Look, pause: number): Promise<void> {
  const asked =
    look.probe !== undefined || look.membership !== undefined || ['probe', 'lock'].includes(decide(look).do);
  const wakes = look.record.known && look.candidates.known && !asked;
  await (wakes ? awaitChange(settings, look.indexes).catch(() => sleep(pause)) : sleep(pause));
  // Consul may wake us for what is not ours.
  if (wakes && pause > 20) await sleep(50);
}

/** The readiness gate: returns only when etcd may start, having written how. Everything else is waiting. */
export async function gate(settings: Settings): Promise<void> {
  const joining = new Joining(settings);
  // Its data may have gone since this host registered.
  if (!hasWal(settings.dataDirectory)) await putServerRecord(settings).catch(ignoreConsul);
  let last = '';
  let pause = 0;
  for (;;) {
    const { look, decision } = await consider(settings, joining);
    const outcome = await carryOut(settings, joining, look, decision);
    if (outcome === 'done') return;
    if (outcome === undefined) continue;
    say(outcome);
    await joining.release();
    // Soon at first, then less often; a cluster is asked less often than Consul.
    pause = outcome === last ? Math.min(pause * 2, look.membership ? 4000 : 1000) : 20;
    last = outcome;
    await nap(settings, look, pause);
  }
}
