import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { Agent } from '../../sidekick/host/agent.ts';
import { ask } from '../../sidekick/host/http.ts';
import { realPrograms } from '../../testing/programs.ts';
import { makeSecrets } from './bootstrap.ts';
import { bootstrapped, endConsuls, spec, startConsul } from './consul-testing.ts';
import { rotate } from './rotate.ts';

const folder = mkdtempSync(join(tmpdir(), 'quorumgate-rotate-'));
test.after.always(() => {
  endConsuls();
  rmSync(folder, { recursive: true, force: true });
});

const programs = realPrograms('consul', process.env['QUORUMGATE_TEST_CONSUL'], folder);
const real = programs.length > 0 ? test.serial : test.serial.skip;

const word = (directory: string, name: string) => readFileSync(join(directory, name), 'utf8').trim();
const TOKENS = ['agent', 'dns', 'operator', 'sidekick'];

/** Every request but the first so many fails, as if the command were killed there; how many there were. */
function cutAfter(most: number) {
  let count = 0;
  const exchange: typeof ask = (url, options) => {
    count += 1;
    if (count > most) return Promise.reject(new Error('cut'));
    return ask(url, options);
  };
  return { exchange, count: () => count };
}

/** Takes a step, killed after each of its requests in turn before it comes to its end. */
async function step(what: 'gossip' | 'tokens', directory: string, address: string, finish = false): Promise<string> {
  const env = { CONSUL_HTTP_ADDR: address };
  for (let most = 1; most < 60; most++) {
    const { exchange } = cutAfter(most);
    const outcome = await rotate(what, spec, directory, finish, env, exchange).catch((error: Error) => error);
    if (!(outcome instanceof Error)) return outcome.done.at(-1) ?? '';
    if (!/cut/.test(outcome.message)) throw outcome;
  }
  throw new Error('it comes to no end');
}

real('the gossip key and the tokens are changed while Consul runs, also by commands killed half-way', async (t) => {
  t.timeout(240_000);
  for (const program of programs) {
    const directory = mkdtempSync(join(folder, 'secrets-'));
    await makeSecrets(directory);
    const address = await startConsul(program, directory, folder);
    await bootstrapped(address, directory);
    const management = new Agent({
      CONSUL_HTTP_ADDR: address,
      CONSUL_HTTP_TOKEN_FILE: join(directory, 'management'),
    });
    const ring = async () => {
      const { body } = await management.request('/v1/operator/keyring');
      return (JSON.parse(body) as { Keys: Record<string, number> }[]).flatMap(({ Keys }) => Object.keys(Keys));
    };
    const isKnown = (token: string) =>
      new Agent({ CONSUL_HTTP_ADDR: address, CONSUL_HTTP_TOKEN: token })
        .request('/v1/acl/token/self', {}, [403, 404])
        .then(({ status }) => status === 200);

    const first = word(directory, 'gossip');
    t.regex(await step('gossip', directory, address), /^1 of 2/);
    const second = word(directory, 'gossip');
    t.not(first, second);
    t.deepEqual([...new Set(await ring())].sort(), [first, second].sort());
    // A retry, or another who has not heard of the first.
    t.regex(await step('gossip', directory, address), /^1 of 2 is done/);
    t.is(word(directory, 'gossip'), second);
    t.regex(await step('gossip', directory, address, true), /^2 of 2/);
    t.deepEqual([...new Set(await ring())], [second]);
    t.deepEqual(
      readdirSync(directory).filter((name) => name.startsWith('gossip')),
      ['gossip'],
    );

    const before = TOKENS.map((name) => word(directory, name));
    t.regex(await step('tokens', directory, address), /^1 of 2/);
    const after = TOKENS.map((name) => word(directory, name));
    t.is(new Set([...before, ...after]).size, 8);
    for (const token of [...before, ...after]) t.true(await isKnown(token));
    t.regex(await step('tokens', directory, address), /^1 of 2 is done/);
    for (const token of [...before, ...after]) t.true(await isKnown(token));
    t.regex(await step('tokens', directory, address, true), /^2 of 2/);
    for (const token of before) t.false(await isKnown(token));
    for (const token of after) t.true(await isKnown(token));
    t.false(existsSync(join(directory, 'former')));
    t.deepEqual(readdirSync(directory).sort(), ['gossip', 'management', ...TOKENS].sort());
  }
});

real('what is not of this Consul is not changed', async (t) => {
  t.timeout(120_000);
  const [program = ''] = programs;
  const directory = mkdtempSync(join(folder, 'secrets-'));
  await makeSecrets(directory);
  const address = await startConsul(program, directory, folder);
  await bootstrapped(address, directory);
  const other = mkdtempSync(join(folder, 'other-'));
  await makeSecrets(other);
  const env = { CONSUL_HTTP_ADDR: address, CONSUL_HTTP_TOKEN_FILE: join(directory, 'management') };
  await t.throwsAsync(rotate('gossip', spec, other, false, env), { message: /no agent has the key/ });
  t.false(existsSync(join(other, 'gossip.next')));
  for (const what of ['gossip', 'tokens'] as const) {
    await t.throwsAsync(rotate(what, spec, directory, true, env), {
      message: /^there is no change of the .* to finish/,
    });
  }
  const { encrypt: _, tokens: __, ...consul } = spec.consul;
  const bare = { ...spec, consul };
  await t.throwsAsync(rotate('gossip', bare, directory, false, env), { message: /no gossip key/ });
  await t.throwsAsync(rotate('tokens', bare, directory, false, env), { message: /no tokens/ });
});
