import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { type Loopback, serveLoopback } from '../testing/loopback.ts';
import { HOSTILE, inRoot, SHELLS, scriptText } from '../testing/script.ts';

// units/scripts/host.sh, as it lands on hosts: with the real curl and ip, a metadata service that says anything, and a
// host that is called anything.
const script = scriptText('host');
const work = mkdtempSync(join(tmpdir(), 'quorumgate-host-'));
type Answer = string | Uint8Array | ((response: ServerResponse) => void);
/** Answers of the service, by the first part of the path: for a token and for an address. */
const answers = new Map<string, { token?: Answer; address: Answer }>();
let server: Loopback;

function send(response: ServerResponse, answer: Answer): void {
  if (typeof answer === 'function') answer(response);
  else response.end(answer);
}

/** One text again and again, as fast as it is taken. */
const endless = (text: string) => (response: ServerResponse) => {
  const more = () => {
    while (!response.destroyed && response.write(text.repeat(1000)));
  };
  response.on('drain', more);
  more();
};
/** A byte now and then. */
const trickle = (text: string) => (response: ServerResponse) => {
  let sent = 0;
  const timer = setInterval(() => response.write(text[sent++ % text.length] ?? ''), 400);
  response.on('close', () => clearInterval(timer));
};

test.before(async () => {
  server = await serveLoopback(({ url = '', method }, response) => {
    const [, id = ''] = url.split('/');
    const { token = 'AQAEAGh-x_y==', address = '' } = answers.get(id) ?? {};
    send(response, method === 'PUT' ? token : address);
  });
});
test.after.always(async () => {
  await server.close();
  rmSync(work, { recursive: true, force: true });
});

interface Host {
  shell: readonly string[];
  env: Record<string, string>;
  /** In place of the metadata service's address. */
  base?: string;
  hostname?: Buffer;
  /** Commands before, in a network of its own. */
  network?: string;
  /** Seconds for each request, in place of 5. */
  patience?: number;
}

const before = 'QG_NAME=before\nQG_ADDRESS=10.9.9.9\n';

/** Runs the script until it ends or says that it waits, on a host that had a name and an address before. */
function run({
  shell,
  env,
  base = '',
  hostname,
  network,
  patience = 300,
}: Host): Promise<{ said: string; file: string }> {
  const folder = mkdtempSync(join(work, 'run-'));
  const path = join(folder, 'host.env');
  writeFileSync(path, before);
  const text = script
    .replaceAll('/run/quorumgate', folder)
    .replace('http://169.254.169.254', base)
    .replaceAll('-m 5', `-m ${patience}`);
  const named =
    hostname &&
    `import os, socket, sys; socket.sethostname(bytes.fromhex('${hostname.toString('hex')}')); os.execvp(sys.argv[1], sys.argv[1:])`;
  const command = [
    ...(named ? ['unshare', '--uts', 'python3', '-c', named] : []),
    ...(network ? ['unshare', '--net', 'sh', '-c', `${network}\nexec "$@"`, 'sh'] : []),
    ...shell,
    '-c',
    text,
  ];
  const [program = '', ...args] = command;
  const child = spawn(program, args, {
    stdio: ['ignore', 'pipe', 'ignore'],
    env: { PATH: process.env['PATH'], ...env },
  });
  let said = '';
  child.stdout.on('data', (data: Buffer) => {
    said += data.toString('latin1');
    if (said.includes('waiting: ')) child.kill();
  });
  return new Promise((resolve) => child.on('close', () => resolve({ said, file: readFileSync(path, 'latin1') })));
}

const metadata = { QG_ADDRESS_FROM: 'metadata', QG_ADDRESS_ARGUMENT: 'ec2' };

