import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { imds } from './imds.ts';
import { type Instance, instanceAt, resourceId, writeInstance } from './instance.ts';

const TTL = 'x-aws-ec2-metadata-token-ttl-seconds';

/** Bytes that no text is: user-data is gzip. */
const userData = new Uint8Array([0x1f, 0x8b, 8, 0, 0xff, 0xfe, 0, 0x80, 10]);

function instance(changes: Partial<Instance> = {}): Instance {
  const { address = '127.0.0.1', name = 'etcd-1' } = changes;
  return {
    id: resourceId('i', name),
    name,
    address,
    cidr: '127.0.0.0/24',
    launched: '2026-11-25T12:00:00Z',
    userData,
    ...changes,
  };
}

interface Answer {
  code: number | undefined;
  body: Buffer;
  headers: Record<string, unknown>;
}

/** A running service; requests go out from the address of an instance. Its clock stands until it is moved. */
async function service(t: ExecutionContext, instances: Instance[]) {
  const clock = { milliseconds: 0 };
  const find = (address: string) => instances.find((one) => one.address === address);
  const server = createServer(imds({ instanceAt: find, now: () => clock.milliseconds })).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => server.close());
  const { port } = server.address() as AddressInfo;
  const ask = (path: string, headers: Record<string, string> = {}, method = 'GET', localAddress = '127.0.0.1') =>
    new Promise<Answer>((resolve, reject) => {
      const options = { host: '127.0.0.1', port, path, method, headers, localAddress, agent: false };
      request(options, async (response) => {
        const body = Buffer.concat(await response.toArray());
        resolve({ code: response.statusCode, body, headers: response.headers });
      })
        .on('error', reject)
        .end();
    });
  const token = async (seconds = '60', from?: string) =>
    String((await ask('/latest/api/token', { [TTL]: seconds }, 'PUT', from)).body);
  const get = async (path: string, from?: string) =>
    ask(path, { 'X-aws-ec2-metadata-token': await token('60', from) }, 'GET', from);
  const text = async (path: string, from?: string) => String((await get(path, from)).body);
  return { clock, ask, token, get, text };
}

test('a token wants a lifetime of 1 to 21600 seconds', async (t) => {
  const { ask } = await service(t, [instance()]);
  const put = (headers: Record<string, string>) => ask('/latest/api/token', headers, 'PUT');
  for (const seconds of ['1', '60', '21600']) {
    const { code, body, headers } = await put({ [TTL]: seconds });
    t.deepEqual([code, headers[TTL], body.length], [200, seconds, 56]);
  }
  t.is((await put({})).code, 400);
  for (const seconds of ['0', '-1', '21601', '1.5', '6e1', '', 'sixty', ' 0x10']) {
    t.is((await put({ [TTL]: seconds })).code, 400, seconds);
  }
});

test('what came through a proxy gets no token, what asks for it with GET neither', async (t) => {
  const { ask } = await service(t, [instance()]);
  t.is((await ask('/latest/api/token', { [TTL]: '60', 'X-Forwarded-For': '10.0.0.1' }, 'PUT')).code, 403);
  t.is((await ask('/latest/api/token', { [TTL]: '60' })).code, 405);
  t.is((await ask('/latest/user-data', { [TTL]: '60' }, 'PUT')).code, 405);
});

test('no answer without a token: IMDSv1 is off', async (t) => {
  const { ask, token } = await service(t, [instance()]);
  for (const path of ['/', '/latest/', '/latest/meta-data/instance-id', '/latest/user-data', '/latest/nothing']) {
    t.deepEqual([(await ask(path)).code, (await ask(path)).body.length], [401, 0], path);
    t.is((await ask(path, { 'X-aws-ec2-metadata-token': 'invented' })).code, 401, path);
  }
  t.is((await ask('/latest/user-data', { 'X-aws-ec2-metadata-token': await token() })).code, 200);
});

test('a token ends when its time is over, and says how long it lasts', async (t) => {
  const { clock, ask, token } = await service(t, [instance()]);
  const headers = { 'X-aws-ec2-metadata-token': await token('10') };
  clock.milliseconds = 9_999;
  const { code, headers: told } = await ask('/latest/meta-data/instance-id', headers);
  t.deepEqual([code, told[TTL]], [200, '1']);
  clock.milliseconds = 10_000;
  t.is((await ask('/latest/meta-data/instance-id', headers)).code, 401);
});

test('each instance sees its own data, and another’s token is none', async (t) => {
  const other = instance({ address: '127.0.0.2', name: 'etcd-2', userData: new Uint8Array() });
  const { ask, get, text, token } = await service(t, [instance(), other]);
  t.is(await text('/latest/meta-data/local-ipv4'), '127.0.0.1');
  t.is(await text('/latest/meta-data/local-ipv4', '127.0.0.2'), '127.0.0.2');
  t.is(await text('/latest/meta-data/instance-id', '127.0.0.2'), other.id);
  t.is(await text('/latest/meta-data/local-hostname', '127.0.0.2'), 'ip-127-0-0-2.ec2.internal');
  t.is(await text('/latest/meta-data/tags/instance/Name', '127.0.0.2'), 'etcd-2');
  const stolen = { 'X-aws-ec2-metadata-token': await token() };
  t.is((await ask('/latest/meta-data/instance-id', stolen, 'GET', '127.0.0.2')).code, 401);
  // A stranger has no service, and an instance without user-data has none.
  t.is((await ask('/latest/api/token', { [TTL]: '60' }, 'PUT', '127.0.0.3')).code, 404);
  t.is((await get('/latest/user-data', '127.0.0.2')).code, 404);
  t.is(await text('/latest/', '127.0.0.2'), 'dynamic\nmeta-data');
});

