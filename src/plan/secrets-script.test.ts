import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import test from 'ava';
import { HOSTILE, SHELLS, scriptText } from '../testing/script.ts';

const PEM = '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n';

// units/scripts/secrets.sh, as it lands on hosts, but for its places and for users that this machine does not have.
const work = mkdtempSync(join(tmpdir(), 'quorumgate-secrets-'));
test.after.always(() => rmSync(work, { recursive: true, force: true }));

const KEY = 'x5R2Zk9wqHc+Vb/0aJmYt3LrNnD8eUo1PiGsQfTzW6E=';
const TOKEN = '01234567-89ab-cdef-0123-456789abcdef';

interface Run {
  /** Files that come while it waits, each after what it says. */
  late?: readonly (readonly [after: RegExp, name: string, text: string])[];
}

/** Runs it on these files; what it said, and the folder that stands for /run/quorumgate. */
async function handed(
  shell: readonly string[],
  list: string,
  files: Record<string, string | Buffer>,
  { late = [] }: Run = {},
) {
  const place = mkdtempSync(join(work, 'host-'));
  const run = join(place, 'run');
  mkdirSync(join(run, 'consul.d'), { recursive: true });
  mkdirSync(join(place, 'secrets'));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(place, 'secrets', name), text);
  writeFileSync(join(place, 'list'), list.replaceAll('DIR', join(place, 'secrets')));
  const me = String(process.getuid?.() ?? 0);
  const script = scriptText('secrets')
    .replaceAll('/run/quorumgate', run)
    .replace('/etc/quorumgate/secrets', join(place, 'list'))
    .replaceAll('.json consul ', `.json ${me} `)
    .replace('hand token etcd', `hand token ${me}`)
    .replace(/hand "\$what" \S+/, `hand "$what" ${me}`);
  const [program = '', ...flags] = shell;
  const child = spawn(program, [...flags, '-c', script], { stdio: ['ignore', 'pipe', 'ignore'] });
  let said = '';
  child.stdout.on('data', (bytes) => (said += bytes));
  const ended = new Promise<number | null>((resolve) => child.on('exit', resolve));
  for (const [after, name, text] of late) {
    for (let tries = 0; tries < 200 && !after.test(said); tries++) await sleep(50);
    writeFileSync(join(place, 'secrets', name), text);
  }
  const timer = setTimeout(() => child.kill('SIGKILL'), 10_000);
  const code = await ended;
  clearTimeout(timer);
  return { code, said, run };
}

const ALL = 'gossip DIR/gossip\nagent DIR/agent\ndns DIR/dns\nsidekick DIR/sidekick\n';
const every = { gossip: `${KEY}\n`, agent: TOKEN, dns: `${TOKEN}\r\n`, sidekick: TOKEN };

