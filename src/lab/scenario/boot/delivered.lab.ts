import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import type { ExecutionContext } from 'ava';
import { readTar } from '../../../format/tar.ts';
import type { HostFile } from '../../host/host.ts';
import { type Lab, start } from '../../lab.ts';
import { assertSound, assertWhole, inLab, labSpec, labTest, output, says } from '../lab-testing.ts';
import { assertHidden, Safe } from '../safe-testing.ts';

/** One archive for hosts that are alike. */
const ALIKE = ['--host', 'etcd=10.77.0.101,10.77.0.102,10.77.0.103'];

/** A spec whose secrets come so, on a Consul that its members serve. */
const specOf = (secrets: string, discovery = 'committed') =>
  labSpec({
    consul: '{servers: members, join: [10.77.0.101, 10.77.0.102, 10.77.0.103], version: 2.1.0}',
    etcd: `{version: 3.5.16, replaceDeadAfter: 10, discovery: ${discovery}}`,
    secrets,
  });

/** Left out is what is no secret: name and address, DNS servers, a mark. */
const HANDED = '$(find /run/quorumgate -type f ! -name host.env ! -name recursors.json ! -name secrets)';

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
  await Safe.with(specOf('image'), ALIKE, async (safe) => {
    const archive = await safe.archive('etcd');
    const words = safe.words('etcd');
    t.is(words.length, 5 + 3, 'of Consul, and of three keys');
    const text = specOf(how.secrets(archive), how.discovery);
    const hostFiles = () => how.files(archive);
    await inLab(
      { text, ownSecrets: true, hostFiles, ...(how.image && { image: how.image }) },
      async (lab) => {
        await during(lab);
        await safe.bootstrap(t, lab, 'etcd-1');
        t.is((await lab.wait({ timeoutSeconds: 180 })).outcome, 'up');
        await assertSound(t, lab);
        await assertWhole(t, lab);
        await assertHidden(t, lab, { words: [...words, ...safe.words('etcd')], handed: HANDED });
        for (const { name } of lab.hosts) {
          const other = await output(lab, name, 'runuser -u consul -- cat /run/quorumgate/etcd/peer.key | wc -c');
          t.regex(other, /^0$/m, `${name}: ${other}`);
        }
        await lab.fault.reboot('etcd-2');
        t.is((await lab.wait({ timeoutSeconds: 180 })).outcome, 'up');
        await lab.fault.wipe('etcd-3');
        t.is((await lab.wait({ timeoutSeconds: 180 })).outcome, 'up');
        await assertSound(t, lab);
        await assertWhole(t, lab);
      },
      start,
    );
  });
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
