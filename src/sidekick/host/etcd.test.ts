import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { added, clusterId, memberList, members, nameless, range, refusal, status } from './answers-testing.ts';
import { etcdPort } from './etcd.ts';
import type { Ask } from './http.ts';
import { http, serveBytes, settings } from './server-testing.ts';

const folder = mkdtempSync(join(tmpdir(), 'quorumgate-etcd-'));
test.after.always(() => rmSync(folder, { recursive: true }));

type Answers = Record<string, unknown>;
const healthy: Answers = {
  '/v3/maintenance/status': status,
  '/v3/kv/range': range,
  '/v3/cluster/member/list': memberList,
  '/members': members,
  '/metrics': 'a 1\netcd_server_id{server_id="b8301278af1f9339"} 1\nb 2\n',
};
/** With authentication, by a version that hides all that it can. */
const shut: Answers = {
  ...healthy,
  '/v3/maintenance/status': nameless,
  '/v3/kv/range': nameless,
  '/v3/cluster/member/list': nameless,
  '/v3/cluster/member/add': nameless,
};

/** Answers by path; an object with a `code` is a refusal. */
function port(answers: Answers) {
  const asked: string[] = [];
  const etcd = etcdPort(settings, '/run/etcd', (url: string, { socketPath, body, method }: Ask) => {
    const { pathname, search, host } = new URL(url);
    asked.push(`${method ?? 'GET'} ${socketPath ?? host}${pathname}${search} ${body ?? ''}`.trim());
    const value = answers[pathname];
    if (value instanceof Error) return Promise.reject(value);
    const isRefusal = typeof value === 'object' && value !== null && 'code' in value;
    return Promise.resolve({
      status: value === undefined ? 404 : isRefusal ? 400 : 200,
      headers: pathname === '/members' ? { 'x-etcd-cluster-id': clusterId } : {},
      body: typeof value === 'string' ? value : JSON.stringify(value),
    });
  });
  return { etcd, asked };
}

test('its own etcd, by its sockets', async (t) => {
  const { etcd, asked } = port(healthy);
  t.like(await etcd.own(60_000), {
    clusterId,
    memberId: 'b8301278af1f9339',
    isLearner: true,
    linear: true,
    members: { length: 2 },
  });
  t.deepEqual(asked, [
    'POST /run/etcd/client:0/v3/maintenance/status {}',
    'POST /run/etcd/client:0/v3/kv/range {"key":"AA==","count_only":true}',
    'GET /run/etcd/peer:0/members',
  ]);
});

test('without a quorum it says why', async (t) => {
  const { etcd } = port({ ...healthy, '/v3/kv/range': refusal });
  t.is((await etcd.own(60_000)).linear, refusal.message);
});

test('a learner, by its own word, before its list has it', async (t) => {
  const other = '[{"id":1,"peerURLs":["http://10.0.0.3:2380"],"name":"a"}]';
  const { etcd } = port({ ...healthy, '/v3/maintenance/status': { ...status, isLearner: true }, '/members': other });
  t.true((await etcd.own(60_000)).isLearner);
});

test('authentication under TLS is named by what the gateway says of the certificate, and is no word of a quorum', async (t) => {
  const body = 'CommonName of client sending a request against gateway will be ignored and not used as expected\n';
  const exchange = () => Promise.resolve({ status: 400, headers: {}, body });
  const denied = etcdPort(settings, '/run/etcd', exchange);
  await t.throwsAsync(denied.list('https://10.0.0.2:2380', 1000), {
    message: /^etcd's authentication is on: CommonName of client sending a request against gateway will be ignored/,
  });
});

test('with authentication on, reading goes on, and changes name it', async (t) => {
  const { etcd, asked } = port(shut);
  t.like(await etcd.own(60_000), { clusterId, memberId: 'b8301278af1f9339', linear: true, members: { length: 2 } });
  t.true(asked.includes('GET /run/etcd/client:0/metrics'));
  t.is((await etcd.list('http://10.0.0.2:2380', 1000)).members.length, 2);
  t.is(asked.at(-1), 'GET 10.0.0.2:2380/members');
  const message = `etcd's authentication is on: ${nameless.message}`;
  await t.throwsAsync(etcd.add('http://10.0.0.2:2380', 'http://10.0.0.4:2380'), { message });
  await t.throwsAsync(port({ ...shut, '/metrics': 'x' }).etcd.own(60_000), {
    message: 'etcd does not tell its own ID',
  });
});

