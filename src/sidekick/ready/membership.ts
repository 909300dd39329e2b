import { keyPrefix } from '../shared/keys.ts';
import { ConsulError, type Ports } from '../shared/ports.ts';
import type { Settings } from '../shared/settings.ts';
import { baseOf, gapOf, goneBy, published, unlisted, witnesses } from './observe.ts';
import type { Answer, Decision, Observed } from './observed.ts';
import { callRoll, isNobody, Silence } from './roll.ts';

type Change = Extract<Decision, { do: 'remove' | 'add' | 'update' }>;

/** Lists of the cluster that the others' lists are of: they can speak against those. */
function testimony(heard: ReadonlyMap<string, Answer>, answers: ReadonlyMap<string, Answer>): [string, Answer][] {
  const ids = new Set([...answers.values()].flatMap((one) => (one.is === 'list' ? [one.list.clusterId] : [])));
  return [...heard].filter(([, one]) => one.is === 'list' && ids.has(one.list.clusterId));
}

/** A joining host between its looks: the join lock, what this attempt has done, and who has been silent since when. */
export class Joining {
  readonly silence = new Silence();
  /** Of Consul as well as of their ports. */
  readonly #absence = new Silence();
  #session: string | undefined;
  /** The change that was made last. */
  #last = '';
  #added: string | undefined;
  /** When it may be given up for another. */
  #disownAt = 0;
  /** How many members there were when it removed the one that this host was; 0: it did not. */
  #room = 0;
  readonly #settings: Settings;
  readonly #ports: Ports;

  constructor(settings: Settings, ports: Ports) {
    this.#settings = settings;
    this.#ports = ports;
  }

  /** Takes the join lock, then asks the members. Rejects with a ConsulError when Consul cannot say. */
  async look<T extends Observed>(seen: T): Promise<T> {
    const { consul, clock } = this.#ports;
    this.#session = await consul.acquire(seen.self.incarnation, this.#session);
    if (this.#session === undefined) {
      const cause = `another host is about to; one at a time (Consul's key ${keyPrefix(this.#settings.cluster)}lock)`;
      return { ...seen, roll: { known: false, cause }, isBusy: true };
    }
    const occupant = await this.#occupant(seen);
    if (occupant) return { ...seen, roll: { known: false, cause: occupant } };
    let base = baseOf(seen);
    const asking = {
      silence: this.silence,
      timeout: 3000,
      clusterId: (goneBy(seen) ?? seen.self.record)?.cluster_id ?? '',
    };
    const others = witnesses(seen).filter((url) => !base.includes(url));
    let [answers, heard] = await Promise.all([
      callRoll(this.#ports, base, asking),
      callRoll(this.#ports, others, { ...asking, silence: new Silence() }),
    ]);
    const isAnswered = [...answers.values()].some(({ is }) => is === 'list');
    const more = isAnswered ? [] : [...published(seen), ...unlisted(seen)].filter((url) => !base.includes(url));
    if (more.length > 0) {
      base = [...new Set([...base, ...more])];
      answers = await callRoll(this.#ports, base, asking);
    }
    answers = new Map([...testimony(heard, answers), ...answers]);
    const now = clock.now();
    // While it waited another host may have taken the place.
    const counts = [...answers.values()].flatMap((one) => (one.is === 'list' ? [one.list.members.length] : []));
    const replaced = counts.length > 0 && Math.max(...counts) < this.#room;
    const dead = this.#deadAmong(answers, seen, now);
    const roll = { known: true, value: { base, answers, now } } as const;
    return { ...seen, roll, dead, attempt: { added: this.#added, replaced } };
  }

  /** Somebody at the address that is to be this host's, whose etcd does not run yet: whoever is a member there is another. */
  async #occupant({ self }: Observed): Promise<string> {
    const who = await this.#ports.etcd.peer(self.peerUrl, 1000).then(
      ({ clusterId }) => `a member of cluster ${clusterId}`,
      (error: NodeJS.ErrnoException) => (isNobody(error) || error.code === 'EADDRNOTAVAIL' ? '' : error.message),
    );
    return who && `something else answers at ${self.peerUrl} (${who}): is this host's address right?`;
  }

  /** Peer URLs where neither Consul nor a connection has found anybody for as long as the policy says. */
  #deadAmong(answers: ReadonlyMap<string, Answer>, { candidates, patience }: Observed, now: number): string[] {
    this.#absence.begin(now, gapOf(this.#settings));
    const alive = (url: string) => !candidates.known || candidates.value.some((peer) => peer.peerUrl === url);
    return [...answers].flatMap(([url, answer]) => {
      const since = this.#absence.note(url, answer.is === 'silent' && !alive(url), now);
      return patience > 0 && now - since >= patience ? [url] : [];
    });
  }

  /** One change of the membership; why it was not made, if so. What became of it only the next look tells. */
  async change(decision: Change, { self }: Observed): Promise<string | undefined> {
    const { etcd, say } = this.#ports;
    // One change again and again: the member that was asked does not do what it says it does.
    const what = `${decision.do} ${decision.do === 'add' ? '' : decision.memberId}`;
    const isRepeated = what === this.#last;
    this.#last = isRepeated ? '' : what;
    if (isRepeated) return `the cluster does not show what it was told: ${what}`;
    try {
      if (decision.do === 'add') {
        this.#added = await etcd.add(decision.via, self.peerUrl);
        say(`added this host as learner ${this.#added}`);
      } else if (decision.do === 'update') {
        await etcd.update(decision.via, decision.memberId, self.peerUrl);
        say(`member ${decision.memberId} is at ${self.peerUrl} now`);
      } else {
        // Somebody who was silent may just have come back at another address.
        const { members } = await etcd.list(decision.via, 3000);
        const urls = members.find(({ id }) => id === decision.memberId)?.peerUrls;
        if (urls?.join() !== decision.peerUrls.join()) throw new Error('it has changed meanwhile');
        // Before, for the reply may be lost.
        if (decision.own) this.#room = decision.members;
        await etcd.remove(decision.via, decision.memberId);
        say(`removed member ${decision.memberId}: ${decision.why}`);
      }
      return undefined;
    } catch (error) {
      this.#last = '';
      return `the cluster does not ${decision.do} a member yet: ${(error as Error).message}`;
    }
  }

  /**
   * Somebody has spent the launch of the member that it added: it needs another. Not again for a while: who goes on spending them
   * would make the cluster change its members without end, by words.
   */
  disown(): void {
    const now = this.#ports.clock.now();
    if (now < this.#disownAt) return;
    this.#disownAt = now + 60_000;
    this.#added = undefined;
  }

  /** Lets others have their turn. */
  async release(): Promise<void> {
    const session = this.#session;
    this.#session = undefined;
    if (session === undefined) return;
    await this.#ports.consul.release(session).catch((error: unknown) => {
      if (!(error instanceof ConsulError)) throw error;
    });
  }
}
