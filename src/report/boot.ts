import { type Entry, entryOf, RESTARTED, STARTED, visible } from './journal.ts';
import type { Step, Steps } from './steps.ts';
import { type Wait, Waits } from './waits.ts';

/** How one host came up, by its journal. Seconds count from its own start. */
export interface HostBoot {
  name: string;
  address: string;
  /** The file that it is from, or the lab. */
  source: string;
  /** Tells hosts apart, whatever they are called. */
  id: string;
  role: 'etcd' | 'consul-server';
  /** Its start, in seconds since 1970 by its own clock. */
  begin: number;
  /** Its start is that of its journal: the clock that it has began long before. */
  isByJournal: boolean;
  steps: Steps;
  waits: Wait[];
  /** How the gate let etcd start. */
  gate?: 'new' | 'existing' | 'data';
  /** The cluster that it has started as a member of, and of how many new members. */
  cluster: string;
  size: number;
  /** When its etcd first knew of a leader. */
  elected?: number;
  /** The last that is known of it. */
  end: number;
  /** Things about the journal that a reader has to know. */
  remarks: string[];
}

/** The step with which a host is as far as it comes: Consul's servers alone have no member. */
export const lastStep = (role: HostBoot['role']): Step => (role === 'etcd' ? 'up' : 'consul leader');

/** Why a journal gives no report. */
export interface Problem {
  message: string;
  remedy: string;
}

export interface Known {
  /** The host's name and role, where they are known besides. */
  name?: string;
  role?: HostBoot['role'];
  address?: string;
  /** Its start by the monotonic clock of the journal. */
  startedAt?: number;
}

/** A command that collects a journal; docs/operations.md has it too. */
export const COLLECT = `ssh HOST "sudo journalctl -b -o json -u 'quorumgate*' -u 'consul*' -u 'etcd*'" >HOST.json`;

const AGAIN = `Collect it again: \`${COLLECT}\`.`;

/** Units that nobody has without quorumgate. */
const OURS = /^(?:quorumgate-|etcd-register-|etcd-assert\.|consul-dns-|consul-rejoin\.)/;
const OF_ETCD = /^etcd(?:-register-(?:server|client)|-cluster)?\.|^quorumgate-program@etcd\./;

/** Units whose start by systemd is a step. */
const STARTS: Readonly<Record<string, Step>> = {
  'consul.service': 'consul runs',
  'quorumgate-program@etcd.service': 'programs',
  'etcd.service': 'etcd up',
  'etcd-cluster.target': 'up',
};

/** Lines by which a program tells a step. */
const SAYS: readonly [unit: string, says: RegExp, step: Step][] = [
  [
    'consul.service',
    /: (?:New leader elected|cluster leadership acquired|Synced node info|Synced service)\b/,
    'consul leader',
  ],
  ['etcd-register-server.service', /^registered /, 'registered'],
  ['etcd.service', /^(?:starting as (?:one of \d|member [0-9a-f])|etcd has its data here: starting)/, 'gate opened'],
];

const NEW = /^starting as (?:one of (\d{1,3}) new members|member [0-9a-f]{1,16}) of cluster ([0-9a-f]{1,16})$/;
const ELECTED = /raft\.node: [0-9a-f]{1,16} elected leader [0-9a-f]{1,16} at term \d/;

/** A clock that is so old at the first line began before this boot: the host is a container, say. */
const FRESH = 600;
/** For so long after it is up a host's clock may still be set. */
const SETTLED = 600;

/** One boot in a journal. */
class OneBoot {
  readonly moments = new Map<Step, number>();
  readonly waits = new Waits();
  /** How often systemd has started a unit once more. */
  readonly restarts = new Map<string, number>();
  readonly first: Entry;
  last: Entry;
  hasOurs = false;
  isMember = false;
  name = '';
  address = '';
  gate: HostBoot['gate'];
  cluster = '';
  size = 0;
  elected: number | undefined;
  /** The clock on the wall less the monotonic one: now, at least and at most. */
  offset: number;
  least: number;
  most: number;

  constructor(first: Entry) {
    this.first = first;
    this.last = first;
    this.offset = first.clock - first.at;
    this.least = this.offset;
    this.most = this.offset;
  }

  add(entry: Entry): void {
    const up = this.moments.get('up');
    if (entry.at > (up ?? entry.at) + SETTLED) return;
    this.offset = entry.clock - entry.at;
    this.least = Math.min(this.least, this.offset);
    this.most = Math.max(this.most, this.offset);
    // Whatever comes later is no part of the boot.
    if (up !== undefined) return;
    if (entry.at > this.last.at) this.last = entry;
    const { unit } = entry;
    if (!OURS.test(unit) && unit !== 'consul.service' && !OF_ETCD.test(unit)) return;
    this.hasOurs ||= OURS.test(unit);
    this.isMember ||= OF_ETCD.test(unit);
    this.waits.add(entry);
    if (unit === 'quorumgate-host.service') this.#pass('configured', entry);
    if (entry.bySystemd) {
      const step = STARTS[unit];
      if (entry.kind === STARTED && step !== undefined) this.#pass(step, entry);
      if (entry.kind === RESTARTED) this.restarts.set(unit, (this.restarts.get(unit) ?? 0) + 1);
      return;
    }
    for (const [by, says, step] of SAYS) if (unit === by && says.test(entry.text)) this.#pass(step, entry);
    this.#learn(entry);
  }

