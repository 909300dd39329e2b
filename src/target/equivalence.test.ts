import { existsSync } from 'node:fs';
import test from 'ava';
import fc from 'fast-check';
import { loadAssets } from '../io/assets.ts';
import { buildPlans } from '../plan/build.ts';
import { readSpec } from '../spec/read.ts';
import { type HostTree, plannedTree, undeclared, unequal } from './host-tree.ts';
import { targets } from './index.ts';
import { specs } from './spec-corpus.ts';
import type { OutputFile } from './target.ts';

/** Every target's bytes, read by the rules of the system that takes them, come to the plan. */
const loaded = await loadAssets();
const assets = { ...loaded, sidekicks: { 'etcd-sidekick': '#!/opt/quorumgate/bin/node\nüñ\n' } };

type Interpret = (files: readonly OutputFile[]) => Map<string, HostTree>;
const interpreters = new Map<string, Interpret>();
for (const { name } of targets) {
  const file = new URL(`${name}/interpret.ts`, import.meta.url);
  if (!existsSync(file)) continue;
  const functions = Object.entries((await import(file.href)) as Record<string, Interpret>);
  const found = functions.find(
    ([key]) => key === `interpret${name.replace(/(^|-)./g, (start) => start.slice(-1).toUpperCase())}`,
  );
  if (found !== undefined) interpreters.set(name, found[1]);
}

test('every target has an interpreter: interpretNAME in NAME/interpret.ts', (t) => {
  t.deepEqual(
    [...interpreters.keys()],
    targets.map(({ name }) => name),
  );
});

test('every target comes to the plan, but for what it declares', (t) => {
  const compared = new Map<string, number>();
  const seen = new Set<string>();
  let count = 0;
  fc.assert(
    fc.property(specs, (text) => {
      const { spec, diagnostics } = readSpec(text, 'x', ['aws']);
      t.deepEqual(diagnostics, [], text);
      if (spec === undefined) return;
      count += 1;
      const plans = buildPlans(spec, assets);
      for (const target of targets) {
        const interpret = interpreters.get(target.name);
        if (interpret === undefined || (target.check?.(spec) ?? []).length > 0) continue;
        const trees = interpret(plans.flatMap((plan) => target.emit(plan, assets, spec).files));
        for (const plan of plans) {
          const paths = unequal(plannedTree(plan), trees.get(plan.role) ?? { files: new Map(), enabled: [] });
          t.deepEqual(undeclared(paths, target.differs ?? []), [], `${target.name}/${plan.role}\n${text}`);
          for (const path of paths) seen.add(`${target.name}: ${path}`);
        }
        compared.set(target.name, (compared.get(target.name) ?? 0) + 1);
      }
    }),
    { numRuns: 300, seed: 4 },
  );
  t.true(count >= 300, `${count} specs`);
  for (const name of interpreters.keys()) t.true((compared.get(name) ?? 0) >= 30, `${name}: ${compared.get(name)}`);
  const declared = targets.flatMap(({ name, differs = [] }) => differs.map(({ path }) => `${name}: ${path}`));
  t.deepEqual(
    declared.filter((one) => !seen.has(one)),
    [],
    'declared, and never seen',
  );
});

test('a difference that is not declared is found', (t) => {
  const entry = { mode: 0o644, owner: 'root', bytes: new Uint8Array([1]) };
  const one: HostTree = { files: new Map([['/a', entry]]), enabled: ['a.service'] };
  t.deepEqual(unequal(one, one), []);
  for (const other of [
    { ...entry, mode: 0o755 },
    { ...entry, owner: 'etcd' },
    { ...entry, bytes: new Uint8Array([2]) },
    undefined,
  ]) {
    const files = new Map(other === undefined ? [] : [['/a', other] as const]);
    t.deepEqual(unequal(one, { ...one, files }), ['/a']);
  }
  t.deepEqual(unequal(one, { ...one, enabled: [] }), ['/etc/systemd/system/a.service']);
  t.deepEqual(undeclared(['/a', '/b'], [{ path: '/a', why: '' }]), ['/b']);
});
