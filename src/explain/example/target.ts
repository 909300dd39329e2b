import type { Examples } from './example.ts';

const IMAGE = 'programs: {sidekick: {url: "https://example.com/etcd-sidekick.cjs"}, node: image, socat: image}';
const vagrant = (address: string, join = '192.168.56.101') => [
  'targets: [vagrant]',
  `address: {${address}}`,
  `consul: {servers: members, join: [${join}]}`,
];
const BOXES = vagrant('cidr: 192.168.56.0/24');
const compose = ({ consul = '{servers: members, join: [10.78.0.101]}', base = true, rest = [] as string[] } = {}) => [
  'targets: [compose]',
  'address: {cidr: 10.78.0.0/24}',
  `consul: ${consul}`,
  ...(base ? ['compose: {base: localhost/base}'] : []),
  ...rest,
];
const PINNED = '{servers: members, join: [10.78.0.101], version: 2.1.0}';
const POD = `etcd: {version: 3.7.3, runtime: static-pod, image: "quay.io/coreos/etcd@sha256:${'ab'.repeat(32)}"}`;

/** Of what one target has, and another has not. */
export const TARGET: Examples = {
  'network-missing': { wrong: vagrant('interface: eth1'), right: BOXES },
  'network-small': { wrong: vagrant('cidr: 192.168.56.0/26', '192.168.56.1'), right: BOXES },
  'network-taken': { wrong: vagrant('cidr: 10.0.2.0/24', '10.0.2.101'), right: BOXES },
  'join-elsewhere': { wrong: vagrant('cidr: 192.168.56.0/24', '192.168.56.104'), right: BOXES },
  'metadata-elsewhere': {
    wrong: ['targets: [hetzner]', 'address: {metadata: ec2}'],
    right: ['targets: [hetzner]', 'address: {metadata: hetzner}'],
  },
  'target-without-containers': {
    wrong: ['targets: [container-linux]', IMAGE.replace('}', '}, kubelet: image, containerd: image'), POD],
    right: ['targets: [container-linux]', IMAGE, 'etcd: {version: 3.7.3}'],
  },
  'target-without-proxy': {
    wrong: [
      'targets: [container-linux]',
      IMAGE,
      'documents: {baseUrl: "https://example.com/documents"}',
      'environment: {httpsProxy: "http://proxy.example.com:3128"}',
    ],
    right: ['targets: [container-linux]', IMAGE, 'environment: {httpsProxy: "http://proxy.example.com:3128"}'],
  },
  'compose-base': { wrong: compose({ base: false }), right: compose() },
  'compose-secrets': {
    wrong: compose({ consul: PINNED, rest: ['secrets: image'] }),
    right: compose({ rest: ['secrets: off'] }),
  },
  'compose-volume': {
    wrong: compose({ rest: ['etcd: {version: 3.7.3, volume: {device: /dev/vdb}}'] }),
    right: compose({ rest: ['etcd: {version: 3.7.3, volume: {mount: true}}'] }),
  },
  'compose-consul': { wrong: compose({ consul: '{servers: existing, join: [10.1.2.3]}' }), right: compose() },
  'no-package-manager': {
    wrong: ['targets: [flatcar]', IMAGE.replace('node: image', 'node: package')],
    right: ['targets: [flatcar]', IMAGE],
  },
  'output-too-large': {
    wrong: ['targets: [flatcar]', IMAGE, 'documents: {platform: virtualbox}'],
    right: ['targets: [flatcar]', IMAGE, 'documents: {platform: qemu}'],
  },
};
