import { existsSync, readdirSync, readFileSync } from 'node:fs';
import test from 'ava';
import { chosen, ROWS } from './rows.ts';

const modules = new URL('../../../../.ci/programs/', import.meta.url);

test('words choose programs, versions and lines; an unknown one is an error', (t) => {
  const names = (...words: string[]) => chosen(words).map(({ program, version }) => `${program}-${version}`);
  t.is(names().length, ROWS.length);
  t.deepEqual(names('etcd-3.7', 'node-22'), ['etcd-3.7.3', 'node-22.23.5']);
  t.true(names('consul').includes('consul-1.14.11'));
  t.throws(() => names('etcd', 'etcd-3.70'), { message: /there is no etcd-3\.70/ });
});

test('each Go module is a row, and pins the version that the row says', (t) => {
  const wanted = ROWS.flatMap(({ version, source }) => (source.kind === 'go' ? [{ version, source }] : []));
  t.deepEqual(readdirSync(modules).sort(), wanted.map(({ source }) => source.module).sort());
  for (const { version, source } of wanted) {
    const text = readFileSync(new URL(`${source.module}/go.mod`, modules), 'utf8');
    // A main package is a module, or within one.
    const pins = [...text.matchAll(/^\t(?:require )?(\S+) v(\S+)/gm)].filter(([, , pinned]) => pinned === version);
    for (const main of Object.values(source.mains)) {
      t.true(
        pins.some(([, module = '']) => `${main}/`.startsWith(`${module}/`)),
        `${source.module}: ${main}`,
      );
    }
    t.true(existsSync(new URL(`${source.module}/go.sum`, modules)));
  }
});
