// `npm run test:attack [-- --minutes N --tls --seed N --size N]`: liars and disks that go back, beside a client that writes.

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { loadAssets } from '../../io/assets.ts';
import { chaosReport, compileForLab, hostsOf, networkOf, throwawayCertificates, up } from '../lab.ts';
import { allKeys, nobodyOn, stranger } from './attacker.ts';
import { VOLUME } from './disk-attacks.ts';
import { playAttacks } from './play.ts';
import { beginLies, clean } from './words.ts';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    size: { type: 'string', default: '3' },
    tls: { type: 'boolean', default: false },
  },
});
const say = (line: string) => process.stdout.write(`${line}\n`);

/** The example with TLS, or the same without. */
function spec(): string {
  const text = readFileSync(fileURLToPath(new URL('../../../examples/tls.yaml', import.meta.url)), 'utf8');
  const impatient = text.replace(/\netcd:\n {2}version: \S+/, '$&\n  replaceDeadAfter: 10');
  if (impatient === text) throw new Error('examples/tls.yaml has no version of etcd where one is looked for');
  return values.tls ? impatient : `${impatient.replace(/\ntls:\n(?:[ #].*\n)*/, '\n')}tls: off\n`;
}

// Whoever ends it wants the lab gone as well.
const stop = new AbortController();
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(name, () => stop.abort());

const directory = mkdtempSync('/var/lib/quorumgate-attack-');
let failed = true;
try {
  const source = { text: spec(), file: 'attack.yaml', assets: await loadAssets(), size: Number(values.size) };
  const { compiled } = await compileForLab({ ...source, directory });
  if (compiled.spec === undefined) throw new Error(JSON.stringify(compiled.diagnostics));
  const certificates = await throwawayCertificates(compiled.spec, hostsOf(compiled.spec, networkOf(compiled.spec)));
  const lab = await up({
    ...source,
    directory,
    hostFiles: ({ name }) => [...(certificates.get(name) ?? []), ...VOLUME],
  });
  try {
    const { predicted, rows } = await lab.cluster();
    const keys = await allKeys(nobodyOn(lab, 'etcd-1'), 'mycluster');
    const { generation } = JSON.parse(keys.get('etcd3/mycluster/bootstrap') ?? '') as { generation: number };
    const alien = await stranger(lab);
    await beginLies(
      alien,
      predicted,
      rows.map(({ memberId: id, name }) => ({ id, name })),
    );
    const speakers = [
      { who: 'a stranger', voice: alien.voice },
      { who: 'nobody on etcd-2', voice: nobodyOn(lab, 'etcd-2') },
    ];
    const [minutes, seed] = [Number(values.minutes), Number(values.seed)];
    const told = await playAttacks(lab, {
      minutes,
      seed,
      say,
      speakers,
      predicted,
      generation,
      signal: stop.signal,
      clean: () => clean(nobodyOn(lab, 'etcd-2')),
    });
    say(`\n${values.tls ? 'TLS' : 'plain'}, seed ${seed}\n${chaosReport(told)}`);
    failed = told.broken.length > 0;
  } finally {
    await lab.down();
  }
} finally {
  rmSync(directory, { recursive: true, force: true });
}
process.exitCode = failed ? 1 : 0;