test('the list by the log comes after a read that needed a quorum', async (t) => {
  const { etcd, asked } = port(healthy);
  t.is((await etcd.list('http://0a000002.addr.dc1.consul:2380', 1000)).clusterId, clusterId);
  t.deepEqual(asked, [
    'POST 10.0.0.2:2379/v3/kv/range {"key":"AA==","count_only":true}',
    'POST 10.0.0.2:2379/v3/cluster/member/list {}',
  ]);
  await t.throwsAsync(port({ ...healthy, '/v3/kv/range': refusal }).etcd.list('http://10.0.0.2:2380', 1000), {
    message: refusal.message,
  });
  const bad = port({ ...healthy, '/v3/cluster/member/list': refusal }).etcd;
  await t.throwsAsync(bad.list('http://10.0.0.2:2380', 1000), { message: refusal.message });
});

test('who listens for peers, at the address in a URL', async (t) => {
  const { etcd, asked } = port(healthy);
  t.is((await etcd.peer('http://10.0.0.2:80', 1000)).clusterId, clusterId);
  t.deepEqual(asked, ['GET 10.0.0.2/members']);
  const code = 'ECONNREFUSED';
  const { etcd: gone } = port({ '/members': Object.assign(new Error('nobody'), { code }) });
  await t.throwsAsync(gone.peer('http://10.0.0.2:2380', 1000), { code });
  await t.throwsAsync(etcd.peer('no URL', 1000));
  await t.throwsAsync(etcd.list('no URL', 1000));
});

test('changes of the membership', async (t) => {
  const paths = ['remove', 'promote', 'update'].map((name) => [`/v3/cluster/member/${name}`, memberList]);
  const { etcd, asked } = port({ '/v3/cluster/member/add': added, ...Object.fromEntries(paths) });
  const via = 'http://10.0.0.2:2380';
  t.is(await etcd.add(via, 'http://10.0.0.4:2380'), 'f95478067ebde5d9');
  await etcd.remove(via, 'f95478067ebde5d9');
  await etcd.promote(via, 'f95478067ebde5d9');
  await etcd.update(via, 'f95478067ebde5d9', 'http://10.0.0.5:2380');
  const at = 'POST 10.0.0.2:2379/v3/cluster/member';
  t.deepEqual(asked, [
    `${at}/add {"peerURLs":["http://10.0.0.4:2380"],"isLearner":true}`,
    `${at}/remove {"ID":"17966116782779262425"}`,
    `${at}/promote {"ID":"17966116782779262425"}`,
    `${at}/update {"ID":"17966116782779262425","peerURLs":["http://10.0.0.5:2380"]}`,
  ]);
});

test('answers of no use', async (t) => {
  for (const value of [
    {},
    [],
    null,
    'x',
    { header: {} },
    { header: { cluster_id: 5 } },
    { header: { member_id: '0' } },
  ]) {
    const all = Object.fromEntries(Object.keys(healthy).map((path) => [path, value]));
    const { etcd } = port({ ...all, '/v3/kv/range': range, '/v3/cluster/member/add': value });
    const at = 'http://10.0.0.2:2380';
    for (const read of [etcd.own(100), etcd.list(at, 100), etcd.peer(at, 100), etcd.add(at, at)]) {
      await t.throwsAsync(read, { instanceOf: Error }, JSON.stringify(value));
    }
  }
});

test('over real sockets, and health over loopback', async (t) => {
  const answer = (line: string) => healthy[line.split(' ')[1] ?? ''];
  const serve = (name: string) =>
    serveBytes(
      (line, socket) => {
        const value = answer(line);
        socket.end(
          http(typeof value === 'string' ? value : JSON.stringify(value), 200, { 'X-Etcd-Cluster-Id': clusterId }),
        );
      },
      join(folder, name),
    );
  const sockets = [await serve('peer:0'), await serve('client:0')];
  let health = http('{"health":"true"}');
  let readable = health;
  const metrics = await serveBytes((line, socket) => {
    t.regex(line, /^GET \/health(\?exclude=NOSPACE)? HTTP\/1.1$/);
    socket.end(line.includes('?') ? readable : health);
  });
  const etcd = etcdPort({ ...settings, metricsPort: metrics.port }, folder);
  t.is((await etcd.own(60_000)).linear, true);
  t.is(await etcd.healthy(), 'whole');
  health = http('{"health":"false","reason":"ALARM NOSPACE"}\n', 503);
  t.is(await etcd.healthy(), 'full');
  health = http('{"health":"false","reason":"RAFT NO LEADER\x1b"}\n', 503);
  readable = health;
  await t.throwsAsync(etcd.healthy(), { message: '{"health":"false","reason":"RAFT NO LEADER\\x1b"}' });
  for (const server of [...sockets, metrics]) server.close();
  await t.throwsAsync(etcdPort(settings, join(folder, 'none')).own(1000), { code: 'ENOENT' });
});
