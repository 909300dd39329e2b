import test from 'ava';
import { ConsulError } from '../../sidekick/shared/ports.ts';
import { sortHosts } from '../hosts.ts';
import { Reply, serve, settings } from '../operator-testing.ts';
import { withConsul } from '../with-consul.ts';
import { isReachable, operatorConsul } from './consul.ts';
import type { OperatorConsul } from './ports.ts';

type Answer = (path: string, query: URLSearchParams, body: string) => unknown;

/** Asks a Consul that answers so; by default it has no ACLs and is empty. */
async function ask<T>(answer: Answer, use: (consul: OperatorConsul) => Promise<T>): Promise<T> {
  const agent = await serve((url, body) => {
    const [path = '', query = ''] = url.split('?');
    return answer(path, new URLSearchParams(query), body);
  });
  try {
    return await use(operatorConsul(settings, { CONSUL_HTTP_ADDR: `127.0.0.1:${agent.port}` }));
  } finally {
    agent.close();
  }
}

const empty: Answer = (path) => (path.startsWith('/v1/health') || path === '/v1/agent/members' ? [] : undefined);

/** ACLs that allow all but one of the rights that are asked for. */
const lacking =
  (index: number): Answer =>
  (path, query, body) => {
    if (path !== '/v1/internal/acl/authorize') return empty(path, query, body);
    return (JSON.parse(body) as object[]).map((right, at) => ({ ...right, Allow: at !== index }));
  };

test('an empty Consul is empty', async (t) => {
  t.deepEqual((await ask(empty, (consul) => consul.keys())).value, []);
  t.deepEqual(await ask(empty, (consul) => consul.registrations()), { hosts: [], unfit: [] });
  t.deepEqual(await ask(empty, (consul) => consul.machines()), []);
});

test('W5: denied is not empty: what is missing is named', async (t) => {
  const rules = [/key_prefix "etcd3\/mycluster\/"/, /service "etcd3"/, /node_prefix ""/];
  const reads: ((consul: OperatorConsul) => Promise<unknown>)[] = [
    (consul) => consul.keys(),
    (consul) => consul.registrations(),
    (consul) => consul.machines(),
    (consul) => consul.clients(),
  ];
  for (const [index, rule] of rules.entries()) {
    for (const read of reads) {
      const error = await t.throwsAsync(ask(lacking(index), read), { instanceOf: ConsulError, message: rule });
      t.regex(error?.message ?? '', /denies access/);
    }
  }
});

test('W5: a single key tells what all together do not', async (t) => {
  const answer: Answer = (path, query, body) => {
    if (path.startsWith('/v1/kv/') && !query.has('recurse')) return new Reply(403, 'Permission denied');
    return empty(path, query, body);
  };
  await t.throwsAsync(
    ask(answer, (consul) => consul.keys()),
    { instanceOf: ConsulError, message: /denies access/ },
  );
});

test('W5: an answer that newer versions call filtered', async (t) => {
  const answer: Answer = (path, query, body) =>
    path.startsWith('/v1/health')
      ? new Reply(200, '[]', { 'X-Consul-Results-Filtered-By-ACLs': 'true' })
      : empty(path, query, body);
  await t.throwsAsync(
    ask(answer, (consul) => consul.registrations()),
    { instanceOf: ConsulError, message: /denies access/ },
  );
});

test('the operator is told of the token, and elsewhere of the agent', async (t) => {
  const denied = withConsul(() => ask(lacking(0), (consul) => consul.keys()));
  t.regex(((await t.throwsAsync(denied)) as { remedy?: string }).remedy ?? '', /CONSUL_HTTP_TOKEN/);
  const silent = withConsul(() => operatorConsul(settings, { CONSUL_HTTP_ADDR: '127.0.0.1:1' }).keys());
  t.regex(((await t.throwsAsync(silent)) as { remedy?: string }).remedy ?? '', /CONSUL_HTTP_ADDR=host:8500/);
});

