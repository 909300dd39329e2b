import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test from 'ava';
import fc from 'fast-check';
import { compile } from '../compile.ts';
import { sha256 } from '../format/hash.ts';
import { loadAssets } from '../io/assets.ts';
import { resolveReleases } from '../io/release/resolve.ts';
import { targets } from '../target/index.ts';
import { CONTEXTS, type Context, INDEXES } from './effect-testing.ts';
import { printLock } from './lock.ts';
import { wantedReleases } from './locked.ts';
import { child, parent, segments } from './pointer.ts';
import { readSpec } from './read.ts';
import { mapping, mappings, type SchemaNode, specSchema, words } from './schema/tree.ts';
import { check } from './validators.ts';

// A key that is accepted has an effect: two valid specs that differ in it alone differ in an output, or in a diagnostic.
const assets = await loadAssets();
const folder = mkdtempSync(path.join(tmpdir(), 'quorumgate-effect-'));
test.before(() => {
  for (const [name, releases] of Object.entries(INDEXES))
    writeFileSync(path.join(folder, name), JSON.stringify(releases));
});
test.after.always(() => rmSync(folder, { recursive: true }));

/** Values that no pattern gives: names of what is there. */
const VALUES: Readonly<Record<string, readonly unknown[]>> = {
  '/releases/index': Object.keys(INDEXES),
  '/targets': targets.map(({ name }) => [name]),
};

/** Two strings that a node's pattern takes. */
function samples({ pattern = '', maxLength = Number.POSITIVE_INFINITY }: SchemaNode): string[] {
  const fits = fc.stringMatching(new RegExp(pattern)).filter(({ length }) => length <= maxLength);
  return fc.sample(fits, { numRuns: 2, seed: 1 });
}

/** Values of a key, from its node alone: those that mean something to people first. */
function values(node: SchemaNode, pointer: string): unknown[] {
  const given = Object.entries(VALUES).find(([top]) => pointer.startsWith(top))?.[1];
  if (given !== undefined) return [...given];
  const { default: fallback, examples = [], minimum, maximum, items } = node;
  const said = [...(fallback === undefined ? [] : [fallback]), ...examples, ...words(node)];
  const numbers = [minimum, maximum].filter((one) => one !== undefined);
  const switches = node.type === 'boolean' ? [true, false] : [];
  const lists = items?.pattern === undefined ? [] : samples(items).map((one) => [one]);
  const strings = node.type === 'string' && node.enum === undefined ? samples(node) : [];
  return [...said, ...numbers, ...switches, ...lists, ...strings].filter((value) => !isMapping(value));
}

const isMapping = (value: unknown) => typeof value === 'object' && !Array.isArray(value);

/** Every key that is no mapping alone, with its node. */
const leaves = mappings(specSchema()).flatMap(({ pointer, node }) =>
  Object.entries(mapping(node).properties ?? {})
    .filter(([, inner]) => inner.properties === undefined)
    .map(([key, inner]) => ({ pointer: child(pointer, key), node: inner, holder: node })),
);

/** The spec with another value in one place; undefined where it has no such place. */
function withValue(spec: object, pointer: string, value: unknown, holderNode: SchemaNode): object | undefined {
  const copy = structuredClone(spec);
  const [last = ''] = segments(pointer).slice(-1);
  let holder: unknown = copy;
  for (const key of segments(parent(pointer) ?? '')) holder = (holder as Record<string, unknown>)[key] ?? '';
  if (typeof holder !== 'object' || holder === null) return undefined;
  // Exactly one of its keys is there.
  if (holderNode.maxProperties === 1) for (const key of Object.keys(holder)) Reflect.deleteProperty(holder, key);
  Object.assign(holder, { [last]: value });
  return copy;
}

/** All that a user gets to see of a spec, target by target, and of its lock file. */
async function* seen(spec: object, { locked }: Context): AsyncGenerator<string> {
  const file = 'cluster.yaml';
  for (const { name } of targets) {
    const text = JSON.stringify('targets' in spec ? spec : { ...spec, targets: [name] });
    const lock = { file: 'cluster.lock.yaml', text: printLock(locked ?? {}) };
    const { files, diagnostics, report } = compile(text, { file, assets, lock });
    yield JSON.stringify([
      files.map(({ path: name, bytes }) => [name, sha256(bytes)]),
      diagnostics.map(({ code, message, pointer, severity }) => [code, message, pointer, severity]),
      report,
    ]);
  }
  const { spec: read } = readSpec(JSON.stringify({ targets: ['aws'], ...spec }), file, ['aws']);
  const wanted = read === undefined ? [] : wantedReleases(read);
  if (wanted.length === 0) return;
  const found = await resolveReleases(wanted, { index: read?.releases?.index ?? {}, folder, hashFiles: false });
  yield JSON.stringify(found);
}

async function differ(one: object, other: object, context: Context): Promise<boolean> {
  const second = seen(other, context);
  for await (const text of seen(one, context)) if ((await second.next()).value !== text) return true;
  return (await second.next()).done !== true;
}

/** A word that stands for a mapping, and one of several keys, may have no other value: then what the context has is the other. */
async function hasEffect(pointer: string, node: SchemaNode, holder: SchemaNode): Promise<boolean> {
  for (const context of CONTEXTS) {
    const alone = holder.maxProperties === 1 || node.else !== undefined ? [context.spec] : [];
    const all = values(node, pointer).map((value) => withValue(context.spec, pointer, value, holder));
    const specs = [...alone, ...all].filter((spec) => spec !== undefined);
    const valid = specs.filter((spec) => check('spec', { targets: ['aws'], ...structuredClone(spec) }).length === 0);
    for (const other of valid.slice(1)) if (await differ(valid[0] ?? {}, other, context)) return true;
  }
  return false;
}

for (const { pointer, node, holder } of leaves) {
  if (node.const !== undefined) continue;
  test(`has an effect: ${pointer}`, async (t) => {
    t.true(await hasEffect(pointer, node, holder));
  });
}