for (const shell of SHELLS) {
  test(`${shell[0]}: each secret goes to one program, in its own form, readable by its user alone`, async (t) => {
    const { code, said, run } = await handed(shell, ALL, every);
    t.is(code, 0, said);
    const json = (name: string) => JSON.parse(readFileSync(join(run, 'consul.d', name), 'utf8'));
    t.deepEqual(json('gossip.json'), { encrypt: KEY });
    t.deepEqual(json('token-agent.json'), { acl: { tokens: { agent: TOKEN } } });
    t.deepEqual(json('token-dns.json'), { acl: { tokens: { default: TOKEN } } });
    t.is(readFileSync(join(run, 'token'), 'utf8'), TOKEN);
    t.deepEqual(readdirSync(join(run, 'consul.d')).sort(), ['gossip.json', 'token-agent.json', 'token-dns.json']);
    for (const name of ['token', 'consul.d/gossip.json']) t.is(statSync(join(run, name)).mode & 0o777, 0o400, name);
    t.false(said.includes(TOKEN) || said.includes(KEY), said);
  });

  test(`${shell[0]}: waits for a file, and says for which`, async (t) => {
    const { gossip: _, ...rest } = every;
    const late = [
      [/waiting: \S*gossip is not there \(gossip\)/, 'gossip', 'no key: a sentence'],
      [/waiting: what is in \S*gossip is no key and no token/, 'gossip', KEY],
    ] as const;
    const { code, said, run } = await handed(shell, ALL, rest, { late });
    t.is(code, 0, said);
    t.deepEqual(JSON.parse(readFileSync(join(run, 'consul.d/gossip.json'), 'utf8')), { encrypt: KEY });
    t.false(said.includes('sentence'), said);
  });

  test(`${shell[0]}: no file of another form is handed on, nor said`, async (t) => {
    for (const [what, bytes] of HOSTILE.filter(([, text]) => text.length > 0)) {
      const late = [[/waiting/, 'agent', TOKEN]] as const;
      const { code, said, run } = await handed(shell, 'agent DIR/agent\n', { agent: bytes }, { late });
      t.is(code, 0, `${what}: ${said}`);
      t.regex(said, /no key and no token/, what);
      t.deepEqual(readdirSync(join(run, 'consul.d')), ['token-agent.json']);
      t.is(said.trim().split('\n').length, 2, `${what}: ${said}`);
    }
  });

  test(`${shell[0]}: a key and a certificate are handed on as they are, and nothing else in their place`, async (t) => {
    const list = 'etcd/peer.key DIR/peer.key\nconsul/consul.crt DIR/consul.crt\n';
    const two = PEM + PEM;
    for (const wrong of ['', 'x', '-----BEGIN ', PEM + 'x'.repeat(70_000), ...HOSTILE.map(([, bytes]) => bytes)]) {
      const late = [[/no PEM/, 'peer.key', two]] as const;
      const { code, said, run } = await handed(shell, list, { 'peer.key': wrong, 'consul.crt': PEM }, { late });
      t.is(code, 0, said);
      t.regex(said, /^waiting: what is in \S+peer.key is no PEM \(etcd\/peer.key\)$/m);
      t.is(readFileSync(join(run, 'etcd/peer.key'), 'utf8'), two);
      t.is(readFileSync(join(run, 'consul/consul.crt'), 'utf8'), PEM);
      t.is(statSync(join(run, 'etcd/peer.key')).mode & 0o777, 0o400);
      t.is(statSync(join(run, 'etcd')).mode & 0o777, 0o755);
    }
  });

  test(`${shell[0]}: where systemd has no such credential it ends, to be started again`, async (t) => {
    const { code, said } = await handed(shell, 'gossip /run/credentials/x.service/quorumgate.gossip\n', {});
    t.is(code, 1);
    t.regex(said, /waiting: \S+quorumgate.gossip is not there/);
  });
}

for (const shell of SHELLS) {
  const [program = '', ...flags] = shell;
  test(`gossip keys that an agent has kept go where that of the file is none of them: ${program}`, (t) => {
    const unit = readFileSync(new URL('../../templates/consul-secrets.conf', import.meta.url), 'utf8');
    const line = /^ExecStartPre=\/bin\/sh -c '(cd .*)'$/m.exec(unit)?.[1] ?? '';
    const place = mkdtempSync(join(work, 'ring-'));
    const [kept, file] = [join(place, 'serf'), join(place, 'gossip.json')];
    const script = line
      .replaceAll('/var/lib/consul/serf', kept)
      .replaceAll('/run/quorumgate/consul.d/gossip.json', file);
    const left = () => {
      const { status, stderr } = spawnSync(program, [...flags, '-c', script], { encoding: 'utf8' });
      t.deepEqual([status, stderr], [0, '']);
      return readdirSync(place).includes('serf') ? readdirSync(kept).sort() : undefined;
    };
    t.is(left(), undefined, 'a first start');
    mkdirSync(kept);
    const OTHER = 'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=';
    const write = (name: string, ...keys: string[]) => writeFileSync(join(kept, name), JSON.stringify(keys, null, 2));
    write('local.keyring', OTHER);
    write('remote.keyring', OTHER);
    write('local.snapshot', OTHER);
    const all = ['local.keyring', 'local.snapshot', 'remote.keyring'];
    t.deepEqual(left(), all, 'no gossip key in the spec');
    writeFileSync(file, `{"encrypt":"${OTHER}"}`);
    t.deepEqual(left(), all, 'the same');
    write('local.keyring', KEY, OTHER);
    t.deepEqual(left(), all, 'one of several, during a change');
    writeFileSync(file, `{"encrypt":"${KEY.slice(0, -2)}A="}`);
    t.deepEqual(left(), ['local.snapshot'], 'another');
    t.deepEqual(left(), ['local.snapshot'], 'once more');
  });
}
