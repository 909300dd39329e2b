import test from 'ava';
import { Agent } from './agent.ts';
import { lock as held } from './answers-testing.ts';
import { Lock } from './lock.ts';
import { serveJson } from './server-testing.ts';

/** Consul's lock, which somebody holds; its clock. */
async function scene(answer: (line: string) => unknown) {
  const server = await serveJson(answer);
  let time = 0;
  const lock = new Lock(new Agent({ CONSUL_HTTP_ADDR: server.at }), 'mycluster', () => time);
  return { ...server, lock, at: (seconds: number) => (time = seconds * 1000) };
}
const free = { Session: '', Value: null, ModifyIndex: 56 };
const session = { ID: '11111111-e9e3-2416-59e0-133b28005b8b' };

test('a lock that nobody has is taken and kept; a session that has ended is lost', async (t) => {
  let renewed: unknown = [{}];
  const { lock, asked, close } = await scene((line) => {
    if (line.startsWith('GET')) return [{ ...held[0], ...free }];
    if (line.includes('/session/create')) return session;
    return line.includes('/session/renew/') ? renewed : true;
  });
  t.is(await lock.acquire('disk-1'), session.ID);
  t.is(await lock.acquire('disk-1', session.ID), session.ID);
  renewed = undefined;
  t.is(await lock.acquire('disk-1', session.ID), undefined);
  await lock.release(session.ID);
  t.deepEqual(asked, [
    'GET /v1/kv/etcd3/mycluster/lock?consistent',
    'PUT /v1/session/create',
    `PUT /v1/kv/etcd3/mycluster/lock?acquire=${session.ID}`,
    `PUT /v1/session/renew/${session.ID}`,
    `PUT /v1/kv/etcd3/mycluster/lock?acquire=${session.ID}`,
    `PUT /v1/session/renew/${session.ID}`,
    `PUT /v1/session/destroy/${session.ID}`,
  ]);
  close();
});

test('what this host left behind when it was killed is ended', async (t) => {
  const { lock, asked, close } = await scene((line) => {
    return line.startsWith('GET') ? held : line.includes('/session/create') ? session : true;
  });
  t.is(await lock.acquire('disk-2'), session.ID);
  t.is(asked[1], `PUT /v1/session/destroy/${held[0]?.Session}`);
  close();
});

test('another who was faster', async (t) => {
  const { lock, asked, close } = await scene((line) => {
    return line.startsWith('GET') ? undefined : line.includes('/session/create') ? session : !line.includes('acquire');
  });
  t.is(await lock.acquire('disk-1'), undefined);
  t.is(asked.at(-1), `PUT /v1/session/destroy/${session.ID}`);
  close();
});

test('who holds it for a minute without a change holds up nobody any more, until another holds it', async (t) => {
  let now: object = held[0] as object;
  const { lock, at, asked, close } = await scene((line) => (line.startsWith('GET') ? [now] : true));
  const get = (session?: string) => lock.acquire('disk-1', session);
  t.is(await get(), undefined);
  at(59);
  t.is(await get(), undefined);
  at(60);
  const beside = await get();
  t.regex(beside ?? '', /^beside:/);
  at(61);
  t.is(await get(beside), beside);
  await lock.release(beside ?? '');
  t.true(asked.every((line) => line.startsWith('GET')));
  at(62);
  t.regex((await get()) ?? '', /^beside:/);
  now = { ...now, ModifyIndex: 99 };
  t.is(await get(beside), undefined);
  at(121);
  t.is(await get(), undefined);
  at(122);
  t.regex((await get()) ?? '', /^beside:/);
  close();
});

test('nor do several who take turns, for longer than a cluster needs', async (t) => {
  let turn = 0;
  const { lock, at, close } = await scene(() => [{ ...held[0], ModifyIndex: turn }]);
  for (; turn < 10; turn++) {
    at(turn * 30);
    t.is(await lock.acquire('disk-1'), undefined);
  }
  at(300);
  t.regex((await lock.acquire('disk-1')) ?? '', /^beside:/);
  // A lock of long ago does not count.
  turn = 11;
  at(10_000);
  t.is(await lock.acquire('disk-1'), undefined);
  close();
});

test('a lock that is none', async (t) => {
  for (const value of [{}, [1], [null], 'x', [{ Session: 5 }], [{ Session: 'a/../b' }], [{ ...held[0], Value: '!' }]]) {
    const { lock, close } = await scene((line) => (line.startsWith('GET') ? value : true));
    await t.throwsAsync(
      lock.acquire('disk-1'),
      { message: /^Consul's answer cannot be used: / },
      JSON.stringify(value),
    );
    close();
  }
  for (const value of [{}, { ID: 5 }, { ID: '../x' }, [], null]) {
    const { lock, close } = await scene((line) => (line.startsWith('GET') ? undefined : value));
    await t.throwsAsync(
      lock.acquire('disk-1'),
      { message: /^Consul's answer cannot be used: / },
      JSON.stringify(value),
    );
    close();
  }
});
