import test from 'ava';
import { ConsulError } from '../shared/ports.ts';
import { agent, entries, instance, node, services } from './answers-testing.ts';
import { consulPort } from './consul.ts';
import { serveJson, settings } from './server-testing.ts';

/** A Consul without ACLs. */
async function port(answer: (line: string) => unknown) {
  const server = await serveJson((line) => (line.includes('/authorize') ? 401 : answer(line)));
  return { ...server, consul: consulPort(settings, { CONSUL_HTTP_ADDR: `http://${server.at}` }) };
}

test('keys and candidates', async (t) => {
  const { consul, asked, close } = await port((line) =>
    line.includes('/kv/') ? entries : [instance, { ...instance, Node: {} }],
  );
  t.like(await consul.keys(), { index: '7', value: { length: 2, 0: { key: 'etcd3/mycluster/bootstrap' } } });
  const found = await consul.candidates(60_000);
  t.is(found.unfit, `"etcd-1-server" of node undefined: its node's name is "undefined"`);
  t.like(found, { index: '7', value: { length: 1, 0: { node: 'etcd-1' } } });
  t.true(asked.includes('GET /v1/kv/etcd3/mycluster/?consistent&recurse'));
  t.true(asked.includes('GET /v1/health/service/etcd3?consistent&passing&tag=_etcd-server._tcp.mycluster'));
  close();
});

test('keys by their names: those that are there', async (t) => {
  const consul = consulPort(settings, {}, undefined, (url) => {
    const [, key = ''] = /\/v1\/kv\/(.*)\?consistent$/.exec(url) ?? [];
    const isThere = key.endsWith('a%20b');
    const body = isThere ? JSON.stringify([{ Key: 'etcd3/c/a b', Value: 'eA==', ModifyIndex: 3 }]) : '';
    return Promise.resolve({ status: isThere ? 200 : 404, headers: {}, body });
  });
  t.deepEqual(await consul.entries(['etcd3/c/none', 'etcd3/c/a b']), [{ key: 'etcd3/c/a b', value: 'x', modified: 3 }]);
  t.deepEqual(await consul.entries([]), []);
});

test('a key that somebody has made too long hides no other', async (t) => {
  const consul = consulPort(settings, {}, undefined, (url) => {
    if (url.includes('/long'))
      return Promise.reject(new Error('the answer has more than 65536 bytes, or too many pieces'));
    const body = JSON.stringify([{ Key: 'etcd3/c/own', Value: 'eA==', ModifyIndex: 3 }]);
    return Promise.resolve({ status: 200, headers: {}, body });
  });
  t.deepEqual(await consul.entries(['etcd3/c/long', 'etcd3/c/own']), [{ key: 'etcd3/c/own', value: 'x', modified: 3 }]);
});

test('writing: a key, a registration, and taking it back', async (t) => {
  const { consul, asked, close } = await port((line) => !line.includes('/nothing'));
  await consul.put('etcd3/mycluster/ü b', '{}', 5);
  await consul.register({ ID: 'a', Name: 'etcd3', Tags: [], Address: '', Port: 1, Meta: {} });
  await consul.deregister('a/b');
  t.deepEqual(asked, [
    'PUT /v1/kv/etcd3/mycluster/%C3%BC%20b?cas=5',
    'PUT /v1/agent/service/register?replace-existing-checks=true',
    'PUT /v1/agent/service/deregister/a%2Fb',
  ]);
  close();
});

test('what is not there is no error to remove; what is not done is one', async (t) => {
  const { consul, close } = await port((line) => (line.includes('deregister') ? 500 : undefined));
  await t.throwsAsync(consul.deregister('a'), { message: 'Consul answers 500: ' });
  await t.throwsAsync(consul.put('a', '', 0), { message: /^Consul answers 404: / });
  await t.throwsAsync(consul.register({ ID: 'a', Name: 'etcd3', Tags: [], Address: '', Port: 1, Meta: {} }), {
    message: /404/,
  });
  close();
  const unknown = consulPort(settings, {}, undefined, () =>
    Promise.resolve({ status: 500, headers: {}, body: 'Unknown service {"a" {}}' }),
  );
  await t.notThrowsAsync(unknown.deregister('a'));
});

