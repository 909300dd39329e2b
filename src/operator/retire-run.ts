import type { OperatorKey } from '../io/operator-key.ts';
import { visible } from '../sidekick/host/text.ts';
import { listKey, retiredKey, sortKeys } from '../sidekick/shared/keys.ts';
import type { List, Membership } from '../sidekick/shared/ports.ts';
import { retiredText } from '../sidekick/shared/proof.ts';
import type { Settings } from '../sidekick/shared/settings.ts';
import { readCluster } from './cluster.ts';
import type { Dialogue } from './confirm.ts';
import type { OperatorPorts } from './host/ports.ts';
import { handOn } from './member.ts';
import { OperatorError, refusal } from './operator-error.ts';
import { planRetire, type Retirement } from './retire.ts';
import { withConsul } from './with-consul.ts';

/** Milliseconds: how long an election may take, and a removal be refused. */
const PATIENCE = 20_000;

/** Milliseconds after which the lock itself lets whoever waits go on: a foreign holder delays, and does not block. */
const LONGEST_LOCK = 330_000;

export interface RetireChoice {
  /** Name or ID of the member. */
  name: string;
  /** Where Consul has several. */
  lineage?: string | undefined;
  /** Signs the mark, which then counts at once, whatever list a host may see. */
  key?: OperatorKey | undefined;
  /** Milliseconds. */
  patience?: number | undefined;
}

type Planned = Retirement & { lineage: string | undefined };

async function planNow(settings: Settings, ports: OperatorPorts, name: string, lineage?: string): Promise<Planned> {
  const view = await readCluster(settings, ports, lineage);
  const planned = planRetire(view, settings, name);
  if ('refused' in planned) throw refusal(`cannot retire ${visible(name)}`, planned.refused);
  return { ...planned.plan, lineage: view.known.lineage };
}

/** Says what retiring a member would do, asks, looks again under the lock of the membership, and does it. */
export function retire(
  settings: Settings,
  ports: OperatorPorts,
  { name, lineage, key, patience = PATIENCE }: RetireChoice,
  { say, confirm }: Dialogue,
): Promise<void> {
  return withConsul(async () => {
    const first = await planNow(settings, ports, name, lineage);
    for (const line of first.lines) say(line);
    await confirm(settings.cluster);
    const session = await lock(ports, say);
    try {
      const plan = await planNow(settings, ports, first.member.id, lineage);
      if (plan.incarnation !== first.incarnation || plan.size !== first.size) {
        throw new OperatorError(
          'something has changed since the plan was shown; nothing was changed by this command',
          'Run the command again: it reads everything anew.',
        );
      }
      if (plan.successor !== undefined) await handOn(ports, plan.member, plan.successor, say);
      await new Removal(settings, ports, plan, key, patience).run(say);
    } finally {
      // Consul ends it by itself soon.
      await ports.consul.release(session).catch(() => {});
    }
  });
}

/** Keeps hosts from joining meanwhile. */
async function lock({ consul, clock, random }: OperatorPorts, say: (line: string) => void): Promise<string> {
  const owner = `operator-${random()}`;
  let isSaid = false;
  // Soon at first, then less often: Consul is asked twice each time.
  let pause = 200;
  for (const end = clock.now() + LONGEST_LOCK; clock.now() < end; await clock.sleep(pause)) {
    pause = Math.min(pause * 2, 2000);
    const session = await consul.acquire(owner);
    if (session !== undefined) return session;
    if (!isSaid) say('a host is joining, or another holds the lock of the membership: waiting, 5 minutes at most');
    isSaid = true;
  }
  throw new OperatorError(
    `cannot retire a member: others have changed the members for ${LONGEST_LOCK / 1000} s; nothing was changed`,
    'See who joins: quorumgate member list. Then run the command again.',
  );
}

/** The mark first: between removal and mark the host would join again. */
class Removal {
  readonly #settings: Settings;
  readonly #ports: OperatorPorts;
  readonly #plan: Planned;
  readonly #key: OperatorKey | undefined;
  readonly #patience: number;

