import test from 'ava';
import { ConsulError } from '../shared/ports.ts';
import { Agent } from './agent.ts';
import { entries } from './answers-testing.ts';
import { consulPort } from './consul.ts';
import { hostRights, operatorRights, Rights } from './rights.ts';
import { serveJson, settings } from './server-testing.ts';

const rules = [
  'key_prefix "etcd3/mycluster/" { policy = "write" }',
  'service "etcd3" { policy = "read" }',
  'node_prefix "" { policy = "read" }',
  'service "etcd3" { policy = "write" }',
  'session "etcd-1" { policy = "write" }',
  'agent "etcd-1" { policy = "read" }',
  'node "etcd-1" { policy = "write" }',
];
/** The agent's words on a token that lacks these. */
const without = (...lacking: number[]) =>
  rules.map((_, index) => ({ Resource: '', Segment: '', Allow: !lacking.includes(index) }));

async function port(answer: (line: string) => unknown) {
  const server = await serveJson((line) => answer(line.split('?')[0] ?? ''));
  return { ...server, consul: consulPort(settings, { CONSUL_HTTP_ADDR: server.at }) };
}

test('the rules as they are told are what is asked for', (t) => {
  t.deepEqual(
    hostRights('mycluster', 'etcd-1').map(({ rule }) => rule),
    rules,
  );
  t.is(operatorRights('mycluster').length, 5);
});

test('without ACLs one more request, and never again', async (t) => {
  const { consul, asked, close } = await port((line) => {
    if (line.endsWith('/authorize')) return 401;
    return line.includes('/kv/') ? entries : [];
  });
  await consul.keys();
  await Promise.all([consul.keys(), consul.candidates(), consul.services().catch(() => undefined)]);
  t.is(asked.filter((line) => line.includes('authorize')).length, 1);
  close();
});

test('a read that Consul answers by nothing, because it is denied, names all that is missing', async (t) => {
  for (const [lacking, named] of [
    [
      [0, 4],
      [0, 4],
    ],
    [[1, 3], [3]],
    [[2], [2]],
    [
      [0, 1, 2, 3, 4, 5, 6],
      [0, 2, 3, 4, 5, 6],
    ],
  ] as const) {
    const { consul, close } = await port((line) => {
      if (line.endsWith('/authorize')) return without(...lacking);
      return line.includes('/kv/')
        ? undefined
        : line.includes('/catalog/node')
          ? null
          : line.includes('services')
            ? {}
            : [];
    });
    const message = `Consul denies access: the policy of CONSUL_HTTP_TOKEN lacks ${named.map((index) => rules[index]).join(', ')}`;
    for (const read of [consul.keys(), consul.candidates(), consul.services(), consul.removeFormerNode()]) {
      await t.throwsAsync(read, { message, instanceOf: ConsulError });
    }
    close();
  }
});

test('what reading does not need is missed only by who needs it', async (t) => {
  const { consul, close } = await port((line) => {
    if (line.endsWith('/authorize')) return without(4, 5);
    return line.includes('/session/') || line.includes('/agent/self')
      ? 403
      : line.includes('/kv/')
        ? entries.slice(1)
        : [];
  });
  t.is((await consul.keys()).value.length, 1);
  t.is((await consul.candidates()).value.length, 0);
  const message = `Consul denies access: the policy of CONSUL_HTTP_TOKEN lacks ${rules[4]}, ${rules[5]}`;
  await t.throwsAsync(consul.acquire('disk-1'), { message, instanceOf: ConsulError });
  await t.throwsAsync(consul.version(), { message });
  close();
});

test('an agent without ACLs in front of servers that have some: one key by its name', async (t) => {
  let empty = true;
  const { consul, asked, close } = await port((line) => {
    if (line.endsWith('/authorize')) return 401;
    return line.endsWith('/bootstrap') ? (empty ? 403 : undefined) : undefined;
  });
  await t.throwsAsync(consul.keys(), { message: /^Consul denies access: / });
  empty = false;
  t.deepEqual((await consul.keys()).value, []);
  t.deepEqual((await consul.keys()).value, []);
  t.is(asked.filter((line) => line.includes('/bootstrap')).length, 2);
  close();
});

test('what newer versions say themselves', async (t) => {
  const exchange = (url: string) => {
    const status = url.endsWith('/authorize') ? 401 : 200;
    return Promise.resolve({ status, headers: { 'x-consul-results-filtered-by-acls': 'true' }, body: '[]' });
  };
  const consul = consulPort(settings, {}, undefined, exchange);
  await t.throwsAsync(consul.keys(), { message: 'Consul denies access: it has left out what its policies hide' });
  await t.throwsAsync(consul.candidates(), { message: /has left out/ });
});

test('a token that Consul does not know; an answer to the question that is none', async (t) => {
  const exchange = (body: string, status: number) => () => Promise.resolve({ status, headers: {}, body });
  const unknown = consulPort(settings, {}, undefined, exchange('ACL not found', 403));
  await t.throwsAsync(unknown.keys(), { message: /it does not know the token in CONSUL_HTTP_TOKEN/ });
  for (const body of ['{}', '[]', 'null', '[1]', '[{"Allow":true}]', 'x']) {
    const rights = new Rights(new Agent({}, exchange(body, 200)), hostRights('a', 'b'));
    await t.throwsAsync(rights.assertReading(60_000), { instanceOf: ConsulError }, body);
  }
  const older = new Rights(new Agent({}, exchange('', 404)), hostRights('a', 'b'));
  await t.notThrowsAsync(older.assertReading(60_000));
});
