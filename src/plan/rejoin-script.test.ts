import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import test from 'ava';
import { serveLoopback } from '../testing/loopback.ts';
import { SHELLS, scriptText } from '../testing/script.ts';

// units/scripts/rejoin.sh, as it lands on hosts, but for its places and its pauses: with the real socat, and a process in the agent's place.
const work = mkdtempSync(join(tmpdir(), 'quorumgate-rejoin-'));
test.after.always(() => rmSync(work, { recursive: true, force: true }));
const hasSocat = spawnSync('socat', ['-V']).status === 0;
const scripted = hasSocat ? test : test.skip;

const isAlive = (child: ChildProcess) => child.exitCode === null && child.signalCode === null;

/**
 * After how many looks the agent was ended, each time: it is there again at once.
 *
 * @param answers of the agent, one for each look; undefined: it does not answer
 */
async function ends(
  shell: readonly string[],
  answers: readonly (string | undefined)[],
  { isUp = false, log = '' } = {},
) {
  const agent = join(mkdtempSync(join(work, 'host-')), 'consul');
  copyFileSync('/bin/sleep', agent);
  let child = spawn(agent, ['600']);
  let asked = 0;
  const api = await serveLoopback((_, response) => {
    const answer = answers[asked++];
    if (answer === undefined) response.destroy();
    else response.end(answer);
  });
  const bin = mkdtempSync(join(work, 'bin-'));
  const script = scriptText('rejoin')
    .replace('/run/consul/http.sock', join(bin, 'none.sock'))
    .replace('127.0.0.1:8500', new URL(api.url).host)
    .replace('sleep $pause', 'sleep 0.1')
    .replaceAll('enough=12', 'enough=2')
    .replace('journalctl -qS -20min -o cat -u consul', 'cat log')
    .replace('systemctl is-active -q etcd-cluster.target', isUp ? 'true' : 'false')
    // Of all that runs here, this one alone.
    .replace('pidof consul', 'cat pid');
  const [program = '', ...flags] = shell;
  const looks: number[] = [];
  let said = '';
  // A shell whose input is a socket takes itself for one that was called from afar.
  const run = spawn(program, [...flags, '-c', script], { cwd: bin, stdio: ['ignore', 'pipe', 'ignore'] });
  run.stdout.on('data', (bytes) => (said += bytes));
  try {
    writeFileSync(join(bin, 'log'), log);
    writeFileSync(join(bin, 'pid'), String(child.pid));
    while (asked < answers.length + 1) {
      await sleep(5);
      if (isAlive(child)) continue;
      looks.push(asked);
      child = spawn(agent, ['600']);
      writeFileSync(join(bin, 'pid'), String(child.pid));
    }
    return { looks, said };
  } finally {
    run.kill();
    child.kill();
    await api.close();
  }
}

const times = (count: number, answer: string) => Array<string>(count).fill(answer);

for (const shell of SHELLS) {
  const name = shell.join(' ');

  scripted(
    `${name}: an agent that has a leader, or does not answer, or where a cluster is up, is left alone`,
    async (t) => {
      for (const answer of ['"10.0.0.1:8300"', 'rpc error', '', '"']) {
        t.deepEqual(await ends(shell, times(5, answer)), { looks: [], said: '' }, answer);
      }
      t.deepEqual(await ends(shell, Array(5).fill(undefined)), { looks: [], said: '' });
      t.deepEqual(await ends(shell, times(5, '""'), { isUp: true }), { looks: [], said: '' });
      t.deepEqual((await ends(shell, ['""', '"x"', '""', '"x"', '""'])).looks, [], 'an election now and then');
    },
  );

  scripted(`${name}: without a leader for a while it is started again, then after two, four and so on`, async (t) => {
    const { looks, said } = await ends(shell, times(16, '""'));
    t.deepEqual(looks, [2, 6, 14]);
    t.regex(said, /^no leader for 10 s: starting the agent again\nno leader for 20 s/);
    const led = [...times(6, '""'), '"10.0.0.1:8300"', ...times(3, '""')];
    t.deepEqual((await ends(shell, led)).looks, [2, 6, 9], 'a leader meanwhile: from the beginning');
  });

  const clash = (mine: string, theirs: string) =>
    `2026-12-01T10:11:24.780Z [ERROR] agent.server.memberlist.lan: memberlist: Conflicting address for etcd. Mine: ${mine}:8301 Theirs: ${theirs}:8301 Old state: 0\n`;
  const log = `==> Starting\n${clash('10.0.0.1', '10.0.0.2')}${clash('10.0.0.1', '10.0.0.2')}other\n${clash('[fd00::1]', '[fd00::3]')}`;
  const told =
    'two hosts are called alike, see name in the spec: Conflicting address for etcd. Mine: 10.0.0.1:8301 Theirs: 10.0.0.2:8301|Conflicting address for etcd. Mine: [fd00::1]:8301 Theirs: [fd00::3]:8301\n';

  scripted(`${name}: names that clash are told, once, without a leader, not where a cluster is up`, async (t) => {
    t.is((await ends(shell, times(1, '""'), { log })).said, told);
    const twice = (await ends(shell, times(4, '""'), { log })).said;
    t.is(twice, `${told}no leader for 10 s: starting the agent again\n${told}`, 'and again after what came between');
    t.is((await ends(shell, times(4, '"x"'), { log })).said, '');
    t.is((await ends(shell, times(2, '""'), { log, isUp: true })).said, '');
    t.is((await ends(shell, times(1, '""'), { log: 'all is well\n' })).said, '');
  });
}
