import { type HostBoot, lastStep } from './boot.ts';
import type { Step } from './steps.ts';

/** A moment of the whole cluster. */
export interface Moment {
  what: 'agreed' | 'quorum' | 'up';
  /** Seconds after the start of the first host. */
  at: number;
  /** Says by what it is known. */
  by: string;
}

/** A step of a host, from the moment of the one that it came after. */
export interface Link {
  host: HostBoot;
  step: Step;
  from: number;
  at: number;
  /** The cause that the host named meanwhile, where it was so for most of that time. */
  cause: string;
}

/** Hosts that began further apart than so many seconds did not boot together. */
const TOGETHER = 1800;

/** The hosts of one cluster on one axis: seconds after the start of the first. */
export class ClusterBoot {
  readonly hosts: readonly HostBoot[];
  readonly silent: readonly string[];
  /** In seconds since 1970, by that host's clock. */
  readonly begin: number;
  readonly isTogether: boolean;

  /** @param silent hosts of which nothing is known: they are not up */
  constructor(hosts: readonly HostBoot[], silent: readonly string[] = []) {
    this.silent = silent;
    const begins = hosts.map(({ begin }) => begin);
    this.hosts = hosts;
    this.begin = Math.min(...begins);
    this.isTogether = Math.max(...begins) - this.begin <= TOGETHER;
  }

  /** Where on the axis a host begins. */
  offset({ begin }: HostBoot): number {
    return this.isTogether ? begin - this.begin : 0;
  }

  time(host: HostBoot, step: Step): number | undefined {
    const at = host.steps[step];
    return at === undefined ? undefined : this.offset(host) + at;
  }

  get end(): number {
    return Math.max(0, ...this.hosts.map((host) => this.offset(host) + host.end));
  }

  get members(): HostBoot[] {
    return this.hosts.filter(({ role }) => role === 'etcd');
  }

  /** Members that the gates agreed on, or those that are here. */
  get size(): number {
    return Math.max(this.members.length, ...this.members.map(({ size }) => size));
  }

  /** Hosts by the time of a step, the first first. */
  passed(step: Step, hosts: readonly HostBoot[] = this.hosts): { host: HostBoot; at: number }[] {
    const found = hosts.flatMap((host) => {
      const at = this.time(host, step);
      return at === undefined ? [] : [{ host, at }];
    });
    return found.sort((a, b) => a.at - b.at);
  }

  /** The host whose coming up is that of all; undefined while one is not up. */
  get last(): { host: HostBoot; at: number; step: Step } | undefined {
    if (this.silent.length > 0) return undefined;
    const ends = this.hosts.map((host) => ({
      host,
      step: lastStep(host.role),
      at: this.time(host, lastStep(host.role)),
    }));
    return ends.reduce<{ host: HostBoot; at: number; step: Step } | undefined>((latest, { at, ...one }, index) => {
      if (at === undefined || (index > 0 && latest === undefined)) return undefined;
      return latest !== undefined && latest.at >= at ? latest : { ...one, at };
    }, undefined);
  }

  moments(): Moment[] {
    if (!this.isTogether) return [];
    const found: Moment[] = [];
    const born = this.members.filter(({ gate }) => gate === 'new');
    const [first] = this.passed('gate opened', born);
    if (first)
      found.push({ what: 'agreed', at: first.at, by: `by the record, ${first.host.name} is the first to start` });
    const leaders = this.members.flatMap((host) =>
      host.elected === undefined ? [] : [{ host, at: this.offset(host) + host.elected }],
    );
    const [leader] = leaders.sort((a, b) => a.at - b.at);
    const majority = (this.size >> 1) + 1;
    const serving = this.passed('etcd up', this.members)[majority - 1];
    if (leader) found.push({ what: 'quorum', at: leader.at, by: `etcd on ${leader.host.name} knows a leader` });
    else if (serving) found.push({ what: 'quorum', at: serving.at, by: `etcd serves on ${majority} of ${this.size}` });
    const { last } = this;
    if (last) found.push({ what: 'up', at: last.at, by: `${last.host.name} is the last` });
    return found;
  }

