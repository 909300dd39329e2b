import { setTimeout as sleep } from 'node:timers/promises';
import { lostWrites } from '../chaos/check.ts';
import type { ChaosTold } from '../chaos/play.ts';
import { startWriter } from '../chaos/writer.ts';
import { pidsOf } from '../fault/program.ts';
import { monotonic } from '../host/host.ts';
import { random } from '../host/spread.ts';
import type { Lab } from '../lab.ts';
import { reason } from '../machine/lab-error.ts';
import { DISK_ATTACKS } from './disks.ts';
import { type Speaker, WORDS, type WordsContext } from './words.ts';

/** Seconds in which whatever was played on disks has to be healthy again; words are spoken meanwhile for half of it. */
const HEALED_WITHIN = 240;

export interface AttackOptions {
  minutes: number;
  seed: number;
  say: (line: string) => void;
  speakers: Speaker[];
  /** Ends it early: what was seen until then is told. */
  signal: AbortSignal;
  /** Takes what liars have registered out of Consul's catalog; says what it did. */
  clean: () => Promise<string>;
  predicted: string;
  generation: number;
}

/** Flaws of the members at this moment, whatever Consul is told of them. */
async function flawsOf(lab: Lab, predicted: string): Promise<string[]> {
  const { rows } = await lab.cluster();
  return rows.flatMap(({ host, healthy, started, clusterId }) => {
    if (clusterId !== '' && clusterId !== predicted) return [`${host} is in cluster ${clusterId}`];
    return healthy && started ? [] : [`${host} is not healthy`];
  });
}

/** Why its etcd does not run, by its gate. */
async function statusOf(lab: Lab, host: string): Promise<string> {
  const { stdout } = await lab.exec(host, ['systemctl', 'show', '-P', 'StatusText', 'etcd.service']);
  return stdout.trim();
}

/** Everything that is attacked: by words all the time, on disks one after the other, while a client writes. */
export async function playAttacks(lab: Lab, options: AttackOptions): Promise<ChaosTold> {
  const { minutes, seed, speakers, predicted, generation, signal } = options;
  const began = monotonic();
  const over = () => signal.aborted || monotonic() - began > minutes * 60;
  const say = (line: string) => options.say(`${(monotonic() - began).toFixed(1).padStart(7)} s  ${line}`);
  const told = { played: new Map<string, number>(), longestHealing: 0, broken: [] as string[] };
  const count = (name: string) => told.played.set(name, (told.played.get(name) ?? 0) + 1);
  /** Hosts whose etcd may end: something is played on them. */
  let busy: string[] = [];
  let quiet = false;

  const speak = async () => {
    const next = random(seed);
    const context: WordsContext = { lab, predicted, generation, next };
    const names = Object.keys(WORDS);
    while (!over() && told.broken.length === 0) {
      await sleep(500 + next() * 4000);
      const name = names[Math.floor(next() * names.length)] ?? '';
      const speaker = speakers[Math.floor(next() * speakers.length)];
      if (quiet || speaker === undefined) continue;
      // Its host may be off, or Consul without a leader at this moment.
      const line = await WORDS[name]?.(context, speaker).catch((error: unknown) => `not said: ${reason(error)}`);
      say(`${speaker.who}: ${line?.slice(0, 200)}`);
      if (!line?.startsWith('not said')) count(name);
    }
  };

  /** No member is stopped by words: its process goes on, but where something is played on its host. */
  const watch = async () => {
    const seen = new Map<string, string>();
    while (!over() && told.broken.length === 0) {
      for (const host of lab.hosts) {
        const now = pidsOf(lab, host, 'etcd').join();
        const before = seen.get(host.name);
        if (busy.includes(host.name)) seen.delete(host.name);
        else if (before !== undefined && before !== now) told.broken.push(`etcd of ${host.name} was stopped by words`);
        else seen.set(host.name, now);
      }
      await sleep(300);
    }
  };

  /** Whoever joins may be late while every word is a lie; not later. An operator takes out the entry that the status names. */
  const hush = async () => {
    if (!quiet) say(await options.clean().catch((error: unknown) => `not cleaned: ${reason(error)}`));
    quiet = true;
  };

  const giveUp = async (flaws: readonly string[]) => {
    for (const host of busy) say(`${host} says: ${await statusOf(lab, host)}`);
    told.broken.push(...flaws);
  };

  const heal = async () => {
    const from = monotonic();
    while (!signal.aborted) {
      const flaws = await flawsOf(lab, predicted).catch((error: unknown) => [reason(error)]);
      const lasted = monotonic() - from;
      told.longestHealing = Math.max(told.longestHealing, lasted);
      if (flaws.length === 0) return say(`  healthy after ${lasted.toFixed(1)} s`);
      const wrong = flaws.filter((flaw) => flaw.includes('is in cluster'));
      if (wrong.length > 0) return giveUp(wrong);
      if (lasted > HEALED_WITHIN) return giveUp(flaws);
      if (lasted > HEALED_WITHIN / 2) await hush();
      await sleep(1000);
    }
    told.broken.push('interrupted');
  };

  const harm = async () => {
    const next = random(seed + 1);
    const names = Object.keys(DISK_ATTACKS);
    const spare = Math.floor((lab.state.cluster.size - 1) / 2);
    while (!over() && told.broken.length === 0) {
      await sleep(2000 + next() * 6000);
      const name = names[Math.floor(next() * names.length)] ?? '';
      const order = lab.hosts.map((host) => ({ name: host.name, at: next() })).sort((a, b) => a.at - b.at);
      const hosts = order.slice(0, 1 + Math.floor(next() * spare)).map((host) => host.name);
      say(`${name}: ${hosts.join(', ')}`);
      busy = hosts;
      await DISK_ATTACKS[name]?.(lab, hosts, next() * 10);
      count(name);
      await heal();
      quiet = false;
      busy = [];
    }
  };

  const writer = startWriter(lab, `attack/${seed}/${Math.round(began * 1000)}/`);
  say(`seed ${seed}, cluster ${predicted}: a client writes`);
  const ended = await Promise.allSettled([speak(), watch(), harm()]);
  for (const end of ended) if (end.status === 'rejected') told.broken.push(`it broke off: ${reason(end.reason)}`);
  const written = await writer.stop();
  told.broken.push(...(await flawsOf(lab, predicted)), ...(await lostWrites(lab, written)));
  if (written.acknowledged.length === 0) told.broken.push('no write was acknowledged');
  return { ...told, written };
}
