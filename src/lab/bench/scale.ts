/**
 * `npm run bench:scale [-- --consul VERSION --clusters N --rounds N --config JSON --apart]`: one real Consul with a thousand clusters, and what a birth takes in it,
 * beside an empty one, in turns; what a gate that waits, and a cluster that is healthy, cost Consul's server. The clusters' hosts are simulated
 * (`crowd-main.ts`), those of the birth are the bundles that hosts run.
 */

import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, symlinkSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { table } from '../view/table.ts';
import type { Traffic } from './birth.ts';
import { inNamespaces, quantile, withConsul } from './real-consul.ts';
import { remote } from './remote.ts';
import type { Herd, Usage } from './world-main.ts';

const { values } = parseArgs({
  options: {
    consul: { type: 'string', default: '' },
    clusters: { type: 'string', default: '1000' },
    rounds: { type: 'string', default: '5' },
    config: { type: 'string', default: '{}' },
    apart: { type: 'boolean', default: false },
  },
});
const clusters = Number(values.clusters);
const rounds = Number(values.rounds);
const began = performance.now();
const say = (line: string) => console.log(`${((performance.now() - began) / 1000).toFixed(0).padStart(4)} s  ${line}`);

type Ask = ReturnType<typeof remote>;

const worlds: ChildProcess[] = [];

/** Consul and its hosts, in namespaces of their own. */
async function world(work: string, name: string, crowd?: string[]): Promise<Ask> {
  const place = join(work, name);
  mkdirSync(place);
  symlinkSync(join(work, 'consul'), join(place, 'consul'));
  const child = inNamespaces(fileURLToPath(new URL('world-main.ts', import.meta.url)), [], 'ipc');
  worlds.push(child);
  const ask = remote(child);
  await ask('start', { work: place, hosts: 9, crowd, more: JSON.parse(values.config) });
  return ask;
}

const ms = (of: readonly number[]) =>
  `${quantile(of, 0.5).toFixed(0)} ms (${of.map((one) => one.toFixed(0)).join(' ')})`;

/** Births in both worlds in turns, two at a time; the crowd stands still while the quiet world has the machine. */
async function births(quiet: Ask, loaded: Ask, what: string, size = 3, count = rounds): Promise<void> {
  const seen = { quiet: [] as number[], loaded: [] as number[] };
  for (let round = 0; round < count; round += 2) {
    for (let one = round; one < Math.min(count, round + 2); one++) {
      await loaded('calm');
      seen.loaded.push(await loaded<number>('birth', { size }));
    }
    await loaded('calm');
    await loaded('pause', { on: true });
    // Waits end by themselves after ten seconds at most.
    await sleep(2000);
    for (let one = round; one < Math.min(count, round + 2); one++) {
      seen.quiet.push(await quiet<number>('birth', { size }));
    }
    await loaded('pause', { on: false });
  }
  const ratio = quantile(seen.loaded, 0.5) / quantile(seen.quiet, 0.5);
  say(`birth of ${size}, ${what}: ${ms(seen.loaded)}; in an empty Consul ${ms(seen.quiet)}; ratio ${ratio.toFixed(2)}`);
}

/** Each read by itself, without a birth. */
async function reads(quiet: Ask, loaded: Ask): Promise<void> {
  type Reads = Record<'candidates' | 'keys' | 'dns', number>;
  const [there, here] = [await loaded<Reads>('reads'), await quiet<Reads>('reads')];
  const shown = (['candidates', 'keys', 'dns'] as const).map(
    (name) => `${name} ${there[name].toFixed(1)} (in an empty Consul ${here[name].toFixed(1)})`,
  );
  say(`one read, ms: ${shown.join(', ')}`);
}

const rate = (before: Usage, after: Usage, of: (usage: Usage) => number) =>
  ((of(after) - of(before)) * 1000) / (after.at - before.at);

/** Load that is there when nothing changes; resolves to the server's share of a core. */
async function idle(loaded: Ask, what: string, seconds: number): Promise<number> {
  const before = await loaded<Usage>('usage');
  await sleep(seconds * 1000);
  const after = await loaded<Usage>('usage');
  const cpu = rate(before, after, (usage) => usage.cpu);
  const crowd = rate(before, after, (usage) => usage.crowdCpu);
  const applied = rate(before, after, (usage) => usage.applied);
  const requests = rate(before, after, (usage) => usage.crowd.requests);
  const bytes = rate(before, after, (usage) => usage.crowd.bytes);
  say(
    `${what}: server ${(cpu * 100).toFixed(1)} % of a core, ${after.memory.toFixed(0)} MB, ${applied.toFixed(1)} entries of Raft/s; ` +
      `gates ${requests.toFixed(0)} requests/s, ${(bytes / 1000).toFixed(0)} kB/s; simulated hosts and their agent ${(crowd * 100).toFixed(0)} %`,
  );
  return cpu;
}

