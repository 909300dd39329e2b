import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { loadAssets } from '../io/assets.ts';
import { buildPlans } from '../plan/build.ts';
import { readSpec } from '../spec/read.ts';
import { WITHOUT_PROGRAMS } from '../spec/reference.ts';
import { serveLoopback } from '../testing/loopback.ts';
import { emitIgnition3 } from './ignition.ts';

/** The real engine given a stub, and a server that has, or has not, what the stub refers to. */
const ENGINE = '/usr/lib/dracut/modules.d/30ignition/ignition';
const engine = existsSync(ENGINE) && process.getuid?.() === 0 ? test : test.skip;
const [plan] = buildPlans(readSpec(WITHOUT_PROGRAMS, 'x', ['aws']).spec ?? never(), await loadAssets());

function never(): never {
  throw new Error('no spec');
}

type Served = (whole: Uint8Array, requests: number) => { status: number; bytes?: Uint8Array | undefined; cut?: true };

/** Answers of the engine for a stub whose server answers so; `found`: whether it has a configuration then. */
async function boot(served: Served, timeout = 30): Promise<{ said: string; found: boolean; requests: number }> {
  let whole = new Uint8Array();
  let requests = 0;
  const server = await serveLoopback((_, response) => {
    requests += 1;
    const { status, bytes, cut } = served(whole, requests);
    // Without bytes: no answer at all.
    if (bytes === undefined) return;
    response.writeHead(status, { 'content-length': bytes.length });
    if (cut) response.write(bytes.subarray(0, 100), () => response.destroy());
    else response.end(bytes);
  });
  const folder = mkdtempSync(join(tmpdir(), 'quorumgate-stub-'));
  const at = (name: string) => join(folder, name);
  try {
    const baseUrl = `${server.url}/a`;
    const { files } = emitIgnition3(plan ?? never(), 'flatcar', {
      documents: { platform: 'virtualbox', baseUrl, timeout },
    });
    whole = Uint8Array.from(files[1]?.bytes ?? []);
    writeFileSync(at('config.ign'), files[0]?.bytes ?? '');
    const flags = [`--config-cache=${at('cache')}`, `--neednet=${at('neednet')}`, `--state-file=${at('state')}`];
    const child = spawn(
      ENGINE,
      ['--platform=file', '--stage=fetch', `--root=${at('root')}`, ...flags, '--log-to-stdout'],
      {
        env: { IGNITION_CONFIG_FILE: at('config.ign'), PATH: '/usr/sbin:/usr/bin' },
      },
    );
    let said = '';
    child.stdout.on('data', (data) => {
      said += data;
    });
    const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
    return {
      said,
      found: code === 0 && existsSync(at('cache')),
      requests,
    };
  } finally {
    await server.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

engine('what is as it should be is taken, also after a server that was not well', async (t) => {
  t.true((await boot((bytes) => ({ status: 200, bytes }))).found);
  const { found, requests } = await boot((bytes, count) => ({ status: count === 1 ? 503 : 200, bytes }));
  t.true(found);
  t.is(requests, 2);
});

engine('other bytes are not used, and the cause is named', async (t) => {
  const { found, said } = await boot((bytes) => ({
    status: 200,
    bytes: bytes.map((byte) => (byte === 10 ? 32 : byte)),
  }));
  t.false(found);
  t.regex(said, /hash verification failed/);
});

engine('what is not there ends the boot, at once', async (t) => {
  const { found, requests } = await boot(() => ({ status: 404, bytes: new Uint8Array() }));
  t.false(found);
  t.is(requests, 1);
});

engine('what comes half is not used', async (t) => {
  t.false((await boot((bytes) => ({ status: 200, bytes, cut: true }), 3)).found);
});

engine('a server that never answers, or never well, ends the boot within the time', async (t) => {
  for (const answer of [() => ({ status: 200 }), () => ({ status: 503, bytes: new Uint8Array() })]) {
    const { found, said } = await boot(answer, 2);
    t.false(found, said);
  }
});
