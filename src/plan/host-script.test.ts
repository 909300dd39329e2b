import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { loadAssets } from '../io/assets.ts';
import type { Spec } from '../spec/defaults.ts';
import { before, environmentOf, type Host, metadata, removeHosts, runHost, type Said } from '../testing/host-script.ts';

const assets = await loadAssets();
const scriptOf = (address: Said, name = 'hostname') => hostScript({ address, name } as Spec, assets).content;
const run = (host: Omit<Host, 'text'> & { name?: string }) =>
  runHost({ text: scriptOf(host.address, host.name), ...host });

import { type Loopback, serveLoopback } from '../testing/loopback.ts';
import { HOSTILE, SHELLS } from '../testing/script.ts';
import { hostScript } from './build.ts';

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
  removeHosts();
});

for (const shell of SHELLS) {
  const name = shell.join(' ');

  for (const address of ['10.0.0.1', '192.168.255.250\n', '1.1.1.1', '249.200.199.99']) {
    test(`${name}: an address: ${JSON.stringify(address)}`, async (t) => {
      const id = `${shell[0]}-good-${address.length}`;
      answers.set(id, { address });
      const { said, file } = await run({ shell, address: metadata, base: `${server.url}/${id}` });
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
      const { said, file } = await run({ shell, address: metadata, base, ...(patience && { patience }) });
      t.is(file, before);
      t.regex(said, /^waiting: [ -~]{0,891}\n$/);
    });
  }
}

test('what it writes is for all to read, and for root to write', async (t) => {
  answers.set('mode', { address: '10.0.0.1' });
  const [shell = []] = SHELLS;
  const folder = mkdtempSync(join(tmpdir(), 'quorumgate-mode-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const text = scriptOf(metadata)
    .replaceAll('/run/quorumgate', `${folder}/q`)
    .replace('http://169.254.169.254', `${server.url}/mode`);
  const [program = '', ...flags] = shell;
  const child = spawn(program, [...flags, '-c', `umask 000\n${text}`], {
    stdio: 'ignore',
    env: { PATH: process.env['PATH'], ...environmentOf(metadata) },
  });
  await new Promise((done) => child.on('close', done));
  const mode = (path: string) => (statSync(join(folder, path)).mode & 0o777).toString(8);
  t.deepEqual(['q', 'q/host.env', 'q/consul.d'].map(mode), ['755', '644', '755']);
});
