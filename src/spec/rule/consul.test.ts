import test from 'ava';
import { readSpec } from '../read.ts';
import { SMALLEST } from '../reference.ts';

const finds = test.macro((t, consul: string, ...expected: string[]) => {
  const text = SMALLEST.replace('servers: members', `servers: ${consul}`);
  const { diagnostics } = readSpec(text, 'x', ['aws']);
  t.deepEqual(
    diagnostics.filter(({ code }) => !code.startsWith('consul-un')).map(({ code, pointer }) => `${code} ${pointer}`),
    expected,
  );
});
const whole = 'tls: {ca: /x/ca.crt, cert: /x/a.crt, key: /x/a.key}';

test('TLS', finds, `members\n  version: 2.1.0\n  ${whole}`);
test('of a version that is not known', finds, `members\n  ${whole}`, 'consul-tls-version /consul/tls');
test('of one that is no version', finds, `members\n  version: x\n  ${whole}`, 'bad-format /consul/version');
test(
  'half a certificate',
  finds,
  'existing\n  version: 2.1.0\n  tls: {ca: /x/a, cert: /x/b}',
  'consul-tls-half /consul/tls/cert',
);
test(
  'a key alone',
  finds,
  'members\n  version: 2.1.0\n  tls: {ca: /x/a, key: /x/b}',
  'consul-tls-half /consul/tls/key',
);
test('a server without one', finds, 'role\n  version: 2.1.0\n  tls: {ca: /x/a}', 'consul-tls-server /consul/tls');
test('an agent without one', finds, 'existing\n  version: 2.1.0\n  tls: {ca: /x/a}');
test(
  'where Consul does not see it',
  finds,
  'existing\n  version: 2.1.0\n  encrypt: /tmp/x\n  tls: {ca: /home/ca.crt}\n  tokens: {agent: /a/../b, sidekick: /root/x}',
  'tls-file-hidden /consul/encrypt',
  'tls-file-hidden /consul/tls/ca',
  'path-not-plain /consul/tokens/agent',
  'tls-file-hidden /consul/tokens/sidekick',
);
test(
  'a folder that no pod mounts',
  finds,
  `members\n  version: 2.1.0\n  runtime: static-pod\n  image: "x@sha256:${'0'.repeat(64)}"\n  tls: {ca: /etc/a, cert: /x/b, key: /x/c}`,
  'pod-tls-folder /consul/tls/ca',
);

test(
  'settings',
  finds,
  'members\n  settings: {log_level: warn, limits: {http_max_conns_per_client: 500}, dns_config: {service_ttl: {"*": 5s}}}',
);
test(
  'settings that are not for a spec',
  finds,
  'members\n  settings: {node_name: x, ports: {http: 1, serf_lan: 2}, acl: {tokens: {agent: x}, down_policy: deny}, dns_config: {only_passing: true}, tls: {defaults: {ca_file: x}}}',
  'setting-owned /consul/settings/node_name',
  'setting-owned /consul/settings/ports/http',
  'setting-owned /consul/settings/acl/tokens',
  'setting-owned /consul/settings/dns_config/only_passing',
  'setting-owned /consul/settings/tls',
);

test(
  'settings in other forms that Consul takes',
  finds,
  'members\n  settings: {ACL: {Enabled: false}, dns_config: null, ports: [{http: 1}], Encrypt: x, connect: [1], Enable_Script_Checks: true}',
  'setting-owned /consul/settings/ACL/Enabled',
  'setting-owned /consul/settings/dns_config',
  'setting-owned /consul/settings/ports',
  'setting-owned /consul/settings/Encrypt',
  'setting-owned /consul/settings/connect',
  'setting-owned /consul/settings/Enable_Script_Checks',
);
test(
  'a token in a setting',
  finds,
  'members\n  settings: {a: [{b: 01234567-89ab-cdef-0123-456789abcdef}]}',
  'spec-secret /consul/settings/a/0/b',
);
const tokens = 'tokens: {agent: /x/a, sidekick: /x/b';
test('no token for DNS of a new Consul', finds, `members\n  ${tokens}}`, 'consul-token-dns /consul/tokens');
test('of one that is there', finds, `existing\n  ${tokens}}`);
test('with one', finds, `role\n  ${tokens}, dns: /x/c}`);
test(
  'a key that is the certificate',
  finds,
  'members\n  version: 2.1.0\n  tls: {ca: /x/a, cert: /x/b, key: /x/b}',
  'tls-file-shared /consul/tls/key',
);

test('what is pasted in place of a path is refused, and not repeated', (t) => {
  for (const [key, secret] of [
    ['encrypt', 'x5R2Zk9wqHc+Vb/0aJmYt3LrNnD8eUo1PiGsQfTzW6E='],
    ['encrypt', '/5R2Zk9wqHc+Vb/0aJmYt3LrNnD8eUo1PiGsQfTzW6E='],
    ['encrypt', '/UqJrAbCdEfGhIjKlMnOpQrStUvWx12+'],
    ['encrypt', '/UqJr/AbCdEfGhIjKlMnOpQrStUvW12x'],
    ['password', '/hunter2hunter2hunter2'],
    ['tokens', '01234567-89ab-cdef-0123-456789abcdef'],
  ] as const) {
    const value = key === 'tokens' ? `{agent: ${secret}, sidekick: /x}` : secret;
    const text = SMALLEST.replace('servers: members', `servers: members\n  ${key}: ${value}`);
    const said = JSON.stringify(readSpec(text, 'x', ['aws']).diagnostics);
    t.regex(said, /bad-format|unknown-key/, said);
    t.false(said.includes(secret.slice(4, 20)), said);
  }
});