test('W6: what is not what Consul answers is an error with a cause in one line', async (t) => {
  for (const text of ['', 'null', '{}', '7', '[null]', '[{}]', '['.repeat(10_000), '<html>']) {
    const answer: Answer = (path) => (path === '/v1/internal/acl/authorize' ? undefined : new Reply(200, text));
    const reading = ask(answer, (consul) => consul.keys());
    const error = await t.throwsAsync(reading, { instanceOf: ConsulError }, text.slice(0, 20));
    t.false(error?.message.includes('\n'));
  }
});

const entry = (Node: unknown, Service: object, Status = 'passing') => ({
  Node: { Node, Address: '10.0.0.1' },
  Service: {
    ID: 'etcd-1-server',
    Tags: ['_etcd-server._tcp.mycluster'],
    Address: '10.0.0.1',
    Port: 2380,
    Meta: null,
    ...Service,
  },
  Checks: [{ Status }],
});

/** A Consul with these under the tag of plain http. */
const registered =
  (...entries: object[]): Answer =>
  (path, query, body) => {
    if (!path.startsWith('/v1/health')) return empty(path, query, body);
    return query.get('tag') === '_etcd-server._tcp.mycluster' ? entries : [];
  };

test('W7: an address that is none is told of, with what it stands in; it hides no other', async (t) => {
  const bad = [
    entry('etcd-7', { Address: '127.0.0.1:1:;x' }),
    entry('etcd-8\n\u001b[2J', {}),
    entry('etcd-9', { Port: 99_999 }),
    entry('etcd-6', { Address: 'fe80::1' }),
    {},
  ];
  const found = await ask(registered(entry('etcd-1', {}, 'critical'), ...bad), (consul) => consul.registrations());
  const { hosts, odd } = sortHosts(settings, found);
  t.deepEqual(
    hosts.map(({ node, alive, peerUrl }) => `${node} ${alive} ${peerUrl}`),
    ['etcd-1 false http://10.0.0.1:2380'],
  );
  t.is(odd.length, bad.length);
  t.regex(odd[0]?.why ?? '', /etcd-7.*127\.0\.0\.1:1:;x/);
  for (const { about, why, remedy } of odd) t.false(`${about}${why}${remedy}`.includes('\n'));
  t.regex(odd[0]?.remedy ?? '', /catalog\/deregister/);
});

test('Meta is what hosts may say, and nothing else', async (t) => {
  const Meta = { state: 'member', incarnation: 'disk-1', cid: 'no ID', member: '', size: '44', constructor: 'x' };
  const found = await ask(registered(entry('etcd-1', { Meta })), (consul) => consul.registrations());
  const { hosts } = sortHosts(settings, found);
  t.deepEqual(hosts[0]?.meta, { state: 'member', incarnation: 'disk-1', member: '' });
});

test('machines, those that have left as well, with names that can be read', async (t) => {
  const members = [
    { Name: 'etcd-1', Addr: '10.0.0.1', Status: 1 },
    { Name: 'etcd-3\n', Addr: '10.0.0.3', Status: 4 },
    { Name: 'etcd-2', Addr: '10.0.0.2', Status: 3 },
  ];
  const answer: Answer = (path, query, body) => (path === '/v1/agent/members' ? members : empty(path, query, body));
  t.deepEqual(await ask(answer, (consul) => consul.machines()), [
    { node: 'etcd-1', address: '10.0.0.1', alive: true },
    { node: 'etcd-2', address: '10.0.0.2', alive: false },
    { node: 'etcd-3\\n', address: '10.0.0.3', alive: false },
  ]);
});

test('addresses that others can reach', (t) => {
  for (const address of ['10.0.0.1', '192.168.3.4']) t.true(isReachable(address));
  for (const address of ['127.0.0.1', '169.254.1.1', '0.0.0.0', '224.0.0.1', 'host', '10.0.0.1\n', '::1']) {
    t.false(isReachable(address), address);
  }
});
