// `npm run bench:boot [-- --runs N --size N]`: how much longer than a hand-written static cluster, and where it goes.

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { Compiled } from '../../compile.ts';
import { loadAssets } from '../../io/assets.ts';
import type { Spec } from '../../spec/defaults.ts';
import { monotonic } from '../host/host.ts';
import { boot, compileForLab, type Lab } from '../lab.ts';
import { median } from '../view/phases.ts';
import { table } from '../view/table.ts';
import { PROPERTIES, parseUnits, type UnitState } from '../view/unit-state.ts';
import { staticUserData } from './static.ts';

const TIMEOUT = 120;
const PHASES = ['cloud-init', 'first unit', 'programs', 'registered', 'etcd starts', 'healthy'] as const;
/** Seconds between the start of the first host and the end of each phase on the last. */
type Run = Record<(typeof PHASES)[number], number | undefined> & { healthy: number };

const { values } = parseArgs({
  options: { runs: { type: 'string', default: '5' }, size: { type: 'string', default: '3' } },
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

interface Subject {
  compiled: Compiled;
  spec: Spec;
  directory: string;
}

async function run({ compiled, spec, directory }: Subject, isStatic: boolean): Promise<Run> {
  const hand = (host: { name: string; address: string }) => ({
    path: '/var/lib/cloud/seed/nocloud/user-data',
    mode: 0o600,
    content: staticUserData(spec, host.name, host.address),
  });
  const lab = await boot(compiled.files, spec, {
    directory,
    say,
    ...(isStatic ? { hostFiles: (host) => [hand(host)] } : {}),
  });
  try {
    return await measure(lab);
  } finally {
    await lab.down();
  }
}

function report(compiled: Run[], byHand: Run[]): void {
  const times = (runs: Run[]) => runs.map(({ healthy }) => healthy.toFixed(1)).join(' ');
  const [a, b] = [compiled, byHand].map((runs) => median(runs.map(({ healthy }) => healthy)));
  say(`\ncompiled by quorumgate: ${times(compiled)}; median ${a?.toFixed(1)} s`);
  say(`hand-written static:    ${times(byHand)}; median ${b?.toFixed(1)} s`);
  say(`ratio ${((a ?? 0) / (b ?? 1)).toFixed(2)}, from the first host's start to every member healthy\n`);
  const at = (runs: Run[], phase: (typeof PHASES)[number]) => {
    const seen = runs.map((one) => one[phase]).filter((value) => value !== undefined);
    return seen.length === 0 ? '-' : median(seen).toFixed(1);
  };
  const rows = PHASES.map((phase) => [phase, at(compiled, phase), at(byHand, phase)]);
  process.stdout.write(table([['ENDS AT (MEDIAN S)', 'COMPILED', 'STATIC'], ...rows]));
}

async function main(): Promise<void> {
  const directory = mkdtempSync('/var/lib/quorumgate-bench-');
  try {
    const file = fileURLToPath(new URL('../../../examples/mycluster.yaml', import.meta.url));
    const text = readFileSync(file, 'utf8');
    const options = { text, file, assets: await loadAssets(), size: Number(values.size), directory, say };
    const { compiled } = await compileForLab(options);
    if (compiled.spec === undefined) throw new Error(`${file} does not compile`);
    const subject = { compiled, spec: compiled.spec, directory: join(directory, 'lab') };
    const runs: { compiled: Run[]; byHand: Run[] } = { compiled: [], byHand: [] };
    for (let round = 1; round <= Number(values.runs); round++) {
      runs.compiled.push(await run(subject, false));
      runs.byHand.push(await run(subject, true));
      say(
        `round ${round}: ${runs.compiled.at(-1)?.healthy.toFixed(1)} s compiled, ${runs.byHand.at(-1)?.healthy.toFixed(1)} s static`,
      );
    }
    report(runs.compiled, runs.byHand);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

await main();
