import { IoError } from '../../io/io-error.ts';
import { ConsulError } from '../../sidekick/shared/ports.ts';
import { addressIn, type Settings } from '../../sidekick/shared/settings.ts';
import { type ClusterView, type MemberView, readCluster } from '../cluster.ts';
import type { Dialogue } from '../confirm.ts';
import type { OperatorPorts } from '../host/ports.ts';
import { handOn, successorOf } from '../member.ts';
import { OperatorError, refusal } from '../operator-error.ts';
import { withConsul } from '../with-consul.ts';
import { Lease } from './lease.ts';
import { planRollout, reasonsToWait } from './plan.ts';

export interface RolloutChoice {
  /** Names or IDs of members; none: all. */
  names: readonly string[];
  /** Where Consul has several. */
  lineage?: string | undefined;
  /** Milliseconds that all have to be healthy, without a break, after each turn. */
  settle: number;
  /** Milliseconds to wait for that. */
  timeout: number;
}

/** By which a rollout touches more than the cluster. */
export interface RolloutPorts extends Pick<OperatorPorts, 'consul' | 'etcd' | 'clock' | 'random'> {
  /** Does it on one host, and calls `beat` each few seconds meanwhile. Rejects with why it was not done, in one line. */
  run(host: { name: string; address: string }, beat: () => void): Promise<void>;
  /** Why a member does not have the certificates that it should by now; empty: it does. */
  flaw(host: { name: string; address: string }): Promise<string>;
}

const hostOfTurn = (member: MemberView) => ({ name: member.name || member.id, address: addressIn(member.at) });
const idsOf = ({ clusterId, members }: Pick<ClusterView, 'clusterId' | 'members'>) =>
  [clusterId, ...members.map(({ id }) => id).sort()].join();

/** Says what it will do, asks, and then does it on one host after the other, each only while all others are healthy. */
export function rollout(
  settings: Settings,
  ports: RolloutPorts,
  choice: RolloutChoice,
  { say, confirm }: Dialogue,
): Promise<MemberView[]> {
  return withConsul(async () => {
    const view = await readCluster(settings, ports, choice.lineage);
    const planned = planRollout(view, settings, choice.names);
    if ('refused' in planned) throw refusal(`cannot begin on ${settings.cluster}`, planned.refused);
    const { turns, lines } = planned.plan;
    for (const line of lines) say(line);
    // Files that cannot be compared afterwards are found before anything is done.
    for (const member of turns) await ports.flaw(hostOfTurn(member));
    await confirm(settings.cluster);
    const lease = new Lease(settings.cluster, ports);
    await lease.take(say);
    try {
      const work = new Work(settings, ports, choice, view, say, lease);
      for (const [index, member] of turns.entries()) {
        await work.turn(member).catch((error: unknown) => {
          throw stopped(turns, index, error);
        });
      }
    } finally {
      // Left there it is over by itself.
      await lease.release().catch(() => {});
    }
    say(`done: all members of ${settings.cluster} are healthy`);
    return turns;
  });
}

/** An error of one turn, with how far the rollout came and how to go on. */
function stopped(turns: readonly MemberView[], index: number, error: unknown): Error {
  if (!(error instanceof OperatorError || error instanceof IoError)) return error as Error;
  const names = turns.map(({ name, id }) => name || id);
  const done = index === 0 ? 'no host is done' : `done: ${names.slice(0, index).join(', ')}`;
  const left = names.slice(index).join(' ');
  return new OperatorError(
    `${names[index]}: ${error.message}\n  ${done}; left: ${left}`,
    `${error.remedy.replace(/[^.]$/, '$&.')} Then go on with --host ${left}`,
    { cause: error },
  );
}

/** A refused plan changes nothing; a rollout that has begun has. */
const withoutTail = ({ message }: Error) => message.replace('; nothing was changed', '');

class Work {
  readonly #settings: Settings;
  readonly #ports: RolloutPorts;
  readonly #choice: RolloutChoice;
  readonly #members: string;
  readonly #say: (line: string) => void;
  readonly #lease: Lease;