/** A change of somebody else's, while all wait. */
async function herds(loaded: Ask, gates: number): Promise<void> {
  const all: Herd[] = [];
  for (let i = 0; i < 3; i++) all.push(await loaded<Herd>('herd'));
  const median = (of: (herd: Herd) => number) => quantile(all.map(of), 0.5);
  const per = (value: number) => (value / gates).toFixed(2);
  say(
    `one change, ${gates} gates wait: all wait again after ${median((one) => one.milliseconds).toFixed(0)} ms; server ` +
      `${median((one) => one.cpu).toFixed(2)} s of CPU, ${per(median((one) => one.cpu * 1000))} ms a gate; simulated hosts and their agent ` +
      `${median((one) => one.crowdCpu).toFixed(2)} s; a gate ${per(median((one) => one.requests))} requests, ${per(median((one) => one.bytes))} bytes`,
  );
}

function showTraffic(traffic: readonly [string, Traffic][], seconds: number): void {
  const rows = traffic.map(([kind, { count, sent, received }]) => [
    kind,
    String(count),
    String(sent),
    String(received),
  ]);
  say(`one gate that waits, ${seconds} s:`);
  process.stdout.write(table([['REQUEST', 'COUNT', 'BYTES SENT', 'BYTES RECEIVED'], ...rows]));
}

async function storm(loaded: Ask): Promise<void> {
  const [before, after] = await loaded<[Usage, Usage]>('storm', { perSecond: 10, seconds: 10 });
  const gates = after.crowd.gates;
  const requests = rate(before, after, (usage) => usage.crowd.requests);
  const cpu = rate(before, after, (usage) => usage.cpu);
  say(
    `10 changes/s, ${gates} gates wait: ${requests.toFixed(0)} requests/s, ${(requests / gates).toFixed(2)} a gate; server ` +
      `${(cpu * 100).toFixed(0)} % of a core`,
  );
}

/** Gates that wait, more and more, until all are there or the next step would take more than the machine has. */
async function gates(quiet: Ask, loaded: Ask): Promise<void> {
  const steps = [0.05, 0.1, 0.5, 1].map((share) => Math.round(share * clusters));
  for (const [step, to] of steps.entries()) {
    await loaded('crowd', { what: 'waiting', from: steps[step - 1] ?? 0, to });
    await loaded('calm');
    const cpu = await idle(loaded, `with ${2 * to} gates that wait`, 21);
    await herds(loaded, 2 * to);
    await births(quiet, loaded, `with ${2 * to} gates that wait`, 3, Math.min(rounds, 4));
    const next = steps[step + 1];
    if (next !== undefined && (cpu * next) / to > cpus().length) {
      say(`not tried: ${2 * next} gates would keep Consul's server busier than the ${cpus().length} cores here can be`);
      return;
    }
  }
}

async function measure(quiet: Ask, loaded: Ask): Promise<void> {
  const again = await quiet<number>('again');
  say(`entries of Raft for a registration that the agent has already: ${again}`);
  showTraffic(await quiet<[string, Traffic][]>('watchGate', { seconds: 21 }), 21);
  await births(quiet, loaded, 'both empty', 3, 2);
  await idle(loaded, 'nothing there', 5);
  await loaded('crowd', { what: 'healthy', from: 0, to: clusters });
  const { keys, bytes, catalog } = await loaded<{ keys: number; bytes: number; catalog: number }>('kept');
  say(`a healthy cluster of 3: ${keys} keys of ${bytes} bytes, ${catalog} bytes of the catalog as JSON`);
  await idle(loaded, `${clusters} healthy clusters that do nothing`, 10);
  await reads(quiet, loaded);
  await births(quiet, loaded, `beside ${clusters} healthy clusters`);
  await births(quiet, loaded, `beside ${clusters} healthy clusters`, 9, 2);
  await loaded('crowd', { what: 'keepRecords', again: again > 0.5 });
  await sleep(5000);
  await idle(loaded, `${clusters} healthy clusters that look after their records each minute`, 20);
  await births(quiet, loaded, 'beside the same', 3, 2);
  await gates(quiet, loaded);
  await storm(loaded);
}

async function main(work: string, version: string): Promise<void> {
  say(`Consul ${version}`);
  const [quiet, loaded] = await Promise.all([
    world(work, 'quiet'),
    world(work, 'loaded', values.apart ? ['--apart'] : []),
  ]);
  await measure(quiet, loaded);
}

const stopped = new Promise<never>((_, fail) => {
  // Not `once`: who listens after us would see nobody listen, and end the process before all is taken down.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => fail(new Error(signal)));
});
stopped.catch(() => undefined);

await withConsul(async (work, version) => {
  try {
    await Promise.race([main(work, version), stopped]);
  } finally {
    for (const child of worlds) child.kill('SIGKILL');
    await Promise.all(worlds.map((child) => child.exitCode ?? child.signalCode ?? once(child, 'exit')));
  }
}, values.consul);
