import test from 'ava';
import { loadAssets } from '../io/assets.ts';
import type { Spec } from '../spec/defaults.ts';
import { before, type Host, metadata, removeHosts, runHost, type Said } from '../testing/host-script.ts';

const assets = await loadAssets();
const scriptOf = (address: Said, name = 'hostname') => hostScript({ address, name } as Spec, assets).content;
const run = (host: Omit<Host, 'text'> & { name?: string }) =>
  runHost({ text: scriptOf(host.address, host.name), ...host });

import { type Loopback, serveLoopback } from '../testing/loopback.ts';
import { inRoot, SHELLS } from '../testing/script.ts';
import { hostScript } from './build.ts';

/** Metadata services by the addresses that the scripts ask, each refusing what the real one refuses. */
const SERVICES: Record<string, { id: string; answers: Record<string, string>; header?: [string, string] }> = {
  gce: {
    id: 'host-3141592653589793238',
    header: ['metadata-flavor', 'Google'],
    answers: {
      '/computeMetadata/v1/instance/network-interfaces/0/ip': '10.0.0.5',
      '/computeMetadata/v1/instance/id': '3141592653589793238',
    },
  },
  azure: {
    id: '02aab8a4-74ef-476e-8182-f6d2ba4166a6',
    header: ['metadata', 'true'],
    answers: Object.fromEntries(
      [
        ['network/interface/0/ipv4/ipAddress/0/privateIpAddress', '10.0.0.5'],
        ['compute/vmId', '02aab8a4-74ef-476e-8182-f6d2ba4166a6'],
      ].map(([path, value = '']) => [`/metadata/instance/${path}?api-version=2021-02-01&format=text`, value]),
    ),
  },
  openstack: {
    id: 'i-000000b7',
    answers: { '/latest/meta-data/local-ipv4': '10.0.0.5', '/latest/meta-data/instance-id': 'i-000000b7' },
  },
  hetzner: {
    id: 'host-42',
    answers: {
      '/hetzner/v1/metadata/private-networks':
        '- ip: 10.0.0.5\n  alias_ips: []\n  interface_num: 1\n  mac_address: 86:00:00:2a:7d:e1\n  network_id: 1234\n',
      '/hetzner/v1/metadata/instance-id': '42',
    },
  },
  digitalocean: {
    id: 'host-2756294',
    answers: {
      '/metadata/v1/interfaces/private/0/ipv4/address': '10.0.0.5',
      '/metadata/v1/id': '2756294',
    },
  },
};
/** EC2's, of one instance; under `/not-yet` its ID is not there yet. */
let ec2: Loopback;
let platforms: Loopback;
test.before(async () => {
  ec2 = await serveLoopback(({ url = '', method }, response) => {
    const isId = url.endsWith('/instance-id');
    if (isId && url.startsWith('/not-yet')) response.writeHead(404);
    response.end(method === 'PUT' ? 'AQAEAGh-x_y==' : isId ? 'i-0123456789abcdef0' : '10.0.0.1');
  });
  platforms = await serveLoopback(({ url = '', method, headers }, response) => {
    const found = Object.values(SERVICES).find((one) => Object.hasOwn(one.answers, url));
    const [header = '', value] = found?.header ?? [];
    const isRefused = method !== 'GET' || (header !== '' && headers[header] !== value) || 'x-forwarded-for' in headers;
    if (found === undefined || isRefused) response.writeHead(found === undefined ? 404 : 403).end('10.0.0.6');
    else response.end(found.answers[url]);
  });
});
test.after.always(async () => {
  await ec2.close();
  await platforms.close();
  removeHosts();
});