  #pass(step: Step, { at }: Entry): void {
    if (!this.moments.has(step)) this.moments.set(step, at);
  }

  #learn({ unit, text, at }: Entry): void {
    const named = unit === 'quorumgate-host.service' && /^this host is (\S+) at (\S+)$/.exec(text);
    if (named) [, this.name = '', this.address = ''] = named;
    if (unit !== 'etcd.service') return;
    if (this.elected === undefined && ELECTED.test(text)) this.elected = at;
    if (this.gate !== undefined || this.moments.get('gate opened') !== at) return;
    const started = NEW.exec(text);
    if (started === null) this.gate = text.startsWith('etcd has') ? 'data' : undefined;
    else
      [this.gate, this.size, this.cluster] = [
        started[1] ? 'new' : 'existing',
        Number(started[1] ?? 0),
        started[2] ?? '',
      ];
  }
}

/** Reads the journal of one host, line by line. */
export class JournalReader {
  readonly #source: string;
  readonly #known: Known;
  #lines = 0;
  #broken = 0;
  #boots = 0;
  #current: OneBoot | undefined;
  #found: OneBoot | undefined;

  constructor(source: string, known: Known = {}) {
    this.#source = source;
    this.#known = known;
  }

  /** @returns whether it is a line of a journal */
  add(line: string): boolean {
    if (line.trim() === '') return true;
    this.#lines += 1;
    const entry = entryOf(line);
    if (entry === undefined) {
      this.#broken += 1;
      return false;
    }
    if (entry.boot !== this.#current?.first.boot) {
      if (this.#current?.hasOurs) this.#found = this.#current;
      this.#current = new OneBoot(entry);
      this.#boots += 1;
    }
    this.#current?.add(entry);
    return true;
  }

  /** @param isCut whether the file ends within a line that is none of a journal */
  end(isCut = false): HostBoot | Problem {
    const name = this.#source;
    if (this.#lines === 0) return { message: `${name} is empty.`, remedy: AGAIN };
    if (this.#broken === this.#lines) {
      return { message: `${name} is no journal in JSON: none of its ${this.#lines} lines is.`, remedy: AGAIN };
    }
    if (isCut) return { message: `${name} ends in the middle of line ${this.#lines}: it is truncated.`, remedy: AGAIN };
    const boot = this.#current?.hasOurs ? this.#current : this.#found;
    if (boot === undefined) {
      return {
        message: `${name} has no line of a unit of quorumgate's, in ${this.#lines} lines.`,
        remedy: `Collect it as root, on a host that quorumgate's user-data has booted: \`${COLLECT}\`.`,
      };
    }
    return this.#told(boot);
  }

  #told(boot: OneBoot): HostBoot {
    const { first, last, moments, gate, elected, cluster, size } = boot;
    const { startedAt, ...known } = this.#known;
    const isByJournal = startedAt === undefined && first.at > FRESH;
    const zero = startedAt ?? (isByJournal ? first.at : 0);
    const after = (at: number) => Math.max(0, at - zero);
    const role = known.role ?? (boot.isMember ? 'etcd' : 'consul-server');
    const up = moments.get(lastStep(role));
    const end = up ?? last.at;
    const within = ({ spans, ...wait }: Wait): Wait[] => {
      const kept = spans.filter(([from]) => from <= end);
      const shifted = kept.map(([from, to]): [number, number] => [after(from), after(Math.min(to, end))]);
      return kept.length === 0 ? [] : [{ ...wait, spans: shifted }];
    };
    return {
      name: visible(known.name ?? (boot.name || first.host), 63) || this.#source,
      address: visible(known.address ?? boot.address, 40),
      source: this.#source,
      id: `${first.machine}/${first.boot}`,
      role,
      begin: boot.offset + zero,
      isByJournal,
      steps: Object.fromEntries([...moments].map(([step, at]) => [step, after(at)])),
      waits: boot.waits.end(end, up !== undefined).flatMap(within),
      ...(gate && { gate }),
      cluster,
      size,
      ...(elected !== undefined && { elected: after(elected) }),
      end: after(end),
      remarks: this.#remarks(boot, isByJournal),
    };
  }

  #remarks({ most, least, waits, restarts }: OneBoot, isByJournal: boolean): string[] {
    const step = most - least;
    const again = [...restarts].map(([unit, times]) => `${visible(unit, 80)} (${times})`);
    return [
      ...(isByJournal ? ['Seconds count from the first line of the journal: its clock began long before.'] : []),
      ...(this.#boots > 1 ? [`The journal has ${this.#boots} boots; this is the last one with units of ours.`] : []),
      ...(step > 1
        ? [`Its clock was set by ${step.toFixed(1)} s while it booted: it is placed by the time after that.`]
        : []),
      ...(again.length > 0 ? [`Units that ended and were started again: ${again.join(', ')}.`] : []),
      ...(this.#broken > 0 ? [`${this.#broken} of ${this.#lines} lines could not be read.`] : []),
      ...(waits.left > 0 ? [`There were ${waits.left} waits more, each for another cause.`] : []),
    ];
  }
}
