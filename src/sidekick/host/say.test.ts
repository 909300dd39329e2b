import { execFile } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import test from 'ava';

const folder = mkdtempSync(join(tmpdir(), 'quorumgate-say-'));
test.after.always(() => rmSync(folder, { recursive: true }));

test('one line, once a change, to the journal and as the status alone', async (t) => {
  const log = join(folder, 'log');
  // Writes down its arguments, each in JSON.
  writeFileSync(
    join(folder, 'systemd-notify'),
    `#!${process.execPath}
require('node:fs').appendFileSync(${JSON.stringify(log)}, JSON.stringify(process.argv.slice(2)) + '\\n');
`,
  );
  chmodSync(join(folder, 'systemd-notify'), 0o755);
  const program = `
    const { say } = await import(${JSON.stringify(import.meta.resolve('./say.ts'))});
    for (const line of ['a\\nWATCHDOG=trigger', 'a\\nWATCHDOG=trigger', 'b\\x1b[2J\\0', 'x'.repeat(5000)]) say(line);
  `;
  const env = { ...process.env, PATH: `${folder}${delimiter}${process.env.PATH}`, NOTIFY_SOCKET: '/nowhere' };
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--import=tsx', '--input-type=module', '-e', program],
    { env },
  );
  const [first, second, third, ...rest] = stdout.split('\n');
  t.deepEqual([first, second, third?.length, rest], ['a\\nWATCHDOG=trigger', 'b\\x1b[2J\\x00', 2000, ['']]);
  const told = readFileSync(log, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  t.deepEqual(told, [[`--status=${first}`], [`--status=${second}`], [`--status=${third}`]]);
});
