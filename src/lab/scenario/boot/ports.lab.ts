import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { ExecutionContext } from 'ava';
import { loadAssets } from '../../../io/assets.ts';
import { place } from '../../../pki/authority.ts';
import { ordersFor } from '../../../pki/names.ts';
import { Store } from '../../../pki/store.ts';
import { insideNetwork } from '../../host/inside.ts';
import { compileForLab, type Lab, start } from '../../lab.ts';
import { hostPaths } from '../../machine/layout.ts';
import { BRIDGE } from '../../network/network.ts';
import { assertSound, inLab, labSpec, labTest, output } from '../lab-testing.ts';
import { Safe } from '../safe-testing.ts';
import { PROBE } from './probe-testing.ts';

const MEMBERS = [1, 2, 3].flatMap((n) => ['--host', `etcd-${n}=10.77.0.10${n}`]);
const ISSUE = [...MEMBERS, '--host', 'revoked=10.77.0.1', '--client', 'ops'];
const files = (side: string, ca: string, crl: string) =>
  `{cert: /etc/tls/${side}.crt, key: /etc/tls/${side}.key, ca: /etc/tls/${ca}.crt, crl: /etc/tls/${crl}.crl}`;
const SPEC = labSpec({
  consul:
    '{servers: members, version: 2.1.0, join: [10.77.0.101, 10.77.0.102, 10.77.0.103], encrypt: /etc/tls/gossip, tls: {ca: /etc/tls/consul-ca.crt, cert: /etc/tls/consul.crt, key: /etc/tls/consul.key}, tokens: {agent: /etc/tls/agent, dns: /etc/tls/dns, sidekick: /etc/tls/sidekick}}',
  etcd: '{version: 3.7.3}',
  tls: `{peer: ${files('peer', 'peer-ca', 'peer')}, client: ${files('server', 'client-ca', 'client')}}`,
});

/** Besides the cluster's own: certificates of other CAs, one that has expired, one that is revoked. */
async function makeOthers(safe: Safe): Promise<void> {
  await safe.certificates(join(safe.directory, 'other'), ISSUE);
  const source = { text: SPEC, file: safe.spec, assets: await loadAssets() };
  const { spec: compiled } = (await compileForLab(source)).compiled;
  if (compiled === undefined) throw new Error('the spec does not compile');
  const past = new Date(Date.now() - 30 * 86_400_000);
  const expired = { members: [{ name: 'expired', addresses: ['10.77.0.1'] }], consulServers: [], clients: [] };
  await Store.use(safe.pki, async (store) => {
    for (const order of ordersFor(compiled, expired, 7)) await place(store, order, past);
  });
  await safe.own('pki', 'revoke', 'hosts/revoked', '--dir', safe.pki);
}

/** Of a member; the others there are for whoever is beside. */
const filesOf = (safe: Safe, name: string) =>
  /^etcd-[123]$/.test(name) ? safe.hostFiles(name, (file) => `/etc/tls/${file}`) : [];

interface Ask {
  port: number;
  what: string;
  kind: 'http' | 'rpc';
  hello: string;
  /** Of certificates for this port. */
  pair: 'peer' | 'server' | 'consul';
}

const TLS_PORTS: Ask[] = [
  { port: 2380, what: 'etcd, peers', kind: 'http', hello: '/members', pair: 'peer' },
  { port: 2379, what: 'etcd, clients', kind: 'http', hello: '/version', pair: 'server' },
  { port: 8300, what: 'Consul, servers', kind: 'rpc', hello: '', pair: 'consul' },
];

/** Certificates that are shown: a folder below the directory, and the pair in it. */
const CREDENTIALS: readonly [title: string, folder: string | undefined, pair?: string][] = [
  ['nothing, in plain', undefined],
  ['no certificate', 'pki/hosts/etcd-1', '-'],
  ['a certificate of another CA', 'other/hosts/etcd-1'],
  ['an expired certificate', 'pki/hosts/expired'],
  ['a revoked certificate', 'pki/hosts/revoked'],
  ["a client's certificate", 'pki/clients/ops', 'client'],
  ["a member's certificate", 'pki/hosts/etcd-2'],
];

