import { keyPrefix } from '../../sidekick/shared/keys.ts';
import type { Entry } from '../../sidekick/shared/ports.ts';
import type { OperatorPorts } from '../host/ports.ts';
import { OperatorError } from '../operator-error.ts';

/** Milliseconds without a sign of life after which a rollout has ended without saying so. */
const SILENCE = 60_000;
/** Between two signs of life. */
export const BEAT = 10_000;

/**
 * One rollout at a time: each counts on all members but its own. A key in Consul, `etcd3/CLUSTER/rollout`, that its holder writes
 * anew; nobody's clock is asked for, whoever waits sees that it stays as it is.
 */
export class Lease {
  readonly #key: string;
  readonly #ports: Pick<OperatorPorts, 'consul' | 'clock'>;
  readonly #id: string;
  #beats = 0;
  #last = 0;

  constructor(cluster: string, ports: Pick<OperatorPorts, 'consul' | 'clock' | 'random'>) {
    this.#key = `${keyPrefix(cluster)}rollout`;
    this.#ports = ports;
    this.#id = ports.random();
  }

  /** Resolves once it is held; says for what it waits. */
  async take(say: (line: string) => void): Promise<void> {
    const { clock } = this.#ports;
    let seen: number | undefined;
    let since = clock.now();
    for (;;) {
      const entry = await this.#read();
      if (entry !== undefined && this.#isOwn(entry)) return;
      const isSilent = entry?.modified === seen && clock.now() - since >= SILENCE;
      if (entry === undefined || isSilent) {
        await this.#write(entry?.modified ?? 0);
        continue;
      }
      if (entry.modified !== seen) {
        if (seen === undefined) {
          say(
            `waiting: another rollout is at work (${this.#key}); one that was killed is over ${SILENCE / 1000} s after`,
          );
        }
        seen = entry.modified;
        since = clock.now();
      }
      await clock.sleep(1000);
    }
  }

  /** A sign of life, where the last was a while ago. Rejects with an OperatorError when another has taken it over. */
  async beat(): Promise<void> {
    if (this.#ports.clock.now() - this.#last < BEAT) return;
    const entry = await this.#read();
    if (entry !== undefined && !this.#isOwn(entry)) {
      throw new OperatorError(
        'another rollout has begun meanwhile',
        'This one gave no sign of life for a minute. Wait until the other has ended, and run the command again.',
      );
    }
    await this.#write(entry?.modified ?? 0);
  }

  async release(): Promise<void> {
    const entry = await this.#read();
    if (entry !== undefined && this.#isOwn(entry)) await this.#ports.consul.remove(this.#key, entry.modified);
  }

  #isOwn({ value }: Entry): boolean {
    return value.startsWith(`${this.#id} `);
  }

  async #read(): Promise<Entry | undefined> {
    const { value } = await this.#ports.consul.keys();
    return value.find(({ key }) => key === this.#key);
  }

  /** Written or not: only reading it again tells. */
  async #write(modified: number): Promise<void> {
    this.#last = this.#ports.clock.now();
    await this.#ports.consul.put(this.#key, `${this.#id} ${++this.#beats}`, modified);
  }
}
