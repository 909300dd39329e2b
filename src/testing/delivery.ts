import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { scriptText } from './script.ts';

/** One run of units/scripts/deliver.sh. */
export interface Run {
  /** Lines of /etc/quorumgate/secrets, with PLACE for where files are delivered to. */
  list: string;
  /** The command; it finds `archive` in its folder. */
  command?: string;
  bytes?: Buffer;
  /** SHA-256 and URL. */
  from?: string;
  /** Seconds. */
  timeout?: number;
  /** Until this is said, or it ends by itself. */
  until?: RegExp;
  /** Beside what the script itself sets. */
  env?: NodeJS.ProcessEnv;
}

/** The outcome: `run` stands for /run/quorumgate. */
export interface Brought {
  code: number | null;
  said: string;
  errors: string;
  run: string;
  place: string;
}

/** Runs it, as it lands on hosts, but for its places below `work` and its pauses. */
export async function brought(
  work: string,
  shell: readonly string[],
  { list, command, bytes, from = '- -', timeout = 20, until, env = process.env }: Run,
): Promise<Brought> {
  const place = mkdtempSync(join(work, 'host-'));
  const run = join(place, 'run');
  mkdirSync(run);
  if (bytes) writeFileSync(join(place, 'archive'), bytes);
  if (command !== undefined) writeFileSync(join(place, 'deliver'), `cd ${place}\n${command}\n`);
  writeFileSync(join(place, 'delivery'), `${timeout} ${from}\n`);
  writeFileSync(join(place, 'list'), list.replaceAll('PLACE', join(run, 'delivered')));
  const script = scriptText('deliver')
    .replaceAll('/run/quorumgate', run)
    .replaceAll('/etc/quorumgate/secrets', join(place, 'list'))
    .replaceAll('/etc/quorumgate/', `${place}/`)
    .replace('pause=5', 'pause=1');
  const [program = '', ...flags] = shell;
  const child = spawn(program, [...flags, '-c', script], { stdio: ['ignore', 'pipe', 'pipe'], detached: true, env });
  let said = '';
  let errors = '';
  child.stdout.on('data', (data) => {
    said += data;
    if (until?.test(said)) process.kill(-(child.pid ?? 0), 'SIGKILL');
  });
  child.stderr.on('data', (data) => (errors += data));
  const timer = setTimeout(() => process.kill(-(child.pid ?? 0), 'SIGKILL'), 60_000);
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
  clearTimeout(timer);
  return { code, said, errors, run, place };
}

/** Delivered files by their names. */
export const deliveredIn = (run: string): Record<string, string> =>
  Object.fromEntries(
    readdirSync(join(run, 'delivered')).map((name) => [name, readFileSync(join(run, 'delivered', name), 'utf8')]),
  );
