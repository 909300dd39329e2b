import type { Membership } from '../shared/ports.ts';
import type { Answer, Observed, Roll, Seen } from './observed.ts';

/** A list that is believed, and the peer URL of the member that gave it. */
export type Believed = Membership & { via: string };

const strangerIn = (answer: Answer) => (answer.is === 'silent' ? answer.stranger : undefined);

/** Whose members, as text that is the same for the same list. */
const textOf = ({ members }: Membership) =>
  members
    .map(({ id, peerUrls, isLearner }) => `${id} ${peerUrls.join()} ${isLearner}`)
    .sort()
    .join();

/**
 * A cluster by its members' words, as far as they can be believed. Under TLS one of them is enough: it was verified by its
 * address. In plain anybody may answer there who can, so all that can be reached have to agree, and who cannot has to have been
 * silent for as long as the policy says. Pure.
 *
 * @param except this host's own peer URLs
 */
export function believe(
  { self, patience }: Pick<Observed, 'self' | 'patience'>,
  { base, answers, now }: Roll,
  clusterId: string,
  except: readonly string[] = [],
): Seen<Believed> {
  const others = [...answers].filter(([url]) => !except.includes(url));
  const lists = others.flatMap(([via, answer]) => (answer.is === 'list' ? [{ via, ...answer.list }] : []));
  const [first, ...more] = lists.filter((list) => list.clusterId === clusterId);
  const unknown = (cause: string) => ({ known: false, cause }) as const;
  if (first === undefined) {
    const [[url, other] = []] = others.flatMap(([at, one]) => (strangerIn(one) ? [[at, strangerIn(one)]] : []));
    if (other) return unknown(`${url} answers as cluster ${other}`);
    const [, last] = others.findLast(([, { is }]) => is === 'mute') ?? [];
    const nobody =
      others.length > 0 ? `nobody at ${others.map(([url]) => url).join(', ')}` : 'no other member is known here';
    return unknown(`no healthy quorum answers (${last?.is === 'mute' ? last.cause : nobody})`);
  }
  if (self.scheme === 'https') return { known: true, value: first };
  const other = more.find((list) => textOf(list) !== textOf(first));
  if (other) {
    const stray = [first.via, other.via].find((url) => !base.includes(url));
    const end = stray
      ? `; the last list does not name ${stray}: if no member is there, take its entry out of Consul`
      : '';
    return unknown(`${first.via} and ${other.via} give different members${end}`);
  }
  const isVoter = (url: string) =>
    base.includes(url) || first.members.some(({ peerUrls, isLearner }) => !isLearner && peerUrls.includes(url));
  const isSilent = (answer: Answer) => answer.is === 'silent' && patience > 0 && now - answer.since >= patience;
  const missing = others.find(([url, answer]) => answer.is !== 'list' && isVoter(url) && !isSilent(answer));
  if (missing === undefined) return { known: true, value: first };
  const [url, answer] = missing;
  const stranger = strangerIn(answer);
  const cause = stranger ? `cluster ${stranger} answers there` : answer.is === 'mute' ? answer.cause : 'silent';
  const end =
    patience > 0 ? `believed without it after ${patience / 1000} s of silence` : 'see: quorumgate member list';
  return unknown(`${first.via} answers, ${url} does not confirm it (${cause}); ${end}`);
}
