import { launchKey, recordKey } from '../shared/keys.ts';
import type { Member, Ports } from '../shared/ports.ts';
import { type ClusterRecord, lineageOf, membersOf } from '../shared/record.ts';
import type { Settings } from '../shared/settings.ts';
import { believe } from './believe.ts';
import { spend, startExisting, startNew } from './launch.ts';
import { Joining } from './membership.ts';
import { goneBy, ifKnown, isAgreed, type Look, observe, probe } from './observe.ts';
import { type Decision, type Peer, type Probe, wait } from './observed.ts';
import { publishLost, recordOf } from './publish.ts';
import { orCause, putRegistration } from './registration.ts';
import { isNobody } from './roll.ts';
import { RULES, type Rules } from './rules.ts';

/** The gate has to end for what it waits for to be seen: systemd starts it again, in a mount namespace of its own. */
export class Again extends Error {}

/** The probe by which a record was made, of the look that comes next. */
const askedBy = (decision: Decision, { probe }: Look) => (decision.do === 'propose' ? probe : undefined);

/**
 * Looks, and at what costs time only when the decision asks for it.
 *
 * @param asked what the hosts said just before this one made a record of them, so before any member of it can have run
 */
async function consider(
  settings: Settings,
  ports: Ports,
  joining: Joining,
  rules: Rules,
  asked: Probe | undefined,
): Promise<[Look, Decision]> {
  const { decide } = rules;
  let look = await observe(settings, ports, joining.silence, rules);
  let decision = decide(look);
  try {
    // The probe may find a reason to join.
    if (decision.do === 'probe') {
      look = { ...look, probe: (isAgreed(look) && asked) || (await probe(settings, ports, look)) };
      decision = decide(look);
    }
    if (decision.do === 'lock') {
      look = await joining.look(look);
      decision = decide(look);
    }
  } catch (error) {
    decision = wait((error as Error).message);
  }
  return [look, decision];
}

/**
 * A member that may answer and does not know yet that this one was added. etcd takes its list, and its own ID, from the
 * first that answers: that could be what this host was before.
 */
async function unawareOf({ etcd }: Ports, members: Member[], id: string): Promise<string | undefined> {
  const knows = (url: string) =>
    etcd.peer(url, 1000).then((list) => list.members.some((member) => member.id === id), isNobody);
  const urls = members.flatMap((member) => (member.id === id ? [] : member.peerUrls));
  const asked = await Promise.all(urls.map(async (url) => ((await knows(url)) ? undefined : url)));
  return asked.find((url) => url !== undefined);
}

/** Another who listens where this host's etcd, which does not run yet, is to listen: it cannot start until that has gone. */
async function occupied({ etcd }: Ports, url: string): Promise<string> {
  const says = await etcd.peer(url, 500).then(
    ({ clusterId }) => `as cluster ${clusterId}`,
    (error: NodeJS.ErrnoException) => (isNobody(error) || error.code === 'EADDRNOTAVAIL' ? '' : error.message),
  );
  return says && `; but something else listens at ${url} (${says}), so etcd cannot yet`;
}

/** Starts etcd from an empty log, if that may be done. */
async function launch(
  settings: Settings,
  ports: Ports,
  joining: Joining,
  decision: Extract<Decision, { do: 'new' | 'existing' }>,
) {
  const { record, memberId } = decision;
  const unaware = decision.do === 'existing' && (await unawareOf(ports, decision.members, memberId));
  if (unaware) return `waiting: ${unaware} does not list this host yet`;
  try {
    if (!(await spend(settings, ports, decision))) {
      joining.disown();
      return `waiting: ${launchKey(settings.cluster, lineageOf(record), memberId)} does not say that this launch is its own`;
    }
    if (decision.do === 'new') startNew(settings, ports, decision);
    else startExisting(settings, ports, memberId, decision.members);
  } catch (error) {
    return `waiting: cannot start: ${(error as Error).message}`;
  }
  await joining.release();
  const as = decision.do === 'new' ? `one of ${record.size} new members` : `member ${memberId}`;
  ports.say(`starting as ${as} of cluster ${record.cluster_id}`);
  return 'done';
}

