import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ExecutionContext } from 'ava';

const program = fileURLToPath(new URL('../../dist/cli/index.mjs', import.meta.url));

/** A folder with some files, and the command in it; `told` is what programs get of it. */
export function inFolder<Told extends object>(t: ExecutionContext, files: Record<string, string>) {
  const folder = mkdtempSync(path.join(tmpdir(), 'quorumgate-cli-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  for (const [name, text] of Object.entries(files)) writeFileSync(path.join(folder, name), text);
  const run = (...args: string[]) => {
    const done = spawnSync(process.execPath, [program, ...args], { cwd: folder, input: '', timeout: 60_000 });
    return { status: done.status, bytes: done.stdout, stdout: String(done.stdout), stderr: String(done.stderr) };
  };
  const told = (...args: string[]) => {
    const { status, stdout } = run(...args, '--format', 'json');
    const object = JSON.parse(stdout) as Told & { exitCode: number };
    t.is(object.exitCode, status ?? Number.NaN);
    return object;
  };
  return { folder, run, told };
}
