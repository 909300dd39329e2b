import { acquireLock, ConsulError, releaseLock } from '../shared/consul.ts';
import { addLearner, clusterIdAt, removeMember } from '../shared/etcd.ts';
import { say } from '../shared/say.ts';
import { addressIn, type Settings } from '../shared/settings.ts';
import { addressesOf, isNobody, memberList } from './observe.ts';
import type { Decision, Observed } from './observed.ts';

/** Milliseconds. A gate looks every few seconds; who was not looked at for longer may have been there meanwhile. */
const longestGap = 30_000;

/** A joining host between its looks: the lock, what this attempt has done, and who has been silent since when. */
export class Joining {
  #session: string | undefined;
  #added: string | undefined;
  /** How many members there were when it removed the one that this host was; 0: it did not. */
  #room = 0;
  readonly #silentSince = new Map<string, number>();
  #lookedAt = 0;
  readonly #settings: Settings;

  constructor(settings: Settings) {
    this.#settings = settings;
  }

  /** Takes the lock, then asks the cluster. Rejects with a ConsulError when Consul cannot say. */
  async look<T extends Observed>(seen: T): Promise<T> {
    this.#session = await acquireLock(this.#settings.cluster, seen.self.incarnation, this.#session);
    if (this.#session === undefined) {
      return { ...seen, membership: { known: false, cause: 'another host is about to; one at a time' } };
    }
    const membership = await memberList(this.#settings, addressesOf(seen), 3000);
    const dead = membership.known ? await this.#deadAmong(membership.value.members, seen) : [];
    // While it waited another host may have taken the place.
    const replaced = membership.known && membership.value.members.length < this.#room;
    return { ...seen, membership, dead, attempt: { added: this.#added, replaced } };
  }

  /** Peer URLs where neither Consul nor a connection has found anybody for as long as the policy says. */
  async #deadAmong(members: { peerUrls: string[] }[], { candidates }: Observed): Promise<string[]> {
    const now = performance.now();
    const limit = this.#settings.replaceDeadAfter * 1000;
    if (now - this.#lookedAt > Math.min(longestGap, limit)) this.#silentSince.clear();
    this.#lookedAt = now;
    const urls = members.flatMap(({ peerUrls }) => peerUrls);
    const alive = (url: string) => !candidates.known || candidates.value.some((peer) => peer.peerUrl === url);
    // What answers with anything at all, a wrong certificate say, is not dead.
    const answers = (url: string) => clusterIdAt(this.#settings, addressIn(url), Number(new URL(url).port), 1000);
    const silent = await Promise.all(urls.map((url) => !alive(url) && answers(url).then(() => false, isNobody)));
    return urls.filter((url, index) => {
      if (!silent[index]) this.#silentSince.delete(url);
      else if (!this.#silentSince.has(url)) this.#silentSince.set(url, now);
      return limit > 0 && now - (this.#silentSince.get(url) ?? now) >= limit;
    });
  }

  /** One change of the membership; why it was not made, if so. What became of it only the next look tells. */
  async change(decision: Extract<Decision, { do: 'remove' | 'add' }>, seen: Observed): Promise<string | undefined> {
    if (!seen.membership?.known) return undefined;
    const { via, members } = seen.membership.value;
    try {
      if (decision.do === 'add') {
        this.#added = await addLearner(this.#settings, via, seen.self.peerUrl);
        say(`added this host as learner ${this.#added}`);
      } else {
        const own = members.find(({ id }) => id === decision.memberId)?.peerUrls.includes(seen.self.peerUrl);
        // Before, for the reply may be lost.
        if (own) this.#room = members.length;
        await removeMember(this.#settings, via, decision.memberId);
        say(`removed member ${decision.memberId}: ${decision.why}`);
      }
      return undefined;
    } catch (error) {
      return `the cluster does not ${decision.do} a member yet: ${(error as Error).message}`;
    }
  }

  /** Lets others have their turn. */
  async release(): Promise<void> {
    const session = this.#session;
    this.#session = undefined;
    if (session === undefined) return;
    await releaseLock(session).catch((error: unknown) => {
      if (!(error instanceof ConsulError)) throw error;
    });
  }
}
