import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { start } from '../../lab.ts';
import { assertSound, assertWhole, inLab, labSpec, labTest, operate, output, says } from '../lab-testing.ts';
import { assertHidden, ON_HOSTS, Safe } from '../safe-testing.ts';

/** Files of the user's own, each by its path; etcd is in plain. */
const spec = (servers: string) =>
  labSpec({
    tls: 'off',
    consul: `{servers: ${servers}, version: 2.1.0, encrypt: /etc/consul-secrets/gossip, tls: {ca: /etc/consul-tls/consul-ca.crt, cert: /etc/consul-tls/consul.crt, key: /etc/consul-tls/consul.key}, tokens: {agent: /etc/consul-secrets/agent, dns: /etc/consul-secrets/dns, sidekick: /etc/consul-secrets/sidekick}}`,
    etcd: '{version: 3.5.16, replaceDeadAfter: 10}',
  });

function placeOf(file: string): string | undefined {
  if (ON_HOSTS.includes(file)) return `/etc/consul-secrets/${file}`;
  return file.startsWith('consul') ? `/etc/consul-tls/${file}` : undefined;
}

const HANDED =
  '/etc/consul-secrets/* /run/quorumgate/token /run/quorumgate/consul.d/gossip.json /run/quorumgate/consul.d/token-*';
const HOSTS = [1, 2, 3].flatMap((n) => ['--host', `etcd-${n}=10.77.0.10${n}`]);
const SERVERS = [1, 2, 3].flatMap((n) => ['--consul-host', `consul-server-${n}=10.77.0.1${n}`]);

async function play(t: ExecutionContext, servers: string, through: string, issue: readonly string[]): Promise<void> {
  const text = spec(servers);
  await Safe.with(text, issue, async (safe) => {
    await inLab(
      { text, ownSecrets: true, hostFiles: ({ name }) => safe.hostFiles(name, placeOf) },
      async (lab) => {
        // No token means anything yet.
        const denied = /ACL not found|denies access|Permission denied/;
        t.regex(await says(lab, 'etcd-1', denied, 'etcd-register-server.service'), denied);
        await safe.bootstrap(t, lab, through);
        t.is((await lab.wait({ timeoutSeconds: 180 })).outcome, 'up');
        await assertSound(t, lab);
        const before = await assertWhole(t, lab);
        await assertHidden(t, lab, { words: safe.words('etcd-1'), handed: HANDED });

        const ask = (name: string, path: string, more = '') =>
          output(lab, name, `curl -s -m 5 -o /dev/null -w '%{http_code}' ${more} http://127.0.0.1:8500${path}`);
        t.is(await ask('etcd-1', '/v1/kv/etcd3/mycluster/bootstrap'), '403');
        t.is(await ask('etcd-1', '/v1/kv/etcd3/mycluster/bootstrap', '-X PUT -d x'), '403');
        t.is(await ask('etcd-1', '/v1/agent/leave', '-X PUT'), '403');
        const named = await output(lab, 'etcd-2', 'dig +short @127.0.0.1 mycluster.etcd3.service.dc1.consul');
        t.is(named.split('\n').length, 3, named);

        await lab.fault.wipe('etcd-2');
        t.is((await lab.wait({ timeoutSeconds: 180 })).outcome, 'up');
        await lab.fault.replace('etcd-3', { sameAddress: true });
        t.is((await lab.wait({ timeoutSeconds: 240 })).outcome, 'up');
        await assertSound(t, lab);
        const after = await assertWhole(t, lab);
        t.is(after.get('etcd-1'), before.get('etcd-1') ?? '');

        const list = (env: Record<string, string>) =>
          operate(lab, through, text, ['member', 'list', 'SPEC'], undefined, env);
        const without = await list({});
        t.regex(without.stderr, /lacks .*key_prefix "etcd3\/mycluster\/"/);
        const listed = await list({ CONSUL_HTTP_TOKEN_FILE: join(safe.secrets, 'operator') });
        t.is(listed.exitCode, 0, listed.stderr);
      },
      start,
    );
  });
}

labTest('ACLs, gossip key and TLS, servers on the members: born, wiped, replaced; no secret shows', async (t) => {
  t.timeout(900_000);
  await play(t, 'members, join: [10.77.0.101, 10.77.0.102, 10.77.0.103]', 'etcd-1', HOSTS);
});

labTest('the same with servers of a role', async (t) => {
  t.timeout(900_000);
  await play(t, 'role, count: 3, join: [10.77.0.11, 10.77.0.12, 10.77.0.13]', 'consul-server-1', [
    ...HOSTS,
    ...SERVERS,
  ]);
});
