import { readKeys } from '../sidekick/shared/consul.ts';
import { call, listMembers, type Member, type Membership, readMembership, toHex } from '../sidekick/shared/etcd.ts';
import type { ClusterRecord } from '../sidekick/shared/record.ts';
import { addressIn, type Settings } from '../sidekick/shared/settings.ts';
import { type Host, readHosts } from './catalog.ts';
import { OperatorError } from './operator-error.ts';

/** Milliseconds for one answer of one member. */
const PATIENCE = 3000;

/** A member, and what it says of itself. */
export interface MemberView extends Member {
  /** Of its client port. */
  address: string;
  /** Says that it serves: a voter answers a read that needs a quorum. */
  healthy: boolean;
  /** `healthy`, or why not. */
  health: string;
  /** Index of the last entry of its log; -1 when it does not answer. */
  raftIndex: bigint;
}

/** All that can be seen of a cluster with its hosts. */
export interface ClusterView {
  clusterId: string;
  /** Sorted by name. */
  members: MemberView[];
  /** ID of the leader by those that answer, 16 hex digits; undefined when there is none. */
  leader: string | undefined;
  /** Why the list may be out of date, when no quorum stands behind it. */
  doubt: string | undefined;
  /** Address of a member that answers. */
  via: string;
  record: ClusterRecord | undefined;
  retired: string[];
  hosts: Host[];
}

interface Status {
  header: { member_id: string };
  leader?: string;
  raftIndex?: string;
  errors?: string[];
}

type Answer = Pick<MemberView, 'healthy' | 'health' | 'raftIndex'> & { leader?: string };

/** Asks one member for its state, and, if it votes, for a read. */
async function ask(settings: Settings, { id, isLearner, name }: Member, address: string): Promise<Answer> {
  let raftIndex = -1n;
  try {
    const status = await call<Status>(settings, address, 'maintenance/status', {}, PATIENCE);
    const self = toHex(status.header.member_id);
    if (self !== id) return { healthy: false, health: `${address} answers as member ${self}`, raftIndex };
    raftIndex = BigInt(status.raftIndex ?? 0);
    const leader = BigInt(status.leader ?? 0) === 0n ? {} : { leader: toHex(status.leader ?? '0') };
    if (!isLearner) await call(settings, address, 'kv/range', { key: 'AA==' }, PATIENCE);
    const [alarm] = status.errors ?? [];
    return { healthy: alarm === undefined, health: alarm ?? 'healthy', raftIndex, ...leader };
  } catch (error) {
    const why = name === '' ? 'has not started' : (error as Error).message;
    return { healthy: false, health: why, raftIndex };
  }
}

/** The list by the log, or, where no quorum answers, as any member last knew it. */
async function readMembers(settings: Settings, addresses: string[]): Promise<{ list: Membership; doubt?: string }> {
  try {
    return { list: await readMembership(settings, addresses, PATIENCE) };
  } catch (error) {
    const doubt = (error as Error).message;
    const answers = addresses.map((address) => listMembers(settings, address, PATIENCE));
    const list = await Promise.any(answers).catch(() => {
      throw new OperatorError(
        `no member of ${settings.cluster} answers (asked: ${addresses.join(', ') || 'none is known'}): ${doubt}`,
        'Look at a host: systemctl status etcd. If all data is lost: quorumgate reset or restore.',
        { cause: error },
      );
    });
    return { list, doubt };
  }
}

/**
 * Looks at Consul, then at each member.
 *
 * @throws OperatorError when no member answers; ConsulError when Consul does not
 */
export async function readCluster(settings: Settings): Promise<ClusterView> {
  const [{ value }, hosts] = await Promise.all([readKeys(settings.cluster), readHosts(settings)]);
  const listed = value.record?.members.map((member) => addressIn(member.peer_url)) ?? [];
  const { list, doubt } = await readMembers(settings, [
    ...new Set([...hosts.map(({ address }) => address), ...listed]),
  ]);
  const answers = await Promise.all(
    list.members.map(async (member) => {
      const address = addressIn(member.peerUrls[0] ?? 'http://unknown');
      return { ...member, address, ...(await ask(settings, member, address)) };
    }),
  );
  const leader = answers.find((answer) => answer.leader !== undefined)?.leader;
  const members = answers.map(({ leader: _, ...member }): MemberView => member);
  return {
    clusterId: list.clusterId,
    members: members.sort((a, b) => (a.name < b.name ? -1 : 1)),
    leader,
    doubt,
    via: list.via,
    record: value.record,
    retired: value.retired,
    hosts,
  };
}

/** The host of a member: the one at its peer URL. */
export function hostOf(member: Member, hosts: Host[]): Host | undefined {
  const there = hosts.filter(({ peerUrl }) => member.peerUrls.includes(peerUrl));
  // An address may have had another host before.
  return there.find(({ alive }) => alive) ?? there[0];
}
