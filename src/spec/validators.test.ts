import test from 'ava';
import * as esbuild from 'esbuild';
import fc from 'fast-check';
import { load } from 'js-yaml';
import { validators } from '../../.ci/bundle-cli.mjs';
import { common } from '../../build.mjs';
import { specs } from '../target/spec-corpus.ts';
import { printLock } from './lock.ts';
import * as own from './validators.ts';

const root = new URL('../..', import.meta.url).pathname;

/** The module that the build puts in the place of validators.ts. */
async function built(): Promise<typeof own> {
  const contents = await validators(root, common);
  const { outputFiles } = await esbuild.build({ ...common, stdin: { contents, resolveDir: root }, format: 'esm' });
  const text = Buffer.from(outputFiles[0]?.text ?? '').toString('base64');
  return import(`data:text/javascript;base64,${text}`);
}

const lock = load(
  printLock({ etcd: { version: '3.7.3', arch: 'amd64', url: 'https://a/b', sha256: 'ab'.repeat(32) } }),
);
const junk = fc.oneof(fc.jsonValue({ maxDepth: 2 }), fc.constant(undefined), fc.double());

/** A valid spec with one value somewhere in it put in another's place. */
const broken = fc.tuple(specs, fc.array(fc.nat(), { minLength: 1, maxLength: 4 }), junk).map(([text, steps, value]) => {
  const spec: unknown = JSON.parse(text);
  let holder = spec as Record<string, unknown>;
  for (const [index, step] of steps.entries()) {
    const key = Object.keys(holder)[step % Object.keys(holder).length] ?? 'x';
    const inner = holder[key];
    if (index < steps.length - 1 && typeof inner === 'object' && inner !== null) {
      holder = inner as Record<string, unknown>;
      continue;
    }
    holder[key] = value;
    break;
  }
  return spec;
});

test('what is built finds and fills in just what ajv does', async (t) => {
  const { SCHEMAS, check } = await built();
  t.is(JSON.stringify(SCHEMAS), JSON.stringify(own.SCHEMAS));
  fc.assert(
    fc.property(
      fc.oneof(
        fc.tuple(fc.constant<'spec'>('spec'), broken),
        fc.tuple(fc.constantFrom<'spec' | 'lock'>('spec', 'lock'), fc.oneof(junk, fc.constant(lock))),
      ),
      ([name, value]) => {
        const [one, other] = [structuredClone(value), structuredClone(value)];
        // Where in the schema it was nobody reads, and parts are in other places there.
        const found = [check(name, one), own.check(name, other)].map((all) =>
          all.map(({ schemaPath: _, ...rest }) => rest),
        );
        t.deepEqual(found[0], found[1]);
        t.deepEqual(one, other);
      },
    ),
    // Two that are equal, in a list that wants no such two, and of a type that it does not take either.
    { numRuns: 500, examples: [[['spec', { consul: { join: [null, null, 'a', 'a'] } }]]] },
  );
});
