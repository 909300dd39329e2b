/**
 * `npm run bench:boot [-- --runs N --size N]`: how much longer than a hand-written static cluster, with programs fetched and programs of
 * the image, and where it goes.
 */

import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { unzipSync } from 'fflate';
import { type Compiled, compile } from '../../compile.ts';
import { loadAssets } from '../../io/assets.ts';
import { median } from '../../report/steps.ts';
import type { Spec } from '../../spec/defaults.ts';
import { STAND_INS } from '../compile/overlay.ts';
import { monotonic } from '../host/host.ts';
import { storeDirectory } from '../image/program/artifacts.ts';
import { boot, compileForLab, type Lab, layoutOf } from '../lab.ts';
import { run as machine } from '../machine/command.ts';
import { table } from '../view/table.ts';
import { PROPERTIES, parseUnits, type UnitState } from '../view/unit-state.ts';
import { BAKED, staticUserData } from './static.ts';

const TIMEOUT = 120;
const PHASES = ['cloud-init', 'first unit', 'programs', 'registered', 'etcd starts', 'healthy'] as const;
/** Seconds between the start of the first host and the end of each phase on the last. */
type Run = Record<(typeof PHASES)[number], number | undefined> & { healthy: number };

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '5' },
    size: { type: 'string', default: '3' },
  },
});
const say = (line: string) => process.stdout.write(`${line}\n`);

const UNITS = ['quorumgate-host', 'quorumgate-program@etcd', 'etcd-register-server', 'etcd', 'cloud-final'].map(
  (name) => `${name}.service`,
);

/** By systemd's own stamps: looking more often than this would slow both sides down. */
async function unitsWhenHealthy(lab: Lab, name: string): Promise<Map<string, UnitState>> {
  const end = monotonic() + TIMEOUT;
  for (;;) {
    const shown = await lab.exec(name, ['systemctl', 'show', '-p', PROPERTIES.join(','), ...UNITS]);
    const units = parseUnits(shown.stdout);
    // etcd says READY once its member is part of a cluster with a leader.
    if (units.get('etcd.service')?.active === 'active') return units;
    if (monotonic() > end) throw new Error(`${name} was not healthy after ${TIMEOUT} s`);
    await sleep(300);
  }
}

async function measure(lab: Lab): Promise<Run> {
  const seen = await Promise.all(lab.hosts.map(({ name }) => unitsWhenHealthy(lab, name)));
  const health = await Promise.all(
    lab.hosts.map(({ name }) => lab.exec(name, ['curl', '-sf', 'http://127.0.0.1:2381/health'])),
  );
  if (health.some(({ stdout }) => !stdout.includes('"true"'))) throw new Error('a member is not healthy');
  const first = Math.min(...lab.hosts.map(({ startedAt }) => startedAt ?? Number.NaN));
  const last = (at: (units: Map<string, UnitState>) => number | undefined) => {
    const times = seen.map(at).filter((time) => time !== undefined);
    return times.length === 0 ? undefined : Math.max(...times) - first;
  };
  const stamps: Record<(typeof PHASES)[number], number | undefined> = {
    'cloud-init': last((units) => units.get('cloud-final.service')?.mainStartedAt),
    'first unit': last((units) => units.get('quorumgate-host.service')?.mainStartedAt),
    programs: last((units) => units.get('quorumgate-program@etcd.service')?.activeAt),
    registered: last((units) => units.get('etcd-register-server.service')?.mainExitedAt),
    'etcd starts': last((units) => units.get('etcd.service')?.mainStartedAt),
    healthy: last((units) => units.get('etcd.service')?.activeAt),
  };
  return { ...stamps, healthy: stamps.healthy ?? Number.NaN };
}

/** Hosts to boot: as they were compiled, or by hand; programs fetched, or of the image. */
interface Subject {
  name: string;
  compiled: Compiled;
  spec: Spec;
  isStatic: boolean;
  /** Laid over the image. */
  layer?: string;
}

async function run({ compiled, spec, isStatic, layer }: Subject, directory: string): Promise<Run> {
  const hand = (host: { name: string; address: string }) => ({
    path: '/var/lib/cloud/seed/nocloud/user-data',
    mode: 0o600,
    content: staticUserData(spec, host.name, host.address),
  });
  const hostFiles = isStatic ? { hostFiles: (host: { name: string; address: string }) => [hand(host)] } : {};
  const lab = await boot(compiled.files, spec, { directory, say, layer, ...hostFiles });
  try {
    return await measure(lab);
  } finally {
    await lab.down();
  }
}

