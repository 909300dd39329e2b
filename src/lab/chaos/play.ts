import { setTimeout as sleep } from 'node:timers/promises';
import type { Lab } from '../handle.ts';
import { monotonic } from '../host/host.ts';
import { isUp } from '../host/inside.ts';
import { random } from '../host/spread.ts';
import { LabError, reason } from '../machine/lab-error.ts';
import { clusterFlaws, hostFlaws, lostWrites } from './check.ts';
import { type Choice, choose } from './choose.ts';
import { consulFlaws } from './consul-health.ts';
import { type ChaosKind, KINDS } from './kinds.ts';
import { startWriter, type Written } from './writer.ts';

export interface ChaosOptions {
  minutes: number;
  seed: number;
  say: (line: string) => void;
  signal?: AbortSignal | undefined;
  kinds?: readonly ChaosKind[];
  /** As an operator does whose Consul may have lost its data, and with it the tokens. */
  relearn?: (lab: Lab) => Promise<void>;
}

export interface ChaosTold {
  written: Written;
  /** How often each kind was played. */
  played: Map<string, number>;
  /** Seconds from the end of a fault to health, the longest. */
  longestHealing: number;
  /** Promises that did not hold; none where it is as promised. */
  broken: string[];
}

/** The promise: all members healthy again within two minutes. */
const HEALED_WITHIN = 120;

async function flawsAfter(look: () => Promise<string[]>, signal?: AbortSignal): Promise<string[]> {
  const end = monotonic() + HEALED_WITHIN;
  for (;;) {
    const flaws = await look();
    if (flaws.length === 0 || monotonic() > end || signal?.aborted) return flaws;
    await sleep(500);
  }
}

/** Refuses machines that keep no promise of time, for they are emulated. */
function assertInTime(lab: Lab): void {
  if (lab.hosts.every(({ agent }) => agent === undefined)) return;
  throw new LabError(
    `chaos holds hosts to ${HEALED_WITHIN} s, and virtual machines here take minutes`,
    'Use hosts in namespaces, or play single faults: `quorumgate lab fault`.',
  );
}

/** Ends whatever faults there may be, those that it knows nothing of too. */
async function healAll(lab: Lab): Promise<void> {
  await lab.fault.heal();
  for (const host of lab.hosts) await (isUp(host) ? lab.fault.thaw(host.name) : lab.fault.reboot(host.name));
  // Hosts that boot start it themselves, and cannot be asked yet.
  for (const host of lab.hosts) await lab.fault.startConsul(host.name).catch(() => {});
}

/** Begins a fault, lets it last, ends it; false when this machine or this moment does not allow it. */
async function playOne(lab: Lab, kind: ChaosKind, choice: Choice, tell: ChaosOptions): Promise<boolean> {
  const pause = (seconds: number) => sleep(seconds * 1000, undefined, { signal: tell.signal }).catch(() => {});
  await pause(choice.pause);
  if (tell.signal?.aborted) return false;
  try {
    for (const line of await kind.begin(lab.fault, choice)) tell.say(`  ${line}`);
  } catch (error) {
    if (!(error instanceof LabError)) throw error;
    tell.say(`  not played: ${error.message}`);
    await healAll(lab);
    return false;
  }
  if (kind.end === undefined) return true;
  await pause(choice.lasts);
  for (const line of await kind.end(lab.fault, choice)) tell.say(`  ${line}`);
  return true;
}

/** Random faults, one at a time, over a client that writes; then everything is healed and checked. */
export async function playChaos(lab: Lab, options: ChaosOptions): Promise<ChaosTold> {
  const { minutes, seed, signal, kinds = KINDS } = options;
  assertInTime(lab);
  const { predicted, one } = await lab.cluster();
  if (!one) throw new LabError('the lab is not one healthy cluster to begin with', 'See `quorumgate lab status`.');
  const began = monotonic();
  const say = (line: string) => options.say(`${(monotonic() - began).toFixed(1).padStart(7)} s  ${line}`);
  const next = random(seed);
  const told = { played: new Map<string, number>(), longestHealing: 0, broken: [] as string[] };
  // Of this run alone: another with the same seed wrote the same numbers.
  const writer = startWriter(lab, `chaos/${seed}/${Math.round(began * 1000)}/`);
  say(`seed ${seed}, cluster ${predicted}: a client writes`);
  try {
    while (monotonic() - began < minutes * 60 && told.broken.length === 0 && !signal?.aborted) {
      const choice = choose(next, kinds, lab.hosts, lab.state.cluster.size);
      const kind = kinds.find(({ name }) => name === choice.kind);
      if (kind === undefined) break;
      say(`${choice.kind}: ${choice.hosts.join(', ')}${choice.beyond ? ' (more than a quorum bears)' : ''}`);
      const played = await playOne(lab, kind, choice, { ...options, say });
      if (signal?.aborted) break;
      // Where that cannot be done it shows below.
      if (kind.name === 'wipe-consul') await options.relearn?.(lab).catch(() => undefined);
      if (played) told.played.set(choice.kind, (told.played.get(choice.kind) ?? 0) + 1);
      // Also after one that was not played to its end: a second disk is never lost while a first one is missing.
      const ended = monotonic();
      const look = async () => [...(await clusterFlaws(lab, predicted)), ...(await consulFlaws(lab))];
      told.broken.push(...(await flawsAfter(look, signal)));
      told.longestHealing = Math.max(told.longestHealing, monotonic() - ended);
      say(`  healthy after ${(monotonic() - ended).toFixed(1)} s; ${writer.soFar().acknowledged.length} writes so far`);
    }
  } catch (error) {
    told.broken.push(`the story broke off: ${reason(error)}`);
  }
  say('healing everything');
  await healAll(lab).catch((error: unknown) => told.broken.push(`healing: ${reason(error)}`));
  if (signal?.aborted) {
    await writer.stop();
    throw new LabError('interrupted', 'The faults were ended; the lab runs on.');
  }
  const look = async () => [...(await clusterFlaws(lab, predicted)), ...(await hostFlaws(lab))];
  told.broken.push(...(await flawsAfter(look)));
  const written = await writer.stop();
  told.broken.push(...(await lostWrites(lab, written)));
  if (written.acknowledged.length === 0) told.broken.push('no write was acknowledged');
  return { ...told, written };
}
