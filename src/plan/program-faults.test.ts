import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { answerFaulty, type Fault } from '../testing/faulty-answer.ts';
import { type Loopback, serveLoopback } from '../testing/loopback.ts';
import { scriptText } from '../testing/script.ts';

// units/scripts/program.sh, as it lands on hosts, against a server that fails in every way and then is well again.
const script = scriptText('program', ['program/archive']);
const work = mkdtempSync(join(tmpdir(), 'quorumgate-faults-'));
const good = Buffer.from('#!/bin/sh\necho "etcd, version 2"\n');
const old = '#!/bin/sh\necho "etcd, version 1"\n';
const hash = (bytes: string | Uint8Array) => createHash('sha256').update(bytes).digest('hex');

/** Bytes with another hash, or what is to be answered in their place. */
type Answer = Fault | Uint8Array;
/** The server's answers for each path: one after the other, then the right bytes for ever. */
const answers = new Map<string, Answer[]>();
let server: Loopback;
let base = '';

test.before(async () => {
  server = await serveLoopback(({ url = '' }, response) => {
    if (!answers.has(url)) return answerFaulty('missing', response, good);
    const answer = answers.get(url)?.shift() ?? good;
    if (typeof answer === 'string') answerFaulty(answer, response, good);
    else response.writeHead(200, { 'content-length': answer.length }).end(answer);
  });
  base = server.url;
});
test.after.always(async () => {
  await server.close();
  rmSync(work, { recursive: true, force: true });
});

interface Host {
  /** In place of /opt/quorumgate. */
  root: string;
  /** Runs the script until it ends; gives what it said, line by line. `onWait` sees the host at each wait. */
  run(path: string, onWait?: () => void): Promise<string[]>;
}

/** A host that does not wait as long as it says, and loses patience with a slow server after three seconds. */
function host(shell: string[]): Host {
  const root = mkdtempSync(join(work, 'root-'));
  return {
    root,
    run(path, onWait = () => {}) {
      writeFileSync(join(root, 'programs'), `etcd url ${base}${path} ${hash(good)}\n`);
      const text = script
        .replaceAll('/opt/quorumgate', root)
        .replace('/etc/quorumgate/programs', join(root, 'programs'))
        .replace('--speed-time 30', '--speed-time 3')
        .replace('sleep $pause', 'sleep 0.1');
      const [program = '', ...flags] = shell;
      const child = spawn(program, [...flags, '-c', text, 'program', 'etcd'], { stdio: ['ignore', 'pipe', 'ignore'] });
      let said = '';
      return new Promise((resolve) => {
        child.stdout.on('data', (data) => {
          said += data;
          onWait();
        });
        child.on('close', () => resolve(said.trim().split('\n')));
      });
    },
  };
}

const causes: Record<Fault, RegExp> = {
  missing: /curl: \(22\) .*404/,
  broken: /curl: \(22\) .*500/,
  moved: /curl: \(22\) .*404/,
  wrong: new RegExp(`has SHA-256 [0-9a-f]{64}, the spec says ${hash(good)}: not used`),
  cut: /curl: \(18\) .*\d+ bytes remaining/,
  trickle: /curl: \(28\) Operation too slow\. Less than 1000 bytes\/sec transferred the last 3 seconds/,
  hang: /curl: \(28\) Operation too slow/,
};

for (const shell of [['sh'], ['bash', '--posix']]) {
  const name = shell.join(' ');
  const [key = ''] = shell;

  test(`${name}: each fault is named, waited for longer and longer, and got over`, async (t) => {
    const faults = Object.keys(causes) as Fault[];
    answers.set(`/all-${key}`, [...faults, 'missing', 'broken']);
    const { root, run } = host(shell);
    const seen = new Set<string>();
    const said = await run(`/all-${key}`, () => {
      // The last line comes when it is there.
      if ((answers.get(`/all-${key}`)?.length ?? 0) > 0)
        for (const one of readdirSync(join(root, 'bin'))) seen.add(one);
    });
    t.deepEqual([...seen], [], 'nothing lands before it is right');
    const waits = said.filter((line) => line.startsWith('waiting: '));
    t.is(waits.length, faults.length + 2, said.join('\n'));
    for (const [index, fault] of faults.entries()) {
      t.true(waits[index]?.startsWith(`waiting: etcd: ${base}/all-${key}`), fault);
      t.regex(waits[index] ?? '', causes[fault], fault);
    }
    const pauses = waits.map((line) => Number(/; next try in (\d+) s$/.exec(line)?.[1]));
    t.deepEqual(pauses, [5, 10, 20, 40, 80, 160, 300, 300, 300]);
    t.deepEqual(said.slice(-2), [`etcd: fetched from ${base}/all-${key}`, 'etcd is there']);
    t.is(spawnSync(join(root, 'bin/etcd'), { encoding: 'utf8' }).stdout, 'etcd, version 2\n');
  });

  test(`${name}: what does not match is never run, and never in the place of what is there`, async (t) => {
    const { root, run } = host(shell);
    const trace = join(root, 'trace');
    const bad = Buffer.from(`#!/bin/sh\ntouch ${trace}\n`);
    answers.set(`/bad-${key}`, [bad, Buffer.alloc(0), Buffer.from(old), bad]);
    mkdirSync(join(root, 'bin'));
    mkdirSync(join(root, 'fetched'));
    writeFileSync(join(root, 'bin/etcd'), old, { mode: 0o755 });
    writeFileSync(join(root, 'fetched/etcd'), `${hash(old)}\n`);
    const there: string[] = [];
    const said = await run(`/bad-${key}`, () => there.push(readFileSync(join(root, 'bin/etcd'), 'utf8')));
    t.is(said.filter((line) => causes.wrong.test(line)).length, 4, said.join('\n'));
    t.deepEqual(there.slice(0, 4), [old, old, old, old]);
    t.is(readFileSync(join(root, 'bin/etcd'), 'utf8'), good.toString());
    t.false(existsSync(trace));
    t.deepEqual(readdirSync(join(root, 'fetched')), ['etcd'], 'nothing that was fetched is left');
  });

  test(`${name}: what other user-data has put in its place is fetched anew; nothing else is`, async (t) => {
    const { root, run } = host(shell);
    const [bin, path] = [join(root, 'bin/etcd'), `/again-${key}`];
    answers.set(path, []);
    const fetched = [`etcd: fetched from ${base}${path}`, 'etcd is there'];
    t.deepEqual(await run(path), fetched);
    t.deepEqual(await run(path), ['etcd is there']);
    writeFileSync(bin, old);
    const later = new Date(Date.now() + 2000);
    utimesSync(bin, later, later);
    t.deepEqual(await run(path), fetched, 'a file that came inline');
    writeFileSync(join(root, 'packaged'), old, { mode: 0o755 });
    utimesSync(join(root, 'packaged'), new Date(0), new Date(0));
    rmSync(bin);
    symlinkSync(join(root, 'packaged'), bin);
    t.deepEqual(await run(path), fetched, 'a link to what a package has');
    t.is(readFileSync(bin, 'utf8'), good.toString());
    t.is(readFileSync(join(root, 'packaged'), 'utf8'), old, 'which is left alone');
  });
}