/** Whether it is this host's own registration, as it has to be. */
const isOwn = ({ self }: Look, { meta, peerUrl }: Peer) =>
  meta.incarnation === self.incarnation && peerUrl === self.peerUrl;

/** That the data is here, which may have been missing, and the record, should Consul have lost it: by these the others start. */
async function tell(settings: Settings, ports: Ports, look: Look): Promise<void> {
  const { self, keys, candidates, proven, date } = look;
  // Only of an agent that answers: this process does not end before what it has asked for.
  if (!keys.known || !candidates.known || self.data.state !== 'log') return;
  if (!candidates.value.some((peer) => isOwn(look, peer) && peer.meta.state === 'member')) {
    await putRegistration(settings, ports, true);
  }
  if (!self.record) return;
  const record = recordOf(self.data.clusterId, self.record, keys.value, proven, date);
  if (record) await publishLost(settings, ports, keys.value, record);
}

/** Whatever was to be launched from this disk, in this cluster it joins from now on. */
function forgetLaunch({ disk, random }: Ports, record: ClusterRecord): void {
  disk.saveIdentity({ ...disk.identity(), phase: 'launched', record, nonce: random() });
}

/** Once it has been seen the disk keeps it: when it is looked at again, Consul may be out of reach. */
export function keepProof({ disk }: Ports, replaced: ClusterRecord): void {
  ifKnown(() => {
    const identity = disk.identity();
    if (identity.record && identity.replaced?.cluster_id !== replaced.cluster_id)
      disk.saveIdentity({ ...identity, replaced });
  });
}

/**
 * A host that its members have shown a cluster of its spec founds no other, whatever becomes of Consul: it, and what it says of itself to the
 * others, would look like a host of a cluster to be.
 */
async function remember(settings: Settings, ports: Ports, look: Look): Promise<void> {
  const { self, roll } = look;
  const record = goneBy(look);
  if (record === undefined || self.record || self.seen || self.data.state === 'log' || !roll?.known) return;
  if (!believe(look, roll.value, record.cluster_id, [self.peerUrl]).known) return;
  ifKnown(() => ports.disk.saveIdentity({ ...ports.disk.identity(), seen: lineageOf(record) }));
  await orCause(putRegistration(settings, ports));
}

/** Moves the data here out of etcd's way, and keeps what stays true of its launch. */
function setAside({ disk }: Ports, { self: { record, nonce, data, place, here } }: Look, as: string): void {
  disk.setAside(as);
  // The data that was launched is found: it is missing no longer, wherever it once lay.
  if (place?.memberId === as) disk.savePlace({ ...place, ...here });
  // The log was of a cluster that never should have been: this launch has still had none.
  if (data.state === 'log' && record && data.clusterId !== record.cluster_id && nonce) disk.setMark(nonce);
}