test('what this host has registered, its agent, and what it was before', async (t) => {
  let there: unknown = node;
  let machines: unknown = [];
  const { consul, asked, close } = await port((line) => {
    if (line.includes('/agent/members')) return machines;
    if (line.includes('/agent/services')) return { ...services, web: { ID: 'web', Service: 'web', Tags: null } };
    return line.includes('/catalog/node/') ? there : line.includes('/agent/self') ? agent : true;
  });
  t.deepEqual(await consul.services(), [
    { ID: 'etcd-1-server', Service: 'etcd3', Tags: ['_etcd-server._tcp.mycluster'] },
    { ID: 'web', Service: 'web', Tags: [] },
  ]);
  t.is(await consul.version(), '1.8.7');
  t.true(await consul.removeFormerNode());
  t.deepEqual(asked.slice(-3), [
    'PUT /v1/catalog/deregister',
    'PUT /v1/agent/service/register',
    'PUT /v1/agent/service/deregister/etcd-1-former',
  ]);
  for (const other of [
    { Node: { ...node.Node, ID: agent.Config.NodeID } },
    { Node: { ...node.Node, Address: '10.0.0.9' } },
    null,
    undefined,
  ]) {
    there = other;
    t.false(await consul.removeFormerNode());
  }
  // At another address than before: the name is this host's by gossip, which knows no name twice.
  there = { Node: { ...node.Node, Address: '10.0.0.9' } };
  machines = [{ Name: settings.name, Addr: '10.0.0.9', Status: 1 }];
  t.false(await consul.removeFormerNode());
  machines = [{ Name: settings.name, Addr: settings.address, Status: 1 }];
  t.true(await consul.removeFormerNode());
  close();
});

test('answers of no use', async (t) => {
  for (const value of [{}, 'x', '<html>', 5, [[]], '['.repeat(70), [{ Key: 'a' }]]) {
    const { consul, close } = await port(() => (value === 5 ? '5' : value));
    for (const read of [consul.keys(), consul.removeFormerNode(), consul.version()]) {
      await t.throwsAsync(read, { instanceOf: ConsulError, message: /^Consul/ }, JSON.stringify(value));
    }
    close();
  }
  for (const Version of [undefined, 5, 'a\nb', '', 'x'.repeat(65)]) {
    const { consul, close } = await port(() => ({ Config: { Version } }));
    await t.throwsAsync(consul.version(), { message: /its version/ });
    close();
  }
});

test('an agent that is not there, without a leader, in trouble', async (t) => {
  const nobody = consulPort(settings, { CONSUL_HTTP_ADDR: '127.0.0.1:1' });
  await t.throwsAsync(nobody.keys(), {
    instanceOf: ConsulError,
    message:
      /^the Consul agent at http:\/\/127\.0\.0\.1:1 does not answer: it is not running yet(: journalctl -u consul)?$/,
  });
  const answer = (body: string, status = 500) =>
    consulPort(settings, {}, undefined, () => Promise.resolve({ status, headers: {}, body }));
  await t.throwsAsync(answer('No cluster leader').keys(), { message: /^Consul has no leader/ });
  const led = (leader: string) =>
    consulPort(settings, {}, undefined, (url) =>
      Promise.resolve(
        url.endsWith('/v1/status/leader')
          ? { status: 200, headers: {}, body: leader }
          : { status: 403, headers: {}, body: 'ACL not found' },
      ),
    );
  await t.throwsAsync(led('""').keys(), { message: /^Consul has no leader/ });
  await t.throwsAsync(led('"10.0.0.2:8300"').keys(), { message: /does not know the token/ });
  await t.throwsAsync(answer('a\n\x1b[2J').keys(), { message: 'Consul answers 500: a\\n\\x1b[2J' });
});

test('waiting for a change: by the indexes, until one of both, and not in a hurry', async (t) => {
  const asked: string[] = [];
  let ended = 0;
  const consul = consulPort(settings, {}, undefined, (url, { signal }) => {
    asked.push(url.replace(/.*&(index=.*)/, '$1'));
    if (asked.length % 2 === 0) return Promise.resolve({ status: 404, headers: {}, body: '' });
    return new Promise((_, reject) => {
      signal?.addEventListener('abort', () => {
        ended += 1;
        reject(new Error('aborted'));
      });
    });
  });
  await consul.change({ keys: '5', candidates: '6' });
  t.deepEqual(asked, ['index=5&wait=10s', 'index=6&wait=10s']);
  await new Promise(setImmediate);
  t.is(ended, 1);
  for (let turn = 1; turn < 20; turn++) await consul.change({ keys: '5', candidates: '6' });
  const began = performance.now();
  await consul.change({ keys: '0', candidates: '0' });
  t.true(performance.now() - began > 900);
  const none = consulPort(settings, { CONSUL_HTTP_ADDR: '127.0.0.1:1' });
  await t.throwsAsync(none.change({ keys: '5', candidates: '6' }), { instanceOf: ConsulError });
});

test('an index of no use is none', async (t) => {
  for (const index of ['x', '-1', '1e3', '1\n', '', '99999999999999999999', undefined]) {
    const consul = consulPort(settings, {}, undefined, (url) =>
      Promise.resolve({
        status: url.endsWith('authorize') ? 401 : 200,
        headers: { 'x-consul-index': index },
        body: '[]',
      }),
    );
    t.is((await consul.candidates()).index, '0');
  }
});
