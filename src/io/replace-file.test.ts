import { spawn } from 'node:child_process';
import * as fs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { IoError } from './io-error.ts';
import { replaceFile } from './replace-file.ts';

const folder = await fs.mkdtemp(path.join(tmpdir(), 'quorumgate-replace-'));
test.after.always(() => fs.rm(folder, { recursive: true, force: true }));

test('many at once: the file is always one of the texts, whole, and nothing else is left', async (t) => {
  const place = await fs.mkdtemp(path.join(folder, 'many-'));
  const file = path.join(place, 'a.lock.yaml');
  const texts = Array.from({ length: 20 }, (_, index) => String(index % 10).repeat(100_000));
  await replaceFile(file, texts[0] ?? '');
  const seen = async () => texts.includes(await fs.readFile(file, 'utf8'));
  const all = Promise.all(texts.map((text) => replaceFile(file, text)));
  for (let look = 0; look < 20; look++) t.true(await seen());
  await all;
  t.true(await seen());
  t.deepEqual(await fs.readdir(place), ['a.lock.yaml']);
});

test('killed at any moment: the old text or the new, never a part', async (t) => {
  const place = await fs.mkdtemp(path.join(folder, 'killed-'));
  const file = path.join(place, 'a.lock.yaml');
  await fs.writeFile(file, 'old');
  const module = new URL('replace-file.ts', import.meta.url).href;
  const code = `import { replaceFile } from '${module}'; process.stdout.write('go'); for (;;) await replaceFile(process.argv[1], 'x'.repeat(1e6));`;
  const tsx = fileURLToPath(import.meta.resolve('tsx'));
  for (let run = 0; run < 4; run++) {
    const child = spawn(process.execPath, ['--import', tsx, '--input-type=module', '-e', code, file]);
    await new Promise((done) => child.stdout.once('data', done));
    await sleep(3 + 7 * run);
    child.kill('SIGKILL');
    await new Promise((done) => child.once('close', done));
    const text = await fs.readFile(file, 'utf8');
    t.true(text === 'old' || text === 'x'.repeat(1e6), `${text.length} characters`);
  }
});

test('a folder that is not there, or takes nothing', async (t) => {
  const there = await t.throwsAsync(replaceFile(path.join(folder, 'no/a.lock.yaml'), 'x'), { instanceOf: IoError });
  t.regex(there?.message ?? '', /^Cannot write \S+a\.lock\.yaml: it does not exist \(ENOENT\)\.$/);
  const file = path.join(folder, 'taken');
  await fs.mkdir(path.join(file, 'x'), { recursive: true });
  await t.throwsAsync(replaceFile(file, 'x'), { instanceOf: IoError });
  t.deepEqual(
    (await fs.readdir(folder)).filter((name) => name.startsWith('.')),
    [],
  );
});
