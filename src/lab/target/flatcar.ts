import { appendFileSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { finish } from '../machine/command.ts';
import { LabError } from '../machine/lab-error.ts';
import { hostPaths, namespaceOf } from '../machine/layout.ts';
import { type LabTarget, outputFor } from './lab-target.ts';

/** Debian's package puts the engine where an initramfs is made from, and nowhere else. */
const ENGINE = '/usr/lib/dracut/modules.d/30ignition/ignition';

/**
 * The real Ignition engine writes to the disk what it would from an initramfs: fetched in the host's own network, laid
 * out before its systemd starts. The image has no Node and no package manager, and /usr is read-only.
 */
export const flatcar: LabTarget = {
  name: 'flatcar',
  compiles: 'flatcar',
  about: 'the real Ignition lays out the disk before systemd starts; no Node, no package manager, /usr read-only',
  reader: 'ignition',
  image: 'flatcar',
  tools: { [ENGINE]: 'ignition' },
  withoutNode: true,
  seed: () => [],
  prepare: async ({ layout, host, root }, outputs) => {
    const { base, console: log } = hostPaths(layout, host.name);
    const work = join(base, 'ignition');
    await rm(work, { recursive: true, force: true });
    await mkdir(work, { recursive: true });
    const config = join(work, 'config.ign');
    // It labels what it has written, and this kernel has no labels.
    await writeFile(join(work, 'setfiles'), '#!/bin/sh\nexec cat >/dev/null\n', { mode: 0o755 });
    await writeFile(config, outputFor(outputs, `flatcar/${host.role}/config.ign`));
    // The stages of a boot that find anything to do; each reads what the one before has left.
    for (const stage of ['fetch', 'files']) {
      const { exitCode, stdout, stderr } = await finish(
        'nsenter',
        [
          `--net=/run/netns/${namespaceOf(layout, host.name)}`,
          '--',
          ENGINE,
          '--platform=file',
          `--stage=${stage}`,
          `--root=${root}`,
          `--config-cache=${join(work, 'cache')}`,
          `--neednet=${join(work, 'neednet')}`,
          `--state-file=${join(work, 'state')}`,
          '--log-to-stdout',
        ],
        { env: { IGNITION_CONFIG_FILE: config, PATH: `${work}:${process.env['PATH']}` } },
      );
      appendFileSync(log, stdout + stderr);
      if (exitCode === 0) continue;
      const cause = /(?:CRITICAL|ERROR) *: (.*)/.exec(stdout)?.[1] ?? stdout.trim().slice(-500);
      throw new LabError(
        `Ignition does not boot ${host.name}: ${stage}: ${cause}`,
        'Nothing of the lab is left. What it was given is what `quorumgate compile` writes.',
      );
    }
  },
  // As on the real system, where the partition itself is.
  nspawn: (root) => [`--bind-ro=${root}/usr:/usr`],
};
