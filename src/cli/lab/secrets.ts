import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type HostFile, type Lab, LabError } from '../../lab/lab.ts';
import { makeSecrets } from '../../operator/consul/bootstrap.ts';
import type { Spec } from '../../spec/defaults.ts';

/** A spec by its path, with what is in it, for `-`. */
interface SpecFile {
  file: string;
  text: string;
}

/** Throwaway secrets of Consul for a lab: files of its hosts, and what makes its Consul know them. */
export interface LabSecrets {
  files: HostFile[];
  /** Once its hosts boot. Resolves when the tokens are known. @throws LabError */
  bootstrap(lab: Lab, spec: SpecFile, self: readonly string[], signal: AbortSignal): Promise<void>;
}

/** Seconds for a new Consul to have a leader. */
const PATIENCE = 60;

/** Secrets by their names: whoever is interrupted leaves none behind, and a lab that is cleared away before takes none along. */
async function inMemory(): Promise<Map<string, Buffer>> {
  const folder = mkdtempSync(join(tmpdir(), 'quorumgate-secrets-'));
  try {
    await makeSecrets(folder);
    return new Map(readdirSync(folder).map((name) => [name, readFileSync(join(folder, name))]));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Secrets at the paths that the spec names; undefined: it names none. */
export async function labSecrets({ consul: { encrypt, tokens } }: Spec): Promise<LabSecrets | undefined> {
  if (encrypt === undefined && tokens === undefined) return undefined;
  const made = await inMemory();
  const places = Object.entries({ gossip: encrypt, ...tokens });
  const files = places.flatMap(([name, path]): HostFile[] =>
    path === undefined ? [] : [{ path, mode: 0o600, content: made.get(name) ?? '' }],
  );
  return {
    files,
    async bootstrap(lab, spec, self, signal) {
      const { secrets } = lab.layout;
      mkdirSync(secrets, { mode: 0o700 });
      for (const [name, text] of made) writeFileSync(join(secrets, name), text, { mode: 0o600 });
      if (tokens === undefined) return;
      // Its lock file is beside it.
      const file = spec.file === '-' ? join(secrets, 'spec.yaml') : spec.file;
      if (spec.file === '-') writeFileSync(file, spec.text);
      const server = lab.hosts.find(({ role }) => role === 'consul-server') ?? lab.hosts[0];
      if (server === undefined) throw new Error('a lab without hosts');
      const command = [process.execPath, ...self, 'consul', 'bootstrap', file, '--dir', secrets];
      for (let tries = 0; ; tries++) {
        const { exitCode, stderr } = await lab.net(server.name, command);
        if (exitCode === 0) return;
        signal.throwIfAborted();
        if (tries >= PATIENCE)
          throw new LabError(`Consul does not learn its tokens: ${stderr.trim()}`, 'Look at its journal.');
        await sleep(1000);
      }
    },
  };
}
