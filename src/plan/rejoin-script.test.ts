import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { serveLoopback } from '../testing/loopback.ts';
import { SHELLS, scriptText } from '../testing/script.ts';

// units/scripts/rejoin.sh, as it lands on hosts, but for its places: with the real socat, and a process that is called consul.
const work = mkdtempSync(join(tmpdir(), 'quorumgate-rejoin-'));
test.after.always(() => rmSync(work, { recursive: true, force: true }));
const hasSocat = spawnSync('socat', ['-V']).status === 0;
const scripted = hasSocat ? test : test.skip;

interface Host {
  /** Answers of the agent, one for each look. */
  leader: string[];
  join: string[];
  /** As Consul writes it of those that it knows. */
  snapshot?: string;
}

/** A port of a loopback address at which somebody listens. */
async function listen(address: string): Promise<{ port: number; close: () => unknown }> {
  const server = createServer((socket) => socket.on('error', () => {}).end());
  await new Promise<void>((done) => server.listen(0, address, done));
  return { port: (server.address() as { port: number }).port, close: () => server.close() };
}

const isAlive = (child: ChildProcess) => child.exitCode === null && child.signalCode === null;

/** Whether the agent was ended, after each look, and what was said. */
async function looks(shell: readonly string[], { leader, join: list, snapshot = '' }: Host) {
  const place = mkdtempSync(join(work, 'host-'));
  mkdirSync(join(place, 'run'));
  const agent = join(place, 'consul');
  copyFileSync('/bin/sleep', agent);
  const child = spawn(agent, ['600']);
  const ended = new Promise((resolve) => child.on('exit', resolve));
  writeFileSync(join(place, 'agent.json'), JSON.stringify({ server: true, retry_join: list, domain: 'x' }, null, 1));
  writeFileSync(join(place, 'snapshot'), snapshot);
  const answers = [...leader];
  const api = await serveLoopback((_, response) => response.end(answers.shift()));
  const script = scriptText('rejoin')
    .replaceAll('/run/consul-rejoin', join(place, 'run'))
    .replace('/etc/quorumgate/consul.d/agent.json', join(place, 'agent.json'))
    .replace('/var/lib/consul/serf/local.snapshot', join(place, 'snapshot'))
    .replace('/run/consul/http.sock', join(place, 'none.sock'))
    .replace('127.0.0.1:8500', new URL(api.url).host)
    // Of all that runs here, this one alone.
    .replace('/proc/[0-9]*/comm', `/proc/${child.pid}/comm`);
  const [program = '', ...flags] = shell;
  const over: boolean[] = [];
  let said = '';
  try {
    for (const _ of leader) {
      const run = spawn(program, [...flags, '-c', script], {
        env: { QG_ADDRESS: '127.0.0.1' },
        stdio: ['ignore', 'pipe', 'ignore'],
      });
      run.stdout.on('data', (bytes) => (said += bytes));
      const code = await new Promise((resolve) => run.on('close', resolve));
      if (code !== 0) throw new Error(`it ended with ${code}: ${said}`);
      if (/starting it again/.test(said)) await ended;
      over.push(!isAlive(child));
    }
    return { over, said, isMarked: existsSync(join(place, 'run/leaderless')) };
  } finally {
    await api.close();
    child.kill();
    await ended;
  }
}

for (const shell of SHELLS) {
  const name = shell.join(' ');
  const none = ['""', '""'];

  scripted(`${name}: an agent that leads, or has a leader, or does not answer, is left alone`, async (t) => {
    const other = await listen('127.0.0.2');
    for (const answer of ['"10.0.0.1:8300"', '', 'rpc error', '"']) {
      const list = [`127.0.0.2:${other.port}`];
      t.deepEqual(await looks(shell, { leader: [answer, answer], join: list }), {
        over: [false, false],
        said: '',
        isMarked: false,
      });
    }
    other.close();
  });

  scripted(`${name}: without a leader, twice, it is ended where another in reach is not known to it`, async (t) => {
    const other = await listen('127.0.0.2');
    const at = `127.0.0.2:${other.port}`;
    const join = ['127.0.0.1', '127.0.0.1:8301', at];
    const { over, said, isMarked } = await looks(shell, { leader: none, join });
    t.deepEqual(over, [false, true]);
    t.true(said.includes(`not joined: ${at}: starting it again`), said);
    t.false(isMarked, 'it is given time anew');
    t.deepEqual((await looks(shell, { leader: ['""', '"x"', '""'], join })).over, [false, false, false]);
    const gone = `alive: b ${at}\nclock: 3\nnot-alive: b\n`;
    t.deepEqual((await looks(shell, { leader: none, join, snapshot: gone })).over, [false, true]);
    const known = `alive: a 127.0.0.1:8301\nnot-alive: b\nclock: 2\nalive: b ${at}\n`;
    t.deepEqual((await looks(shell, { leader: none, join, snapshot: known })).over, [false, false]);
    other.close();
    t.deepEqual((await looks(shell, { leader: none, join })).over, [false, false], 'nobody is there');
  });

  scripted(`${name}: whom a cloud would name is not known: an agent that is alone looks again`, async (t) => {
    const join = ['provider=aws tag_key=etcd tag_value=x'];
    t.deepEqual((await looks(shell, { leader: none, join, snapshot: 'alive: a 127.0.0.1:8301\n' })).over, [
      false,
      true,
    ]);
    const both = 'alive: a 127.0.0.1:8301\nalive: b 10.0.0.2:8301\n';
    t.deepEqual((await looks(shell, { leader: none, join, snapshot: both })).over, [false, false]);
  });
}