/** Carries a decision out: `done` when etcd may start, what to wait for, or undefined to look again at once. */
async function carryOut(settings: Settings, ports: Ports, joining: Joining, look: Look, decision: Decision) {
  const { consul, disk, say } = ports;
  switch (decision.do) {
    case 'start':
      disk.decide({ ETCD_INITIAL_CLUSTER_STATE: 'existing' });
      // Others may wait for this, and this host does not.
      await Promise.race([orCause(tell(settings, ports, look)), ports.clock.sleep(500)]);
      say(
        `etcd has its data here: starting${decision.below ? `, but ${decision.below}` : ''}${await occupied(ports, look.self.peerUrl)}`,
      );
      return 'done';
    case 'new':
    case 'existing':
      return launch(settings, ports, joining, decision);
    case 'propose': {
      // Created or not: only reading it again tells.
      const text = JSON.stringify(decision.record);
      const identity = disk.identity();
      const agreed = membersOf(decision.record);
      if (identity.phase === 'fresh' && identity.agreed !== agreed) disk.saveIdentity({ ...identity, agreed });
      const refused = await orCause(consul.put(recordKey(settings.cluster), text, 0));
      return refused && `waiting: ${refused}`;
    }
    case 'remove':
    case 'add':
    case 'update': {
      // Once it is removed nobody can tell that it ran: it must not look as if it never had.
      if (decision.do === 'remove' && decision.own) forgetLaunch(ports, decision.own);
      const refused = await joining.change(decision, look);
      if (refused) return `waiting: ${refused}`;
      if (decision.do === 'update') disk.saveIdentity({ ...disk.identity(), peerUrl: look.self.peerUrl });
      return undefined;
    }
    case 'set-aside':
      setAside(ports, look, decision.as);
      say(`moved the data here aside: ${decision.why}`);
      await orCause(putRegistration(settings, ports));
      return undefined;
    case 'probe':
    case 'lock':
      return undefined;
    case 'again':
      return decision.cause;
    case 'refuse':
      if (decision.replaced) keepProof(ports, decision.replaced);
      return `refusing: ${decision.cause}`;
    default:
      return `waiting: ${decision.cause}`;
  }
}

/** Until something may have changed: Consul wakes us; DNS, peers and members cannot, they are asked after a pause. */
async function nap({ consul, clock }: Ports, look: Look, decision: Decision, pause: number): Promise<void> {
  // Whoever waits for its turn by pauses alone may meet the other's every time: they are as long.
  const asked = look.probe !== undefined || (look.roll !== undefined && !look.isBusy) || decision.do === 'again';
  const wakes = look.keys.known && look.candidates.known && !asked;
  const since = clock.now();
  await (wakes ? consul.change(look.indexes).catch(() => clock.sleep(pause)) : clock.sleep(pause));
  // Consul may wake us for what is not ours, again and again.
  const early = since + 50 - clock.now();
  if (wakes && pause > 20 && early > 0) await clock.sleep(early);
}

/** A server that says that it is done, and shows the same as before, is not asked without a pause for ever. */
async function rest({ clock }: Ports, turns: number): Promise<void> {
  if (turns > 10) await clock.sleep(1000);
}

/** The readiness gate: returns only when etcd may start, having written how. Everything else is waiting. */
export async function gate(settings: Settings, ports: Ports, rules = RULES): Promise<void> {
  const joining = new Joining(settings, ports);
  const began = ports.clock.now();
  let told = began;
  // Its data may have gone since this host registered.
  if (ports.disk.data().state !== 'log') await orCause(putRegistration(settings, ports));
  let said: string[] = [];
  let pause = 0;
  let turns = 0;
  let asked: Probe | undefined;
  for (;;) {
    const [look, decision] = await consider(settings, ports, joining, rules, asked);
    await remember(settings, ports, look);
    const outcome = await carryOut(settings, ports, joining, look, decision);
    if (outcome === 'done') return;
    asked = undefined;
    if (outcome === undefined) {
      asked = askedBy(decision, look);
      turns += 1;
      await rest(ports, turns);
      continue;
    }
    turns = 0;
    ports.say(outcome);
    await joining.release();
    const { candidates, self } = look;
    const isHere = !candidates.known || candidates.value.some((peer) => isOwn(look, peer));
    // Its volume has been mounted since, somebody has removed it from the catalog, or what was asked of the agent at another address came late.
    if (self.data.state !== 'log' && !isHere && ports.clock.now() - told >= 500) {
      await orCause(putRegistration(settings, ports, true));
      told = ports.clock.now();
    }
    if (decision.do === 'again' && ports.clock.now() - began > 60_000) throw new Again(outcome);
    // Soon at first, then less often, also where causes take turns; a cluster is asked less often than Consul.
    pause = said.includes(outcome) ? Math.min(pause * 2, look.roll ? 4000 : 1000) : 20;
    said = [outcome, ...said].slice(0, 8);
    await nap(ports, look, decision, pause);
  }
}