test('an instance with a role has its keys, in the form that SDKs read', async (t) => {
  const role = {
    name: 'mycluster',
    accessKeyId: 'ASIAX',
    secretAccessKey: 'secret',
    token: 'long',
    expiration: '2026-11-25T18:00:00Z',
  };
  const { text, get } = await service(t, [instance({ role }), instance({ address: '127.0.0.2' })]);
  t.is(await text('/latest/meta-data/iam/security-credentials/'), 'mycluster');
  t.deepEqual(JSON.parse(await text('/latest/meta-data/iam/security-credentials/mycluster')), {
    Code: 'Success',
    LastUpdated: '2026-11-25T12:00:00Z',
    Type: 'AWS-HMAC',
    AccessKeyId: 'ASIAX',
    SecretAccessKey: 'secret',
    Token: 'long',
    Expiration: '2026-11-25T18:00:00Z',
  });
  t.is((await get('/latest/meta-data/iam/info', '127.0.0.2')).code, 404);
});

test('user-data is as it was given, byte by byte', async (t) => {
  const { get, ask, token } = await service(t, [instance()]);
  for (const path of ['/latest/user-data', '/2021-03-23/user-data', '/2009-04-04/user-data']) {
    const { code, body, headers } = await get(path);
    t.deepEqual([code, headers['content-type'], [...body]], [200, 'application/octet-stream', [...userData]], path);
  }
  const head = await ask('/latest/user-data', { 'X-aws-ec2-metadata-token': await token() }, 'HEAD');
  t.deepEqual([head.code, head.headers['content-length'], head.body.length], [200, String(userData.length), 0]);
});

test('directories: a line per entry, a slash after those that are directories, no newline at the end', async (t) => {
  const { text, get } = await service(t, [instance()]);
  const versions = (await text('/')).split('\n');
  t.deepEqual([versions[0], versions.at(-1)], ['1.0', 'latest']);
  // Versions that cloud-init 22.4 and 25.1 ask for (DataSourceEc2.py, extended_metadata_versions and the least one).
  for (const version of ['2021-03-23', '2018-09-24', '2016-09-02', '2009-04-04']) t.true(versions.includes(version));
  t.is(await text('/latest'), 'dynamic\nmeta-data\nuser-data');
  t.is(await text('/latest/meta-data/network/interfaces/macs/'), '06:00:7f:00:00:01/');
  t.is(await text('/latest/meta-data/placement'), 'availability-zone\navailability-zone-id\nregion');
  t.is(await text('/latest/dynamic/instance-identity/'), 'document');
  const top = (await text('/latest/meta-data/')).split('\n');
  for (const entry of ['instance-id', 'local-hostname', 'mac', 'network/', 'placement/', 'tags/']) {
    t.true(top.includes(entry), entry);
  }
  for (const path of ['/2020-02-30/', '/latest/meta-data/nothing', '/latest/meta-data/mac/x', '/latest/__proto__/x']) {
    t.is((await get(path)).code, 404, path);
  }
  t.is((await get('/latest/meta-data/network/interfaces/macs/06%3A00%3A7f%3A00%3A00%3A01/device-number')).code, 200);
  t.is((await get('/latest/%')).code, 400);
});

test('every entry of every directory can be read, as cloud-init does on its way through', async (t) => {
  const { text, get } = await service(t, [instance()]);
  let leaves = 0;
  const walk = async (path: string): Promise<void> => {
    for (const entry of (await text(path)).split('\n')) {
      t.regex(entry, /^[^/\s]+\/?$/);
      if (entry.endsWith('/')) await walk(`${path}${entry}`);
      else {
        leaves++;
        const { code, body } = await get(`${path}${entry}`);
        t.true(code === 200 && body.length > 0, `${path}${entry}`);
      }
    }
  };
  await walk('/latest/meta-data/');
  await walk('/latest/dynamic/');
  t.true(leaves > 30, String(leaves));
  const document = JSON.parse(await text('/latest/dynamic/instance-identity/document'));
  t.is(document.instanceId, await text('/latest/meta-data/instance-id'));
  t.is(document.privateIp, '127.0.0.1');
  t.regex(document.instanceId, /^i-0[0-9a-f]{16}$/);
});

test('instances are found by address among the hosts that there are', async (t) => {
  const hosts = mkdtempSync(join(tmpdir(), 'quorumgate-instances-'));
  t.teardown(() => rmSync(hosts, { recursive: true }));
  for (const name of ['etcd-1', 'etcd-2', 'not-launched']) mkdirSync(join(hosts, name));
  await writeInstance(join(hosts, 'etcd-1'), instance());
  await writeInstance(join(hosts, 'etcd-2'), instance({ name: 'etcd-2', address: '127.0.0.2' }));
  t.deepEqual(instanceAt(hosts, '127.0.0.1'), instance());
  t.is(instanceAt(hosts, '127.0.0.2')?.name, 'etcd-2');
  t.is(instanceAt(hosts, '127.0.0.3'), undefined);
  rmSync(join(hosts, 'etcd-2'), { recursive: true });
  t.is(instanceAt(hosts, '127.0.0.2'), undefined);
});