for (const shell of SHELLS) {
  const name = shell.join(' ');

  const rooted = inRoot ? test : test.skip;
  const called: [hostname: string, name: string][] = [
    ['node1', 'node1'],
    ['Node_1.example.com', 'node-1'],
    ['7', 'host-7'],
    ['localhost', 'ip-10-0-0-1'],
    ['localhost.localdomain', 'ip-10-0-0-1'],
    ...[
      '',
      '-x',
      'x-',
      '--help',
      'a b',
      'a\nQG_ADDRESS=6.6.6.6',
      'a\u001b[2J',
      'a"b',
      '$(id)',
      'é',
      'ünode',
      '..',
      'a\\nb',
    ].map((hostname): [string, string] => [hostname, 'ip-10-0-0-1']),
  ];
  for (const [hostname, expected] of called) {
    rooted(`${name}: a host that is called ${JSON.stringify(hostname)} is ${expected}`, async (t) => {
      const { file } = await run({
        shell,
        address: metadata,
        base: ec2.url,
        hostname: Buffer.from(hostname),
      });
      t.is(file, `QG_NAME=${expected}\nQG_ADDRESS=10.0.0.1\n`);
    });
  }

  rooted(`${name}: an interface, a network: the address of the right one`, async (t) => {
    const network = 'ip link set lo up; for net in 5 6; do ip addr add 10.$net.0.7/24 dev lo scope global; done';
    const hostname = Buffer.from('a');
    const { file: inNetwork } = await run({ shell, address: { cidr: '10.6.0.0/16' }, network, hostname });
    t.is(inNetwork, 'QG_NAME=a\nQG_ADDRESS=10.6.0.7\n');
    const { said: none, file } = await run({ shell, address: { interface: 'eth1' }, network, hostname });
    t.is(none, 'waiting: no address from interface eth1 yet\n');
    t.is(file, before);
  });

  const add = (...addresses: string[]) =>
    ['ip link set lo up', ...addresses.map((one) => `ip addr add ${one} dev lo scope global`)].join('\n');
  const several: [what: string, addresses: string[], address: Said, expected: string, keeps?: string][] = [
    ['two in one network', ['10.5.0.7/24', '10.6.0.7/24'], { cidr: '10.0.0.0/8' }, '10.5.0.7|10.6.0.7'],
    ['two of one interface', ['10.6.0.7/24', '10.5.0.7/24'], { interface: 'lo' }, '10.5.0.7|10.6.0.7'],
    ['a floating one comes first', ['10.5.0.200/32', '10.5.0.7/24'], { cidr: '10.5.0.0/16' }, '10.5.0.7'],
    ['a floating one comes last', ['10.5.0.7/24', '10.5.0.200/32'], { interface: 'lo' }, '10.5.0.7'],
    ['as clouds give it', ['10.5.0.7/32'], { interface: 'lo' }, '10.5.0.7'],
    ['two as clouds give them', ['10.5.0.7/32', '10.5.0.8/32'], { interface: 'lo' }, '10.5.0.7|10.5.0.8'],
    ['a second in its own network', ['10.5.0.7/24', '10.5.0.8/24'], { interface: 'lo' }, '10.5.0.7'],
    ['one that it had before', ['10.5.0.7/24', '10.6.0.7/24'], { cidr: '10.0.0.0/8' }, '10.6.0.7', '10.6.0.7\n'],
    [
      'none that it had before',
      ['10.5.0.7/24', '10.6.0.7/24'],
      { cidr: '10.0.0.0/8' },
      '10.5.0.7|10.6.0.7',
      '10.7.0.7',
    ],
    ['another than before', ['10.5.0.7/24'], { cidr: '10.0.0.0/8' }, '10.5.0.7', '10.6.0.7\n'],
    ['half of one before', ['10.5.0.7/24', '10.6.0.7/24'], { cidr: '10.0.0.0/8' }, '10.5.0.7|10.6.0.7', '10.6.0'],
  ];
  for (const [what, addresses, address, expected, keeps] of several) {
    rooted(`${name}: more than one address: ${what}`, async (t) => {
      const here = { shell, address, network: add(...addresses), hostname: Buffer.from('a') };
      const { said, file } = await run({ ...here, ...(keeps !== undefined && { keeps }) });
      const isOne = !expected.includes('|');
      t.is(file, isOne ? `QG_NAME=a\nQG_ADDRESS=${expected}\n` : before);
      if (!isOne)
        t.regex(
          said,
          new RegExp(`^waiting: not one address from [a-z]+ [a-z0-9./]+, but: ${expected.replace('|', '\\|')}\n$`),
        );
    });
  }

  const forms: [form: string, hostname: string, name: string][] = [
    ['hostname', 'etcd.az1.example.com', 'etcd'],
    ['fqdn', 'etcd.az1.example.com', 'etcd-az1-example-com'],
    ['fqdn', 'etcd', 'etcd'],
    ['fqdn', 'localhost.localdomain', 'ip-10-0-0-1'],
    ['fqdn', `${'a'.repeat(40)}.${'b'.repeat(23)}`, 'ip-10-0-0-1'],
    ['fqdn', 'a..b', 'a--b'],
    ['address', 'fedora', 'ip-10-0-0-1'],
    ['instance', 'fedora', 'i-0123456789abcdef0'],
    ['hostname-address', 'fedora.example.com', 'fedora-10-0-0-1'],
    ['hostname-address', 'localhost', 'localhost-10-0-0-1'],
    ['hostname-address', '$(id)', 'ip-10-0-0-1'],
    ['hostname-instance', 'etcd.x', 'etcd-i-0123456789abcdef0'],
  ];
  for (const [form, hostname, expected] of forms) {
    rooted(`${name}: \`name: ${form}\`, a host that is called ${hostname}: ${expected}`, async (t) => {
      const { file } = await run({
        shell,
        address: metadata,
        name: form,
        base: ec2.url,
        hostname: Buffer.from(hostname),
      });
      t.is(file, `QG_NAME=${expected}\nQG_ADDRESS=10.0.0.1\n`);
    });
  }

  test(`${name}: an instance's ID that is not told yet is waited for`, async (t) => {
    const base = `${ec2.url}/not-yet`;
    const { said, file } = await run({ shell, address: metadata, name: 'instance', base });
    t.regex(said, /^waiting: no instance ID from metadata ec2 yet\n/);
    t.is(file, before);
  });

  for (const [service, { id }] of Object.entries(SERVICES)) {
    test(`${name}: the metadata service of ${service}, as it is documented`, async (t) => {
      const { file } = await run({ shell, address: { metadata: service }, name: 'instance', base: platforms.url });
      t.is(file, `QG_NAME=${id}\nQG_ADDRESS=10.0.0.5\n`);
    });
  }
}