  constructor(settings: Settings, ports: OperatorPorts, plan: Planned, key: OperatorKey | undefined, patience: number) {
    this.#settings = settings;
    this.#ports = ports;
    this.#plan = plan;
    this.#key = key;
    this.#patience = patience;
  }

  async run(say: (line: string) => void): Promise<void> {
    const { etcd, clock } = this.#ports;
    const { member, via, afterwards } = this.#plan;
    const name = member.name || member.id;
    const mark = await this.#mark();
    let cause = '';
    // A change of members is refused for some seconds after the last one, or after an election.
    for (const end = clock.now() + this.#patience; clock.now() < end; await clock.sleep(500)) {
      const refused = await etcd.remove(via, member.id).then(
        () => '',
        (error: Error) => error.message,
      );
      cause = refused || cause;
      const list = await this.#list();
      if (list === undefined || list.members.some(({ id }) => id === member.id)) continue;
      say(`removed: ${name} (${member.id}) is a member no more`);
      say(
        `the members are ${list.members
          .map((one) => one.name || one.id)
          .sort()
          .join(', ')}`,
      );
      await this.#agree(list, say);
      say(afterwards);
      return;
    }
    if ((await this.#list()) === undefined) {
      throw new OperatorError(
        `nobody knows whether ${name} was removed: no quorum answers (${cause})`,
        `${mark === undefined ? '' : 'Its disk is marked as retired. '}When the cluster answers again, run the command again.`,
      );
    }
    if (mark !== undefined) await this.#ports.consul.remove(mark.key, mark.modified);
    throw new OperatorError(
      `the cluster does not remove ${name}: ${cause}${mark === undefined ? '' : '; the mark on its disk was taken back'}`,
      'See quorumgate member list, then run the command again.',
    );
  }

  /** The members by the log; undefined when no quorum says. */
  #list(): Promise<Membership | undefined> {
    return this.#ports.etcd.list(this.#plan.via, PATIENCE).catch(() => undefined);
  }

  /** Marks the disk; the version of the mark, or undefined when nobody knows which disk it is. */
  async #mark(): Promise<{ key: string; modified: number } | undefined> {
    const { consul } = this.#ports;
    const { cluster } = this.#settings;
    const { incarnation, member } = this.#plan;
    if (incarnation === undefined) return undefined;
    const key = retiredKey(cluster, incarnation);
    const proof = this.#key?.sign(retiredText(cluster, incarnation, member.id));
    const value = JSON.stringify({ name: member.name, member: member.id, proof });
    const find = async () => (await consul.keys()).value.find((entry) => entry.key === key);
    await consul.put(key, value, (await find())?.modified ?? 0);
    const there = await find();
    if (there?.value === value) return { key, modified: there.modified };
    throw new OperatorError(
      `${key} could not be written: another has changed it at this moment; nothing was removed`,
      'Run the command again.',
    );
  }

  /** From now on so many are agreed: no host takes the place for having been booted for more. */
  async #agree({ clusterId, members }: Membership, say: (line: string) => void): Promise<void> {
    const { consul } = this.#ports;
    const { cluster } = this.#settings;
    const { lineage } = this.#plan;
    if (lineage === undefined) return;
    const key = listKey(cluster, lineage);
    const rows = members.map(({ id, name, peerUrls, isLearner }) => ({
      id,
      name,
      peer_urls: peerUrls,
      learner: isLearner,
    }));
    const size = members.filter(({ isLearner }) => !isLearner).length;
    const list: List = { cluster_id: clusterId, members: rows.sort((a, b) => (a.id < b.id ? -1 : 1)), size };
    const value = JSON.stringify(list);
    // Members publish it too.
    for (let left = 5; left > 0; left--) {
      const { value: entries } = await consul.keys();
      const there = sortKeys(cluster, entries).lists.get(lineage);
      // Of old nobody published any.
      if (there === undefined) return;
      if (there.list.cluster_id === clusterId && there.list.size <= size) return;
      await consul.put(key, value, there.entry.modified);
    }
    say(`${key} still says that ${size + 1} members were agreed: others write it at this moment`);
  }
}