/** From a machine that is not of the cluster, which has the certificates all the same. */
async function fromOutside(lab: Lab, directory: string): Promise<string[][]> {
  const rows: string[][] = [];
  const ask = async (...args: string[]) =>
    (await insideNetwork(lab.layout, { name: BRIDGE }, [process.execPath, '-e', PROBE, ...args])).stdout.trim();
  const address = lab.host('etcd-1').address;
  for (const { port, what, kind, hello, pair } of TLS_PORTS) {
    for (const [title, folder, shown = pair] of CREDENTIALS) {
      const at = folder === undefined ? '-' : join(directory, folder);
      const answer = await ask(kind, address, `${port}`, at, shown, '-', hello);
      // Consul waits for what comes next.
      const taken = kind === 'rpc' && answer === 'no answer' ? 'takes the connection' : answer;
      rows.push([`${port}: ${what}`, title, taken]);
    }
  }
  for (const [port, what] of [
    [2381, "etcd's metrics"],
    [8500, 'Consul, HTTP'],
    [8600, 'Consul, DNS'],
    [53, 'DNS'],
  ] as const) {
    rows.push([`${port}: ${what}`, 'anything', await ask('http', address, `${port}`, '-', '-', '-', '/')]);
  }
  return rows;
}

/** A real agent on that machine tries to join, with each gossip key. */
async function gossip(lab: Lab, directory: string): Promise<string[][]> {
  const consul = join(hostPaths(lab.layout, 'etcd-1').root, 'opt/quorumgate/bin/consul');
  const right = readFileSync(join(directory, 'secrets/gossip'), 'utf8').trim();
  const rows: string[][] = [];
  for (const [title, key] of [
    ['no gossip key', undefined],
    ['another gossip key', Buffer.alloc(32, 7).toString('base64')],
    ['the gossip key, and nothing else', right],
  ] as const) {
    const data = mkdtempSync(join(directory, 'agent-'));
    writeFileSync(join(data, 'key.json'), JSON.stringify(key === undefined ? {} : { encrypt: key }));
    const flags = ['-node=stranger', '-bind=10.77.0.1', '-client=127.0.0.1', '-disable-host-node-id'];
    const command = [
      consul,
      'agent',
      ...flags,
      `-data-dir=${join(data, 'data')}`,
      `-config-file=${join(data, 'key.json')}`,
    ];
    const joining = insideNetwork(lab.layout, { name: BRIDGE }, [
      'timeout',
      '-s',
      'KILL',
      '12',
      ...command,
      '-retry-join=10.77.0.101',
    ]).catch(() => undefined);
    await sleep(8000);
    const members = await output(
      lab,
      'etcd-1',
      'curl -s -H "X-Consul-Token: $(cat /etc/tls/sidekick)" http://127.0.0.1:8500/v1/agent/members',
    );
    const keys = await insideNetwork(lab.layout, { name: BRIDGE }, [
      'curl',
      '-s',
      '-m',
      '3',
      '-o',
      '/dev/null',
      '-w',
      '%{http_code}',
      'http://127.0.0.1:8500/v1/kv/etcd3/mycluster/?recurse',
    ]);
    const isIn = /"Name":"stranger"/.test(members);
    const reads = keys.stdout.trim() === '200' ? 'reads every key' : 'reads no key';
    rows.push(['8301: Consul, gossip', title, isIn ? `joins the gossip, and ${reads}` : 'does not join']);
    await joining;
  }
  return rows;
}

