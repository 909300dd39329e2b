import { rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { OutputFile } from '../../../compile.ts';
import { bootableFrom } from '../../compile/compile-for-lab.ts';
import { boot, LabError, up } from '../../lab.ts';
import {
  assertSound,
  assertWhole,
  inLab,
  labSpec,
  labTest,
  output,
  says,
  type TestLabOptions,
} from '../lab-testing.ts';

/** Hosts whose document did not fit, and who fetch it from the lab's HTTP server. */
const AWS: TestLabOptions = {
  // With the sidekicks in it, which EC2's user-data has no room for.
  text: labSpec({
    documents: '{baseUrl: "https://artifacts.example.com/boot"}',
    programs: '{sidekick: inline}',
  }),
};
const FLATCAR: TestLabOptions = {
  text: labSpec({
    documents: '{platform: virtualbox, baseUrl: "https://artifacts.example.com"}',
  }),
  targets: ['flatcar'],
};

const isUpload = ({ path }: OutputFile) => path.includes('/upload/');
const damaged = (file: OutputFile) => (isUpload(file) ? { ...file, bytes: new Uint8Array([...file.bytes, 10]) } : file);

labTest('flatcar: the real Ignition fetches the document, and boots it', async (t) => {
  t.timeout(600_000);
  await inLab(FLATCAR, async (lab) => {
    await assertSound(t, lab);
    await assertWhole(t, lab);
    await lab.fault.wipe('etcd-2');
    t.is((await lab.wait({ timeoutSeconds: 120 })).outcome, 'up', 'a new disk fetches it again');
    await assertWhole(t, lab);
  });
});

labTest('flatcar: bytes that are not the right ones boot nothing', async (t) => {
  t.timeout(600_000);
  for (const [changed, cause] of [
    [
      (files: readonly OutputFile[]) => files.map(damaged),
      /Ignition does not boot etcd-1: fetch: .*hash verification failed/,
    ],
    [
      (files: readonly OutputFile[]) => files.filter((file) => !isUpload(file)),
      /Ignition does not boot etcd-1: fetch: /,
    ],
  ] as const) {
    const booting = inLab(
      FLATCAR,
      async () => {},
      async (all) => {
        const { files, spec } = await bootableFrom(all);
        return boot(changed(files), spec, all);
      },
    );
    const error = await t.throwsAsync(booting, { instanceOf: LabError });
    t.regex(error?.message ?? '', cause);
  }
});

labTest('aws: hosts fetch the rest of themselves, once it is what it should be', async (t) => {
  t.timeout(600_000);
  let good: OutputFile | undefined;
  await inLab(
    AWS,
    async (lab) => {
      const served = join(lab.layout.uploads, basename(good?.path ?? ''));
      for (const { name } of lab.hosts) {
        t.regex(
          await says(lab, name, /not used/, 'quorumgate-fetch.service'),
          /waiting: http\S+ has SHA-256 \w+, not \w+: not used/,
        );
        t.is(
          await output(lab, name, 'ls /etc/quorumgate /opt/quorumgate/unpacked 2>&1 | grep -c "No such"'),
          '2',
          name,
        );
        t.is(
          await output(lab, name, 'systemctl is-active multi-user.target'),
          'active',
          'the boot waits for none of it',
        );
      }
      for (const { host, cloudInit } of await lab.facts()) {
        t.like(cloudInit, { status: 'done', errors: [], recoverable: {} }, host);
      }
      rmSync(served);
      t.regex(
        await says(lab, 'etcd-1', /404/, 'quorumgate-fetch.service'),
        /waiting: http\S+: .*404.*; next try in \d+ s/,
      );
      // Begins again where it is wanted: at the next boot too.
      await lab.fault.reboot('etcd-1');
      t.regex(await says(lab, 'etcd-1', /404/, 'quorumgate-fetch.service'), /waiting: http/);
      writeFileSync(served, good?.bytes ?? '');
      for (const { name } of lab.hosts)
        await output(lab, name, 'systemctl kill --kill-who=main --signal=KILL quorumgate-fetch');
      t.is((await lab.wait({ timeoutSeconds: 180 })).outcome, 'up');
      await assertSound(t, lab);
      const before = await assertWhole(t, lab);
      await lab.fault.reboot('etcd-2');
      t.is((await lab.wait({ timeoutSeconds: 120 })).outcome, 'up');
      t.deepEqual(await assertWhole(t, lab), before, 'a second boot fetches nothing and is the same member');
    },
    async (all) => {
      const { files, spec } = await bootableFrom(all);
      good = files.find(isUpload);
      return boot(files.map(damaged), spec, all);
    },
  );
});

labTest('aws: what does not fit is one cluster like any other', async (t) => {
  t.timeout(600_000);
  await inLab(AWS, (lab) => assertSound(t, lab), up);
});