/** A layer with the programs that a spec for the lab has by URL, out of the lab's store. */
async function bake({ programs }: Spec, work: string): Promise<string> {
  const unpacked = join(work, 'unpacked');
  const layer = join(work, 'layer');
  const bin = join(layer, BAKED);
  mkdirSync(unpacked, { recursive: true });
  mkdirSync(bin, { recursive: true });
  for (const program of ['consul', 'etcd'] as const) {
    const source = programs[program];
    if (typeof source !== 'object') throw new Error(`the lab serves ${program} by URL`);
    const archive = join(storeDirectory(layoutOf().cache), basename(source.url));
    if (!archive.endsWith('.zip')) await machine('tar', ['-xzf', archive, '-C', unpacked]);
    else
      for (const [name, bytes] of Object.entries(unzipSync(readFileSync(archive))))
        writeFileSync(join(unpacked, name), bytes);
  }
  for (const entry of readdirSync(unpacked, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !['consul', 'etcd', 'etcdctl'].includes(entry.name)) continue;
    renameSync(join(entry.parentPath, entry.name), join(bin, entry.name));
    chmodSync(join(bin, entry.name), 0o755);
  }
  return layer;
}

async function subjects(directory: string): Promise<Subject[]> {
  const file = fileURLToPath(new URL('../../../examples/mycluster.yaml', import.meta.url));
  const text = readFileSync(file, 'utf8');
  const assets = await loadAssets();
  const { compiled } = await compileForLab({ text, file, assets, size: Number(values.size), directory, say });
  const { spec } = compiled;
  if (spec === undefined) throw new Error(`${file} does not compile`);
  const inImage: Spec = { ...spec, programs: { ...spec.programs, consul: 'image', etcd: 'image' } };
  const baked = compile(text, { file, assets, excuse: STAND_INS, overlay: () => inImage });
  const layer = await bake(spec, join(directory, 'baked'));
  return [
    { name: 'fetched, compiled', compiled, spec, isStatic: false },
    { name: 'fetched, static', compiled, spec, isStatic: true },
    { name: 'baked, compiled', compiled: baked, spec: inImage, isStatic: false, layer },
    { name: 'baked, static', compiled: baked, spec: inImage, isStatic: true, layer },
  ];
}

function report(names: string[], runs: Run[][]): void {
  const healthy = runs.map((those) => median(those.map((one) => one.healthy)));
  say('');
  for (const [index, name] of names.entries()) {
    const times = runs[index]?.map((one) => one.healthy.toFixed(1)).join(' ');
    say(`${name.padEnd(17)}  ${times}; median ${healthy[index]?.toFixed(1)} s`);
  }
  for (const at of [0, 2]) {
    const ratio = (healthy[at] ?? 0) / (healthy[at + 1] ?? 1);
    say(`${names[at]} against static: ${ratio.toFixed(2)}, from the first host's start to every member healthy`);
  }
  const at = (those: readonly Run[], phase: (typeof PHASES)[number]) => {
    const seen = those.map((one) => one[phase]).filter((value) => value !== undefined);
    return seen.length === 0 ? '-' : median(seen).toFixed(1);
  };
  const rows = PHASES.map((phase) => [phase, ...runs.map((those) => at(those, phase))]);
  process.stdout.write(table([['ENDS AT (MEDIAN S)', ...names.map((name) => name.toUpperCase())], ...rows]));
}

async function main(): Promise<void> {
  const directory = mkdtempSync('/var/lib/quorumgate-bench-');
  try {
    const all = await subjects(directory);
    const runs: Run[][] = all.map(() => []);
    for (let round = 1; round <= Number(values.runs); round++) {
      for (const [index, subject] of all.entries()) runs[index]?.push(await run(subject, join(directory, 'lab')));
      say(
        `round ${round}: ${all.map(({ name }, index) => `${name} ${runs[index]?.at(-1)?.healthy.toFixed(1)} s`).join(', ')}`,
      );
    }
    report(
      all.map(({ name }) => name),
      runs,
    );
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

await main();
