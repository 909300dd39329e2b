import type { Ports } from '../shared/ports.ts';
import type { Answer } from './observed.ts';

/** That nobody is there. Any other error, of certificates say, does not tell. */
export function isNobody({ code = '' }: NodeJS.ErrnoException): boolean {
  return ['ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH', 'ETIMEDOUT'].includes(code);
}

/** Since when nobody was found at a peer URL, as far as it was looked at without a gap. */
export class Silence {
  readonly #since = new Map<string, number>();
  #lookedAt = 0;

  /** @param gap milliseconds: who was not looked at for longer may have been there meanwhile */
  begin(now: number, gap: number): void {
    if (now - this.#lookedAt > gap) this.#since.clear();
    this.#lookedAt = now;
  }

  note(url: string, isSilent: boolean, now: number): number {
    if (!isSilent) this.#since.delete(url);
    else if (!this.#since.has(url)) this.#since.set(url, now);
    return this.#since.get(url) ?? now;
  }
}

/** One member's list, or why there is none. Who answers as another cluster has come to that member's address: it is not there. */
async function answerOf({ etcd, clock }: Ports, url: string, { silence, timeout, clusterId }: Asking): Promise<Answer> {
  // Its port for clients may be shut before it has a quorum; that for peers tells whether anybody is there.
  const [list, peer] = await Promise.allSettled([etcd.list(url, timeout), etcd.peer(url, Math.min(timeout, 1000))]);
  // A server that answers with anything at all, a wrong certificate say, is not absent.
  const said = [list, peer].flatMap((one) => (one.status === 'fulfilled' ? [one.value.clusterId] : []));
  const [stranger] = said.includes(clusterId) ? [] : said;
  const isSilent =
    stranger !== undefined || [list, peer].every((one) => one.status === 'rejected' && isNobody(one.reason));
  const since = silence.note(url, isSilent, clock.now());
  if (isSilent) return { is: 'silent', since, ...(stranger && { stranger }) };
  if (list.status === 'fulfilled') return { is: 'list', list: list.value };
  return { is: 'mute', cause: list.reason.message, ...(peer.status === 'fulfilled' && { list: peer.value }) };
}

interface Asking {
  silence: Silence;
  /** Milliseconds. */
  timeout: number;
  /** The cluster that is asked for. */
  clusterId: string;
}

/** Asks these members, then those that they name. */
export async function callRoll(ports: Ports, base: readonly string[], asking: Asking): Promise<Map<string, Answer>> {
  const answers = new Map<string, Answer>();
  const askAll = (urls: readonly string[]) =>
    Promise.all(urls.map(async (url) => answers.set(url, await answerOf(ports, url, asking))));
  await askAll(base);
  const named = [...answers.values()].flatMap((one) =>
    one.is === 'list' ? one.list.members.flatMap(({ peerUrls }) => peerUrls) : [],
  );
  await askAll([...new Set(named)].filter((url) => !answers.has(url)));
  return answers;
}