  /** Steps that this one came after, by the order of the units, the record and etcd's quorum. */
  #before(host: HostBoot, step: Step): { host: HostBoot; step: Step }[] {
    const own = (...steps: Step[]) => steps.map((one) => ({ host, step: one }));
    const all = (one: Step, hosts = this.hosts) => hosts.map((other) => ({ host: other, step: one }));
    switch (step) {
      case 'configured':
        return [];
      case 'consul runs':
        return own('configured');
      case 'programs':
        return own('configured', 'consul runs');
      case 'consul leader':
        return [...own('configured'), ...all('consul runs')];
      case 'registered':
        return own('configured', 'consul runs', 'consul leader');
      case 'gate opened':
        // A record is made of all; a host that joins, or has its data, needs no registration but its own.
        return [...own('programs', 'consul runs', 'registered'), ...(host.gate === 'new' ? all('registered') : [])];
      case 'etcd up': {
        const opened = this.passed('gate opened', this.members)[this.size >> 1];
        return [...own('gate opened'), ...(opened ? [{ host: opened.host, step: 'gate opened' as const }] : [])];
      }
      case 'up':
        return own('etcd up', 'gate opened');
      default:
        return step satisfies never;
    }
  }

  /** From the start of a host to the end of the last: each step with the latest that it had to come after. */
  chain(): Link[] {
    const { last } = this;
    if (last === undefined || !this.isTogether) return [];
    const links: Link[] = [];
    let { host, step, at } = last;
    for (;;) {
      const earlier = this.#before(host, step).flatMap((one) => {
        const before = this.time(one.host, one.step);
        const isItself = one.host === host && one.step === step;
        return before === undefined || before > at || isItself ? [] : [{ ...one, at: before }];
      });
      const before = earlier.reduce<(typeof earlier)[number] | undefined>(
        (latest, one) => (latest !== undefined && latest.at >= one.at ? latest : one),
        undefined,
      );
      const from = Math.min(at, before?.at ?? this.offset(host));
      links.unshift({ host, step, from, at, cause: this.#cause(host, step, from, at) });
      if (before === undefined) return links;
      ({ host, step, at } = before);
    }
  }

  #cause(host: HostBoot, step: Step, from: number, at: number): string {
    const units = UNITS[step];
    if (units === undefined) return '';
    const offset = this.offset(host);
    const found = host.waits
      .filter(({ unit }) => units.test(unit))
      .map(({ cause, spans }) => {
        const within = spans.map(([a, b]) => Math.min(at, b + offset) - Math.max(from, a + offset));
        return { cause, seconds: within.reduce((sum, one) => sum + Math.max(0, one), 0) };
      })
      .sort((a, b) => b.seconds - a.seconds);
    const [most] = found;
    return most !== undefined && most.seconds > (at - from) / 2 && most.seconds > 0 ? most.cause : '';
  }

  /** Things that make times of different hosts hard to compare, or that must never be. */
  warnings(): string[] {
    const clusters = new Set(this.members.map(({ cluster }) => cluster).filter(Boolean));
    const missing = this.size - this.members.length;
    const born = this.members.filter(({ gate }) => gate === 'new');
    const [first] = this.passed('gate opened', born);
    const registered = this.passed('registered', born).at(-1);
    const skew = first && registered && this.isTogether ? registered.at - first.at : 0;
    return [
      ...(clusters.size > 1
        ? [`These hosts have started as members of ${clusters.size} clusters: ${[...clusters].join(', ')}.`]
        : []),
      ...(missing > 0 ? [`The record has ${this.size} members; journals of ${this.members.length} are here.`] : []),
      ...(this.isTogether
        ? []
        : [
            'These hosts did not boot together: each is shown from its own start, and no chain leads from one to another.',
          ]),
      ...(skew > 0.05
        ? [
            `A gate opened ${skew.toFixed(1)} s before the last host had registered: their clocks differ by that or more, or a host was rebooted since.`,
          ]
        : []),
    ];
  }
}

/** Units that speak while a host is on its way to a step. */
const UNITS: Readonly<Partial<Record<Step, RegExp>>> = {
  configured: /^quorumgate-(?:fetch|host)/,
  'consul runs': /^(?:quorumgate-|consul-dns-host|consul\.)/,
  programs: /^quorumgate-p/,
  'consul leader': /^consul/,
  registered: /^etcd-register-server/,
  'gate opened': /^etcd\.service/,
  'etcd up': /^etcd/,
  up: /^etcd-register-client/,
};