  constructor(
    settings: Settings,
    ports: RolloutPorts,
    choice: RolloutChoice,
    view: ClusterView,
    say: (line: string) => void,
    lease: Lease,
  ) {
    this.#settings = settings;
    this.#ports = ports;
    this.#choice = choice;
    this.#members = idsOf(view);
    this.#say = say;
    this.#lease = lease;
  }

  async turn(member: MemberView): Promise<void> {
    const say = this.#say;
    const host = hostOfTurn(member);
    const view = await this.#ready(member, 0);
    const successor = view.leader === member.id ? successorOf(view, member) : undefined;
    if (successor !== undefined) await handOn(this.#ports, member, successor, say);
    say(`${host.name} at ${host.address}: begins`);
    const beat = () => {
      this.#lease.beat().catch(() => {});
    };
    await this.#ports.run(host, beat).catch((error: Error) => {
      throw new OperatorError(error.message, 'See what it did on that host, and mend it.');
    });
    await this.#ready(undefined, this.#choice.settle, host);
    say(`${host.name} is done, and all members are healthy`);
  }

  /** Waits until all members but this one are as they should be, for so long without a break. */
  async #ready(
    turn: MemberView | undefined,
    settle: number,
    host?: { name: string; address: string },
  ): Promise<ClusterView> {
    const { clock } = this.#ports;
    let since: number | undefined;
    let said = '';
    for (const end = clock.now() + this.#choice.timeout + settle; ; await clock.sleep(500)) {
      const seen = await this.#look(turn, host);
      await this.#beat();
      if ('wrong' in seen) {
        since = undefined;
        const why = withoutTail(seen.wrong);
        if (why !== said) this.#say(`waiting: ${why}`);
        said = why;
      } else {
        since ??= clock.now();
        if (clock.now() - since >= settle) return seen.view;
      }
      if (clock.now() < end) continue;
      const wrong =
        'wrong' in seen ? seen.wrong : new OperatorError('it is healthy now and then, not for long', 'See why.');
      throw new OperatorError(
        `after ${this.#choice.timeout / 1000} s not all is well: ${withoutTail(wrong)}`,
        wrong.remedy,
      );
    }
  }

  /** Consul may be away for a while, and is waited for. */
  async #beat(): Promise<void> {
    await this.#lease.beat().catch((error: unknown) => {
      if (!(error instanceof ConsulError)) throw error;
    });
  }

  async #look(
    turn: MemberView | undefined,
    host: { name: string; address: string } | undefined,
  ): Promise<{ view: ClusterView } | { wrong: OperatorError }> {
    const view = await withConsul(() => readCluster(this.#settings, this.#ports, this.#choice.lineage)).catch(
      (error: unknown) => {
        if (error instanceof OperatorError) return error;
        throw error;
      },
    );
    if (view instanceof OperatorError) return { wrong: view };
    // Whoever changes the members does so by the same quorum, and this counted on those that were there.
    if (idsOf(view) !== this.#members) {
      throw new OperatorError(
        'the members have changed meanwhile',
        'See quorumgate member list, and run the command again.',
      );
    }
    const reasons = reasonsToWait(view, this.#settings, turn);
    // Just now something was done there: whoever is only starting again is not to be retired.
    const isOwn = host !== undefined && reasons.every(({ about }) => about === host.name);
    if (isOwn && reasons[0] !== undefined) {
      return {
        wrong: new OperatorError(`it ${reasons[0].why.replace(/^it /, '')}`, `See journalctl -u etcd on ${host.name}.`),
      };
    }
    if (reasons.length > 0) return { wrong: refusal('some are not healthy', reasons) };
    const flaw = host === undefined ? '' : await this.#ports.flaw(host);
    if (flaw === '') return { view };
    return { wrong: new OperatorError(flaw, 'See whether the files came to the host, and were taken there.') };
  }
}
