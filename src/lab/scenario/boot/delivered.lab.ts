import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { ExecutionContext } from 'ava';
import { readTar } from '../../../format/tar.ts';
import type { HostFile } from '../../host/host.ts';
import { type Lab, start } from '../../lab.ts';
import { run } from '../../machine/command.ts';
import {
  assertSound,
  assertWhole,
  eventually,
  inLab,
  labSpec,
  labTest,
  operate,
  output,
  PROGRAM,
  says,
} from '../lab-testing.ts';

const ADDRESSES = '10.77.0.101,10.77.0.102,10.77.0.103';

/** A spec whose secrets come so, on a Consul that its members serve. */
function specOf(secrets: string, discovery = 'committed'): string {
  const spec = labSpec({
    consul: '{servers: members, join: [10.77.0.101, 10.77.0.102, 10.77.0.103], version: 2.1.0}',
    etcd: `{version: 3.5.16, replaceDeadAfter: 10, discovery: ${discovery}}`,
    secrets,
  });
  return spec.replace(/^tls: .*\n/m, '');
}

/** One archive for hosts that are alike, by the user's own commands; in `directory` stay the tokens. */
async function archiveIn(directory: string): Promise<Buffer> {
  const quorumgate = (...args: string[]) => run(process.execPath, [PROGRAM, ...args]);
  const spec = join(directory, 'spec.yaml');
  await run('sh', ['-c', `cat >'${spec}' <<'END'\n${specOf('image')}END\n`]);
  const [pki, secrets, out] = ['pki', 'secrets', 'packed'].map((name) => join(directory, name)) as [
    string,
    string,
    string,
  ];
  await quorumgate('pki', 'init', '--dir', pki, '--name', 'lab');
  await quorumgate('pki', 'issue', spec, '--dir', pki, '--host', `etcd=${ADDRESSES}`);
  await quorumgate('consul', 'secrets', '--dir', secrets);
  await quorumgate('pki', 'pack', spec, '--dir', pki, '--secrets', secrets, '--out', out);
  return readFileSync(join(out, 'etcd.tar'));
}

/** Nobody but its reader sees a secret: not in an environment, a command line or a journal, nor as another user. */
async function assertHidden(t: ExecutionContext, lab: Lab, directory: string): Promise<void> {
  const secrets = join(directory, 'secrets');
  const words = readdirSync(secrets).map((name) => readFileSync(join(secrets, name), 'utf8').trim());
  const pems = readFileSync(join(directory, 'packed/etcd.tar'), 'latin1').matchAll(
    /BEGIN PRIVATE KEY-----\n.*\n(.{20})/g,
  );
  const keys = [...pems].map(([, line = '']) => line);
  t.is(keys.length, 3);
  for (const { name } of lab.hosts) {
    const seen =
      'cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ 2>/dev/null; journalctl -b --no-pager -o cat; cat /etc/quorumgate/*';
    const open = await output(lab, name, seen);
    for (const word of [...words, ...keys]) t.false(open.includes(word), name);
    const read = await output(
      lab,
      name,
      "runuser -u nobody -- sh -c 'cat $(find /run/quorumgate -type f ! -name host.env ! -name recursors.json ! -name secrets) | wc -c' 2>/dev/null",
    );
    // Left out is what is no secret: name and address, DNS servers, a mark.
    t.regex(read, /^0$/m, `${name}: ${read}`);
    const other = await output(lab, name, 'runuser -u consul -- cat /run/quorumgate/etcd/peer.key | wc -c');
    t.regex(other, /^0$/m, `${name}: ${other}`);
  }
}

async function play(
  t: ExecutionContext,
  how: {
    secrets: (archive: Buffer) => string;
    files: (archive: Buffer) => HostFile[];
    image?: 'bookworm' | 'trixie';
    discovery?: string;
  },
  during: (lab: Lab) => Promise<void> = async () => {},
): Promise<void> {
  t.timeout(900_000);
  const directory = mkdtempSync(join(tmpdir(), 'quorumgate-delivered-'));
  try {
    const archive = await archiveIn(directory);
    const text = specOf(how.secrets(archive), how.discovery);
    await inLab(
      { text, hostFiles: () => how.files(archive), ...(how.image && { image: how.image }) },
      async (lab) => {
        await during(lab);
        const secrets = join(directory, 'secrets');
        const bootstrap = () => operate(lab, 'etcd-1', text, ['consul', 'bootstrap', 'SPEC', '--dir', secrets]);
        const told = await eventually(bootstrap, ({ exitCode }) => exitCode === 0, 90);
        t.is(told.exitCode, 0, told.stderr);
        t.is((await lab.wait({ timeoutSeconds: 180 })).outcome, 'up');
        await assertSound(t, lab);
        await assertWhole(t, lab);
        await assertHidden(t, lab, directory);
        await lab.fault.reboot('etcd-2');
        t.is((await lab.wait({ timeoutSeconds: 180 })).outcome, 'up');
        await lab.fault.wipe('etcd-3');
        t.is((await lab.wait({ timeoutSeconds: 180 })).outcome, 'up');
        await assertSound(t, lab);
        await assertWhole(t, lab);
      },
      start,
    );
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

labTest('by a command that fails at first: born, rebooted, wiped; no secret shows', async (t) => {
  await play(
    t,
    {
      // At each boot once: it has a /tmp of its own.
      secrets: () =>
        '{command: "if test -e /tmp/tried; then test \\"$QG_ADDRESS\\" && cat /srv/secrets.b64; else touch /tmp/tried; echo not yet >&2; exit 7; fi", timeout: 20}',
      files: (archive) => [{ path: '/srv/secrets.b64', mode: 0o600, content: gzipSync(archive).toString('base64') }],
    },
    async (lab) => {
      const said = await says(lab, 'etcd-1', /`secrets` ended with 7/, 'quorumgate-deliver.service');
      t.regex(said, /`secrets` ended with 7; what it said is in \/run\/quorumgate\/delivery\.log/);
    },
  );
});

labTest('from a URL, encrypted, with a key in the image; by discovery: srv', async (t) => {
  // As openssl of the host reads it, which is no matter here: a rotation of letters is a cipher too.
  const turned = (archive: Buffer) =>
    Buffer.from(archive.toString('base64').replace(/./g, (letter) => (letter === 'A' ? '@' : letter)));
  const unit = '[Service]\nExecStart=/usr/bin/python3 -m http.server -b 127.0.0.1 -d /srv/http 8099\n';
  await play(t, {
    discovery: 'srv',
    secrets: (archive) =>
      `{url: "http://127.0.0.1:8099/secrets", sha256: ${createHash('sha256').update(turned(archive)).digest('hex')}, command: "tr @ A"}`,
    files: (archive) => [
      { path: '/srv/http/secrets', mode: 0o644, content: turned(archive) },
      { path: '/etc/systemd/system/files.service', mode: 0o644, content: unit },
      {
        path: '/etc/systemd/system/quorumgate-deliver.service.d/files.conf',
        mode: 0o644,
        content: '[Unit]\nWants=files.service\nAfter=files.service\n',
      },
    ],
  });
});

const credstore = (archive: Buffer): HostFile[] =>
  readTar(archive).map(({ path, bytes }) => {
    return { path: `/etc/credstore/quorumgate.${path}`, mode: 0o600, content: Buffer.from(bytes) };
  });

for (const image of ['bookworm', 'trixie'] as const) {
  labTest(`as credentials of systemd, on ${image}`, async (t) => {
    await play(t, { image, secrets: () => 'credentials', files: credstore });
  });
}
