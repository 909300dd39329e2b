import test from 'ava';
import fc from 'fast-check';
import { loadAssets } from '../io/assets.ts';
import { buildPlans } from '../plan/build.ts';
import { withOwnScript } from '../plan/script.ts';
import type { Spec } from '../spec/defaults.ts';
import { readSpec } from '../spec/read.ts';

import { WITHOUT_PROGRAMS } from '../spec/reference.ts';
import { secretIn } from '../spec/secret.ts';
import { type HostTree, plannedTree, undeclared, unequal } from './host-tree.ts';
import { targets } from './index.ts';
import { noise } from './noise.ts';
import { specs } from './spec-corpus.ts';
import type { Target } from './target.ts';

/** Every target's bytes, read by the rules of the system that takes them, come to the plan. */
const loaded = await loadAssets();
/** By the length of the sidekick a document goes through all of its forms. */
const assetsWith = (length: number) => ({
  ...loaded,
  sidekicks: { 'etcd-sidekick': `#!/opt/quorumgate/bin/node\nüñ\n${noise(length)}` },
});

const FETCHED = `${WITHOUT_PROGRAMS}programs: {node: image}\ndocuments: {baseUrl: "https://x.example/"}\n`;
/** As a cloud has it that is EC2, and as one that is not. */
const elsewhere = FETCHED.replace('metadata: ec2', 'cidr: 10.0.0.0/16');
const proxy = 'environment: {httpsProxy: "https://proxy.example.com:3128"}\n';
const fetchable = [FETCHED + proxy, elsewhere + proxy, FETCHED].map((text) => readSpec(text, 'x', ['aws']).spec);

/** The targets that fetch what is over the limit of some place, each with a sidekick that is; the others take a document of any size. */
const limited = targets.flatMap((target) => {
  const fetched = fetchable.find((spec) => spec !== undefined && (target.check?.(spec) ?? []).length === 0);
  if (fetched === undefined) return [];
  const emit = (length: number) => {
    const assets = assetsWith(length);
    return target.emit(buildPlans(fetched, assets), assets, fetched);
  };
  const limit = Math.max(...emit(0).documents.map((document) => document.limit.bytes));
  const fetches = emit(0).documents.some(({ forms = [] }) => forms.some((form) => /fetched|by URL/.test(form)));
  return fetches ? [{ target, spec: fetched, length: 2 * limit, output: emit(2 * limit) }] : [];
});

const decoder = new TextDecoder();

/** Cases that the comparisons came by. */
const seen = {
  differences: new Set<string>(),
  forms: new Set<string>(),
  taken: new Set<string>(),
  targets: new Map<string, number>(),
};

/** Paths at which a target's bytes do not come to the plan, and no declaration says so. */
function strays(target: Target, read: Spec, length: number): string[] {
  const assets = assetsWith(length);
  const { spec } = withOwnScript(read, assets);
  if ((target.check?.(spec) ?? []).length > 0) return [];
  const plans = buildPlans(spec, assets);
  const { documents, shared = [] } = target.emit(plans, assets, spec);
  const trees = target.interpret([...documents.flatMap(({ files }) => files), ...shared]);
  seen.targets.set(target.name, (seen.targets.get(target.name) ?? 0) + 1);
  for (const { form, forms = [] } of documents) {
    if (form !== undefined) seen.taken.add(`${target.name}: ${form}`);
    for (const one of forms) seen.forms.add(`${target.name}: ${one}`);
  }
  // A hash or a public key that looked like one would be seen here too.
  for (const { files } of trees.values())
    for (const [path, { bytes }] of files) {
      const what = secretIn(decoder.decode(bytes));
      if (what !== undefined) throw new Error(`${target.name}: ${what} in ${path}`);
    }
  return plans.flatMap((plan) => {
    const paths = unequal(plannedTree(plan), trees.get(plan.role) ?? { files: new Map(), enabled: [] });
    for (const path of paths) seen.differences.add(`${target.name}: ${path}`);
    return undeclared(paths, target.differs ?? []).map((path) => `${target.name}/${plan.role}: ${path}`);
  });
}

test('every target comes to the plan in each of its forms, but for what it declares', (t) => {
  let [count, wishes] = [0, 0];
  fc.assert(
    fc.property(specs, fc.constantFrom(0, 8_000, 40_000), (text, length) => {
      const { spec, diagnostics } = readSpec(text, 'x', ['aws']);
      t.deepEqual(diagnostics, [], text);
      if (spec === undefined) return;
      count += 1;
      if (spec.extra !== undefined) wishes += 1;
      for (const target of targets) t.deepEqual(strays(target, spec, length), [], text);
    }),
    { numRuns: 640, seed: 5 },
  );
  t.true(count >= 300, `${count} specs`);
  t.true(wishes >= 200, `${wishes} with extra`);
  for (const { target, spec, length } of limited) t.deepEqual(strays(target, spec, length), [], target.name);
  for (const { name } of targets) t.true((seen.targets.get(name) ?? 0) >= 30, `${name}: ${seen.targets.get(name)}`);
  t.deepEqual([...seen.taken].sort(), [...seen.forms].sort(), 'each form');
  const declared = targets.flatMap(({ name, differs = [] }) => differs.map(({ path }) => `${name}: ${path}`));
  t.deepEqual(
    declared.filter((one) => !seen.differences.has(one)),
    [],
    'declared, and never seen',
  );
});

test('what is fetched and is not what it should be is refused by each target that fetches', (t) => {
  t.true(limited.length >= 4);
  for (const { target, output } of limited) {
    const [{ uploads = [], files: own } = { files: [] }] = output.documents;
    const files = [...own, ...(output.shared ?? [])];
    t.is(uploads.length, 1, target.name);
    t.notThrows(() => target.interpret(files));
    const changed = (change: (bytes: Uint8Array) => Uint8Array) =>
      files.map((file) => (file.path === uploads[0]?.path ? { ...file, bytes: change(file.bytes) } : file));
    t.throws(() => target.interpret(changed((bytes) => bytes.slice(1))), { message: /hash/ }, target.name);
    t.throws(() => target.interpret(files.filter(({ path }) => path !== uploads[0]?.path)), { message: /not among/ });
  }
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