for (const shell of SHELLS) {
  const name = shell.join(' ');

  for (const address of ['10.0.0.1', '192.168.255.250\n', '1.1.1.1', '249.200.199.99']) {
    test(`${name}: an address: ${JSON.stringify(address)}`, async (t) => {
      const id = `${shell[0]}-good-${address.length}`;
      answers.set(id, { address });
      const { said, file } = await run({ shell, env: metadata, base: `${server.url}/${id}` });
      t.regex(file, new RegExp(`^QG_NAME=[a-z0-9-]+\nQG_ADDRESS=${address.trim()}\n$`));
      t.regex(said, /^this host is [a-z0-9-]+ at [0-9.]+\n$/);
    });
  }

  const bad: [what: string, answer: { token?: Answer; address: Answer }, patience?: number][] = [
    ...[
      ...['', '10.0.0', '1.2.3.4.5', '10.0.0.256', '1.2.3.999', '010.0.0.1', '1.2.3.04', '0.0.0.0', '127.0.0.1'],
      ...[' 10.0.0.1', '10.0.0.1 ', '10.0.0.1\t', '10.0.0.1.', '.10.0.0.1', '10..0.1', '1e1.0.0.1', '::1', '<html>'],
      ...['10.0.0.1\n10.0.0.2', '10.0.0.1\nQG_NAME=evil', '\n10.0.0.1', 'x\n10.0.0.1\nx', '10.0.0.1\r\n', '10.0.0.1\0'],
      ...['10.0.0.1\u001b[2J', '10.0.0.1; id', '$(id)', '`id`', '١٠.٠.٠.١', '１.1.1.1'],
    ].map((address): [string, { address: string }] => [JSON.stringify(address), { address }]),
    ...HOSTILE.map(([what, address]): [string, { address: Uint8Array }] => [what, { address }]),
    ['digits without end', { address: endless('1') }],
    ['addresses without end', { address: endless('10.0.0.1\n') }],
    ['zeros without end', { address: endless('\0') }],
    ['20 MB', { address: '10.0.0.1'.repeat(2_500_000) }],
    ['an address, a byte now and then', { address: trickle('10.0.0.1') }, 1],
    ['a refusal that is an address', { address: (response) => response.writeHead(403).end('10.0.0.1') }],
    ['a cut answer', { address: (response) => response.writeHead(200, { 'content-length': 20 }).end('10.0.0.1x') }],
    ['no token', { token: '', address: '10.0.0.1' }],
    ['a token of two lines', { token: 'a\nHost: b', address: '10.0.0.1' }],
    ['a token with a blank', { token: 'a b', address: '10.0.0.1' }],
  ];
  for (const [index, [what, answer, patience]] of bad.entries()) {
    test(`${name}: the metadata service answers ${what}: what was known before stays`, async (t) => {
      const id = `${shell[0]}-bad-${index}`;
      answers.set(id, answer);
      const base = `${server.url}/${id}`;
      const { said, file } = await run({ shell, env: metadata, base, ...(patience && { patience }) });
      t.is(file, before);
      t.regex(said, /^waiting: [ -~]{0,891}\n$/);
    });
  }

  const rooted = inRoot ? test : test.skip;
  const called: [hostname: string, name: string][] = [
    ['node1', 'node1'],
    ['Node_1.example.com', 'node-1'],
    ['7', 'host-7'],
    ['localhost', 'ip-10-0-0-1'],
    ['localhost.localdomain', 'ip-10-0-0-1'],
    ...[
      '',
      '-x',
      'x-',
      '--help',
      'a b',
      'a\nQG_ADDRESS=6.6.6.6',
      'a\u001b[2J',
      'a"b',
      '$(id)',
      'é',
      'ünode',
      '..',
      'a\\nb',
    ].map((hostname): [string, string] => [hostname, 'ip-10-0-0-1']),
  ];
  for (const [hostname, expected] of called) {
    rooted(`${name}: a host that is called ${JSON.stringify(hostname)} is ${expected}`, async (t) => {
      const id = `${shell[0]}-named`;
      answers.set(id, { address: '10.0.0.1' });
      const { file } = await run({
        shell,
        env: metadata,
        base: `${server.url}/${id}`,
        hostname: Buffer.from(hostname),
      });
      t.is(file, `QG_NAME=${expected}\nQG_ADDRESS=10.0.0.1\n`);
    });
  }

  rooted(`${name}: an interface, a network; the first address of the right one`, async (t) => {
    const network = 'ip link set lo up; for net in 5 6; do ip addr add 10.$net.0.7/24 dev lo scope global; done';
    const hostname = Buffer.from('a');
    for (const [from, argument, address] of [
      ['interface', 'lo', '10.5.0.7'],
      ['cidr', '10.6.0.0/16', '10.6.0.7'],
    ] as const) {
      const env = { QG_ADDRESS_FROM: from, QG_ADDRESS_ARGUMENT: argument };
      t.is((await run({ shell, env, network, hostname })).file, `QG_NAME=a\nQG_ADDRESS=${address}\n`);
    }
    const env = { QG_ADDRESS_FROM: 'interface', QG_ADDRESS_ARGUMENT: 'eth1' };
    const { said, file } = await run({ shell, env, network, hostname });
    t.is(said, 'waiting: no address from interface eth1 yet\n');
    t.is(file, before);
  });
}

test('what it writes is for all to read, and for root to write', async (t) => {
  answers.set('mode', { address: '10.0.0.1' });
  const [shell = []] = SHELLS;
  const folder = mkdtempSync(join(work, 'mode-'));
  const text = script
    .replaceAll('/run/quorumgate', `${folder}/q`)
    .replace('http://169.254.169.254', `${server.url}/mode`);
  const [program = '', ...flags] = shell;
  const child = spawn(program, [...flags, '-c', `umask 000\n${text}`], {
    stdio: 'ignore',
    env: { PATH: process.env['PATH'], ...metadata },
  });
  await new Promise((done) => child.on('close', done));
  const mode = (path: string) => (statSync(join(folder, path)).mode & 0o777).toString(8);
  t.deepEqual(['q', 'q/host.env', 'q/consul.d'].map(mode), ['755', '644', '755']);
});
