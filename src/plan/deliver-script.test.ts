import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import test from 'ava';
import { printTar } from '../format/tar.ts';
import { brought as bring, deliveredIn, type Run } from '../testing/delivery.ts';
import { HOSTILE, SHELLS } from '../testing/script.ts';

// units/scripts/deliver.sh, as it lands on hosts, but for its places and its pauses.
const work = mkdtempSync(join(tmpdir(), 'quorumgate-deliver-'));
test.after.always(() => rmSync(work, { recursive: true, force: true }));

const archive = (files: Record<string, string>) =>
  Buffer.from(printTar(Object.entries(files).map(([path, text]) => ({ path, mode: 0o400, bytes: Buffer.from(text) }))));
const hashOf = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');
const WANTED = { 'peer.key': 'a key\n', gossip: 'a word\n' };
const LIST = 'etcd/peer.key PLACE/peer.key\ngossip PLACE/gossip\n';

/** Runs it; what it said, and the folder that stands for /run/quorumgate. */
const brought = (shell: readonly string[], how: Omit<Run, 'list'> & { list?: string }) =>
  bring(work, shell, { list: LIST, ...how });

for (const shell of SHELLS) {
  const name = shell[0];
  for (const [form, bytes] of [
    ['plain', archive(WANTED)],
    ['compressed', gzipSync(archive(WANTED))],
    [
      'base64',
      Buffer.from(
        `${archive(WANTED)
          .toString('base64')
          .replace(/(.{76})/g, '$1\r\n')}\n`,
      ),
    ],
    ['compressed, in base64', Buffer.from(gzipSync(archive(WANTED)).toString('base64'))],
    ['with ./ before each name', archive({ './peer.key': 'a key\n', './gossip': 'a word\n' })],
    ['with more than is wanted', archive({ ...WANTED, management: 'not for hosts', '../../../escaped': 'x' })],
  ] as const) {
    test(`${name}: an archive by a command, ${form}`, async (t) => {
      const { code, said, run } = await brought(shell, { command: 'cat archive', bytes });
      t.is(code, 0, said);
      t.deepEqual(deliveredIn(run), WANTED);
      t.is(statSync(join(run, 'delivered')).mode & 0o777, 0o700);
      t.is(statSync(join(run, 'delivered/gossip')).mode & 0o777, 0o600);
      t.deepEqual(readdirSync(run), ['delivered']);
      t.false(existsSync(join(work, 'escaped')));
      t.false(/a key|a word|not for hosts/.test(said), said);
    });
  }

  test(`${name}: what is no archive, or lacks a file, or has a link in its place, is not used, and what it is is not said`, async (t) => {
    const folder = mkdtempSync(join(work, 'link-'));
    writeFileSync(join(folder, 'gossip'), 'a word\n');
    symlinkSync('/etc/passwd', join(folder, 'peer.key'));
    const linked = spawnSync('tar', ['-C', folder, '-cf', '-', 'gossip', 'peer.key']).stdout;
    const wrong: (readonly [string, Buffer, RegExp])[] = [
      ...HOSTILE.map(([what, bytes]) => [what, bytes, /is no tar archive/] as const),
      ['one file alone', archive({ gossip: 'a word\n' }), /has no file peer.key/],
      ['an empty file', archive({ ...WANTED, 'peer.key': '' }), /has no file peer.key, or there is nothing in it/],
      ['a link', linked, /has no file peer.key, or there is nothing in it/],
      [
        'one that was cut',
        archive({ gossip: 'a word\n', 'peer.key': 'k'.repeat(40_000) }).subarray(0, 9000),
        /no tar|has no file peer.key/,
      ],
      ['much', Buffer.alloc(1_200_000, 'a'), /is larger than 1048576 bytes|ended with/],
    ];
    for (const [what, bytes, why] of wrong) {
      const { said, run } = await brought(shell, { command: 'cat archive', bytes, until: /waiting: .*\n/ });
      t.regex(said, why, what);
      t.is(said.trim().split('\n').length, 1, what);
      t.false(existsSync(join(run, 'delivered')), what);
      t.false(said.includes('a word'), what);
    }
  });

  test(`${name}: a command that fails, or does not end, is run again; what it says of errors only root may read`, async (t) => {
    const fails = await brought(shell, {
      command: 'if [ -e tried ]; then cat archive; else touch tried; echo token=hidden >&2; cat archive; exit 3; fi',
      bytes: archive(WANTED),
    });
    t.is(fails.code, 0, fails.said);
    t.regex(
      fails.said,
      /waiting: the command of `secrets` ended with 3; what it said is in \S+delivery.log, which root may read/,
    );
    t.false(/hidden/.test(fails.said + fails.errors));
    t.deepEqual(deliveredIn(fails.run), WANTED);
    const hangs = await brought(shell, {
      command: 'if [ -e tried ]; then cat archive; else touch tried; sleep 100; fi',
      bytes: archive(WANTED),
      timeout: 1,
    });
    t.regex(hangs.said, /took more than 1 s/);
    t.deepEqual(deliveredIn(hangs.run), WANTED);
  });

  test(`${name}: fetched, by its hash, and given to the command`, async (t) => {
    const bytes = archive(WANTED);
    const turned = Buffer.from(bytes.map((byte) => byte ^ 1));
    const asked: string[] = [];
    const server = createServer((request, response) => {
      asked.push(request.url ?? '');
      response.end(
        request.url?.startsWith('/turned') ? turned : request.url === '/large' ? Buffer.alloc(3_000_000) : bytes,
      );
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    try {
      const plain = await brought(shell, { from: `${hashOf(bytes)} ${base}/a` });
      t.deepEqual(deliveredIn(plain.run), WANTED, plain.said);
      const decrypted = await brought(shell, {
        from: `${hashOf(turned)} ${base}/turned`,
        command: `node -e 'process.stdin.on("data",d=>process.stdout.write(Buffer.from(d.map(b=>b^1))))'`,
      });
      t.deepEqual(deliveredIn(decrypted.run), WANTED, decrypted.said);
      const other = await brought(shell, { from: `${hashOf(turned)} ${base}/a?part=1`, until: /waiting: .*\n/ });
      t.regex(other.said, /\/a has SHA-256 [0-9a-f]{64}, not [0-9a-f]{64}: not used/);
      const large = await brought(shell, { from: `${hashOf(turned)} ${base}/large`, until: /waiting: .*\n/ });
      t.regex(large.said, /waiting: http\S+\/large: /);
      const none = await brought(shell, { from: `${hashOf(bytes)} http://127.0.0.1:9/a`, until: /waiting: .*\n/ });
      t.regex(none.said, /waiting: http:\/\/127.0.0.1:9\/a: curl: /);
      for (const { run } of [other, large, none]) t.false(existsSync(join(run, 'delivered')));
    } finally {
      server.close();
    }
  });
}
