import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { operatorConsul } from './operator/host/consul.ts';
import { consulPort } from './sidekick/host/consul.ts';
import { diskPort } from './sidekick/host/disk.ts';
import { etcdPort } from './sidekick/host/etcd.ts';
import { settings as plain } from './sidekick/host/server-testing.ts';
import { gate } from './sidekick/ready/gate.ts';
import { registerServer } from './sidekick/register/server.ts';
import type { Ports } from './sidekick/shared/ports.ts';
import { type Settings, tagOf } from './sidekick/shared/settings.ts';
import { DocumentedConsul } from './testing/documented-consul.ts';

const folder = mkdtempSync(join(tmpdir(), 'quorumgate-documented-'));
test.after.always(() => rmSync(folder, { recursive: true }));

/** A host of a cluster, its disk new, with an agent of this Consul; its etcd does not run. */
async function host(t: ExecutionContext, consul: DocumentedConsul, cluster: string, number: number, size: number) {
  const address = `127.77.${cluster === 'mycluster' ? 0 : 1}.${number}`;
  const name = `${cluster}-${number}`;
  const settings: Settings = { ...plain, cluster, name, address, size, dataDirectory: mkdtempSync(join(folder, 'd-')) };
  const { at, close } = await consul.agent({ node: name, address });
  t.teardown(close);
  const said: string[] = [];
  const decided = mkdtempSync(join(folder, 'run-'));
  const env = { CONSUL_HTTP_ADDR: at };
  const records = () => Promise.resolve(consul.addresses(tagOf(settings, 'server')));
  const ports: Ports = {
    consul: consulPort(settings, env),
    etcd: etcdPort(settings, decided),
    disk: diskPort(settings, { RUNTIME_DIRECTORY: decided }, mkdtempSync(join(folder, 'state-'))),
    dns: { srv: records, flaw: () => Promise.resolve(''), countOverTcp: async () => (await records()).length },
    clock: {
      now: () => performance.now(),
      date: () => Math.floor(Date.now() / 1000),
      sleep: (ms) => new Promise((done) => setTimeout(done, ms)),
    },
    say: (line) => said.push(line),
    random: () => crypto.randomUUID(),
  };
  return { settings, ports, said, env, decision: () => readFileSync(join(decided, 'decision.env'), 'utf8') };
}

test('sidekicks found one cluster with a Consul that answers as the documents of 2.0 say, beside another', async (t) => {
  const consul = new DocumentedConsul(300);
  const hosts = await Promise.all([1, 2, 3].map((number) => host(t, consul, 'mycluster', number, 3)));
  const [first, ...others] = hosts;
  const stranger = await host(t, consul, 'other', 1, 3);
  await registerServer(stranger.settings, stranger.ports);
  if (first === undefined) return t.fail();
  await registerServer(first.settings, first.ports);
  const gates = [gate(first.settings, first.ports)];
  while (consul.cut < 3) await new Promise((done) => setTimeout(done, 100));
  t.regex(first.said.join(), /waiting: 1 of 3 registered: mycluster-1/);
  for (const { settings, ports } of others) {
    await registerServer(settings, ports);
    gates.push(gate(settings, ports));
  }
  await Promise.all(gates);
  const decision = first.decision();
  for (const one of hosts) {
    t.is(one.decision(), decision);
    t.regex(one.said.join('\n'), /starting as one of 3 new members of cluster [0-9a-f]{16}$/);
  }
  const operator = operatorConsul(first.settings, first.env);
  const { hosts: seen, unfit } = await operator.registrations();
  t.deepEqual([seen.map(({ node }) => node).sort(), unfit], [['mycluster-1', 'mycluster-2', 'mycluster-3'], []]);
  t.deepEqual(consul.refused, []);
});

test('what an agent could not tell the catalog, and takes for told, comes to be in it', async (t) => {
  const consul = new DocumentedConsul(300);
  const hosts = await Promise.all([1, 2, 3].map((number) => host(t, consul, 'mycluster', number, 3)));
  for (const { settings } of hosts) consul.unheard.add(settings.name);
  await Promise.all(hosts.map(({ settings, ports }) => registerServer(settings, ports)));
  await Promise.all(hosts.map(({ settings, ports }) => gate(settings, ports)));
  t.is(new Set(hosts.map((one) => one.decision())).size, 1);
});

test('what was left of freeing a name is removed', async (t) => {
  const consul = new DocumentedConsul(300);
  const { settings, ports } = await host(t, consul, 'mycluster', 1, 1);
  await ports.consul.register({ ID: 'mycluster-1-former', Name: 'etcd3', Tags: [], Address: '', Port: 1, Meta: {} });
  await registerServer(settings, ports);
  t.deepEqual(
    (await ports.consul.services()).map(({ ID }) => ID),
    ['mycluster-1-server'],
  );
});

test('nothing that sidekicks and commands ask is beyond the documents of 2.0', async (t) => {
  const consul = new DocumentedConsul(300);
  const { settings, ports, env } = await host(t, consul, 'mycluster', 1, 1);
  const operator = operatorConsul(settings, env);
  for (const one of [ports.consul, operator]) {
    const session = (await one.acquire('disk-1')) ?? '';
    t.is(await one.acquire('disk-1', session), session);
    await one.release(session);
    t.deepEqual(
      (await one.keys()).value.filter(({ key }) => !key.endsWith('/lock')),
      [],
    );
  }
  await operator.put('etcd3/mycluster/retired/disk-1', '{}', 0);
  const [{ modified } = { modified: 0 }] = (await operator.keys()).value.filter(({ key }) => key.includes('/retired/'));
  await operator.remove('etcd3/mycluster/retired/disk-1', modified);
  t.deepEqual(
    (await operator.machines()).map(({ node }) => node),
    ['mycluster-1'],
  );
  t.deepEqual(await operator.clients(), { hosts: [], unfit: [] });
  t.is(await ports.consul.version(), '2.1.0');
  t.false(await ports.consul.removeFormerNode());
  await registerServer(settings, ports);
  t.deepEqual(
    (await ports.consul.services()).map(({ ID }) => ID),
    ['mycluster-1-server'],
  );
  await ports.consul.deregister('mycluster-1-server');
  // There is none any more.
  await ports.consul.deregister('mycluster-1-server');
  t.deepEqual(consul.refused, []);
});

test('what a policy hides is not empty: 2.0 says that it has left something out', async (t) => {
  const consul = new DocumentedConsul(300);
  const { settings, ports, env } = await host(t, consul, 'mycluster', 1, 1);
  consul.filtered = true;
  await ports.consul.put('etcd3/mycluster/bootstrap', '{}', 0);
  const reads = [() => ports.consul.keys(), () => ports.consul.candidates()];
  for (const read of [...reads, () => operatorConsul(settings, env).registrations()]) {
    await t.throwsAsync(read, { message: /denies access: it has left out/ });
  }
});
