import * as fs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test from 'ava';
import { IoError } from './io-error.ts';
import { type JournalLine, journalLines } from './journal-lines.ts';
import { writeOwnFile } from './own-file.ts';

const folder = await fs.mkdtemp(path.join(tmpdir(), 'quorumgate-journal-'));
test.after.always(() => fs.rm(folder, { recursive: true, force: true }));

async function linesOf(content: string | Uint8Array, name: string): Promise<JournalLine[]> {
  const file = path.join(folder, name);
  await fs.writeFile(file, content);
  const found: JournalLine[] = [];
  for await (const line of journalLines(file)) found.push(line);
  return found;
}

test('lines, with and without an end', async (t) => {
  t.deepEqual(await linesOf('a\n\nb', 'few'), [
    { text: 'a', isEnded: true },
    { text: '', isEnded: true },
    { text: 'b', isEnded: false },
  ]);
  t.deepEqual(await linesOf('', 'none'), []);
});

test('letters across chunks stay whole, and a line of 1 MB is one', async (t) => {
  const long = `x${'ü'.repeat(500_000)}`;
  const found = await linesOf(`${long}\n${long}\n`, 'long');
  t.deepEqual(
    found.map(({ text }) => text === long),
    [true, true],
  );
});

test('of a line without an end that is larger than memory should hold only the first is kept', async (t) => {
  const [line, next] = await linesOf(`${'x'.repeat(20_000_000)}\nb\n`, 'huge');
  t.true((line?.text.length ?? 0) < 5_000_000);
  t.is(next?.text, 'b');
});

test('no file: an error that names it', async (t) => {
  const read = async () => {
    for await (const _ of journalLines(path.join(folder, 'absent.json'))) t.fail();
  };
  const { message } = await t.throwsAsync(read, { instanceOf: IoError });
  t.regex(message, /^Cannot read .*absent\.json: it does not exist \(ENOENT\)\.$/);
});

test('a file of our own is written over, another is not', async (t) => {
  const file = path.join(folder, 'page.html');
  await writeOwnFile(file, '<mark>1', '<mark>', 'page');
  await writeOwnFile(file, '<mark>2', '<mark>', 'page');
  t.is(await fs.readFile(file, 'utf8'), '<mark>2');
  for (const other of ['', '<mar', 'notes']) {
    await fs.writeFile(file, other);
    const error = await t.throwsAsync(writeOwnFile(file, '<mark>3', '<mark>', 'page'), { instanceOf: IoError });
    t.regex(error.message, /page\.html is there already, and is no page/);
    t.is(await fs.readFile(file, 'utf8'), other);
  }
});
