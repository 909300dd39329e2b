import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { steps } from '../.ci/regenerate.mjs';

const root = fileURLToPath(new URL('../', import.meta.url));

test('every test that writes files again is run by `npm run regenerate`', (t) => {
  const patterns = steps.flatMap(({ tests = [] }) => tests).filter((one) => one.endsWith('.test.ts'));
  const forms = patterns.map((one) => new RegExp(`^${one.replaceAll('.', '\\.').replaceAll('*', '[^/]+')}$`));
  const writing = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
    .map((name) => `src/${name}`)
    .filter((name) => name.endsWith('.test.ts'))
    .filter((name) => /process\.env(\.|\[')UPDATE/.test(readFileSync(join(root, name), 'utf8')));
  t.true(writing.length >= 5, writing.join());
  t.deepEqual(
    writing.filter((name) => !forms.some((form) => form.test(name))),
    [],
  );
  for (const form of forms)
    t.true(
      writing.some((name) => form.test(name)),
      String(form),
    );
});