/** As user nobody of a member, by loopback. */
async function fromMember(lab: Lab): Promise<string[][]> {
  const ask = async (url: string, more = '') => {
    const code = await output(
      lab,
      'etcd-1',
      `runuser -u nobody -- curl -sk -m 4 -o /dev/null -w '%{http_code}' ${more} ${url} || :`,
    );
    return code === '000' ? 'refused in the handshake' : `answers ${code}`;
  };
  const dns = await output(
    lab,
    'etcd-1',
    'runuser -u nobody -- dig +short @127.0.0.1 mycluster.etcd3.service.dc1.consul',
  );
  return [
    ['2379: etcd, clients', 'no certificate', await ask('https://127.0.0.1:2379/version')],
    ["2381: etcd's metrics", 'nothing', await ask('http://127.0.0.1:2381/metrics')],
    ['8500: Consul, keys', 'no token', await ask('http://127.0.0.1:8500/v1/kv/etcd3/mycluster/bootstrap')],
    [
      '8500: Consul, registering',
      'no token',
      await ask('http://127.0.0.1:8500/v1/agent/service/register', `-X PUT -d '{"Name":"etcd3"}'`),
    ],
    [
      '8500: Consul, keys',
      'a token of nobody',
      await ask(
        'http://127.0.0.1:8500/v1/kv/etcd3/mycluster/bootstrap',
        "-H 'X-Consul-Token: 01234567-89ab-cdef-0123-456789abcdef'",
      ),
    ],
    [
      '53: DNS',
      'nothing',
      dns.split('\n').filter((line) => /^10\./.test(line)).length === 3 ? 'answers the members' : dns,
    ],
  ];
}

function table(rows: readonly string[][]): string {
  const lines = rows.map((cells) => `| ${cells.join(' | ')} |`);
  return ['| who | port | shows | what comes |', '|---|---|---|---|', ...lines].join('\n');
}

const DOCUMENT = fileURLToPath(new URL('../../../../docs/security.md', import.meta.url));
const MARKED = /(<!-- ports: begin -->)[\s\S]*(<!-- ports: end -->)/;

/** Those that are let in from a machine beside: a member, and a client where clients are. Consul has no list of revoked certificates. */
function assertRefused(t: ExecutionContext, rows: readonly string[][]): void {
  for (const [port = '', title = '', answer = ''] of rows) {
    if (!/^(2379|2380|8300)/.test(port)) continue;
    // A member's certificate is good for its address alone: from here etcd's peers refuse it.
    const isIn =
      (!port.startsWith('2380') && title.startsWith("a member's")) ||
      (port.startsWith('2379') && title.startsWith("a client's")) ||
      (port.startsWith('8300') && title.startsWith('a revoked'));
    t.is(/^answers 200$|^takes/.test(answer), isIn, `${port}, ${title}: ${answer}`);
  }
}

/** docs/security.md shows it; `UPDATE=1` writes it there. */
function assertDocumented(t: ExecutionContext, made: string): void {
  const text = readFileSync(DOCUMENT, 'utf8');
  const now = text.replace(MARKED, (_, begin: string, end: string) => `${begin}\n${made}\n${end}`);
  if (process.env['UPDATE']) writeFileSync(DOCUMENT, now);
  else t.is(text, now);
}

labTest('each port, asked with each kind of credential: refused but with the right one', async (t) => {
  t.timeout(900_000);
  await Safe.with(SPEC, ISSUE, async (safe) => {
    const { directory } = safe;
    await makeOthers(safe);
    await inLab(
      { text: SPEC, ownSecrets: true, hostFiles: ({ name }) => filesOf(safe, name) },
      async (lab) => {
        await safe.bootstrap(t, lab, 'etcd-1');
        const { outcome, seen } = await lab.wait({ timeoutSeconds: 120 });
        t.is(outcome, 'up', JSON.stringify(seen.map(({ host, step, status }) => [host.name, step, status])));
        const outside = [...(await fromOutside(lab, directory)), ...(await gossip(lab, directory))];
        const files = join(directory, 'pki/hosts/etcd-2');
        const asked = ['http', lab.host('etcd-1').address, '2380', files, 'peer', '-', '/members'];
        const own = (await lab.net('etcd-2', [process.execPath, '-e', PROBE, ...asked])).stdout.trim();
        t.is(own, 'answers 200');
        const made = table([
          ...outside.map((row) => ['a machine beside', ...row]),
          ['a member', '2380: etcd, peers', 'its certificate', own],
          ...(await fromMember(lab)).map((row) => ['nobody on a member', ...row]),
        ]);
        t.log(made);
        assertRefused(t, outside);
        assertDocumented(t, made);
        await assertSound(t, lab);
      },
      start,
    );
  });
});
