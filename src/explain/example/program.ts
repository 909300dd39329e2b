import { printLock } from '../../spec/lock.ts';
import { type Example, type Examples, swap } from './example.ts';

const SHA = 'ab'.repeat(32);
const OTHER = 'cd'.repeat(32);
const SIDEKICK = 'programs: {sidekick: {url: "https://example.com/etcd-sidekick.cjs"}, <>}';
const archive = (program: string, url: string, sha256 = SHA) => `${program}: {url: "${url}", sha256: ${sha256}}`;
const etcd = (name: string) => archive('etcd', `https://example.com/${name}`);
const GOOD = etcd('etcd-v3.7.3-linux-amd64.tar.gz');

const PINNED = 'consul: {servers: existing, join: [10.0.0.5], version: 2.1.0}';
const RELEASE = 'programs: {sidekick: {url: "https://example.com/etcd-sidekick.cjs"}, consul: release}';
const INDEX = 'releases: {index: "https://releases.example.com/index.json", arch: amd64}';
const locked = (version: string) =>
  printLock({
    consul: { version, arch: 'amd64', url: `https://releases.example.com/consul_${version}.zip`, sha256: SHA },
  });
/** A lock file, and what is wrong with it: the spec is the same. */
const lock = (wrong: string | undefined): Example => ({
  wrong: [PINNED, RELEASE, INDEX],
  right: [PINNED, RELEASE, INDEX],
  lock: { wrong, right: locked('2.1.0') },
});

const POD = `etcd: {version: 3.7.3, runtime: static-pod, image: "quay.io/coreos/etcd<>", discovery: committed}`;
const DIGEST = `@sha256:${SHA}`;
const pod = (rest = '') => `etcd: {version: 3.7.3, runtime: static-pod, image: "quay.io/coreos/etcd${DIGEST}"${rest}}`;

/** Of programs, their releases and the proxy by which they come, and of pods. */
export const PROGRAM: Examples = {
  'program-archive': swap(SIDEKICK, GOOD, etcd('etcd-v3.7.3-linux-amd64.deb')),
  'program-system': swap(SIDEKICK, GOOD, etcd('etcd-v3.7.3-darwin-amd64.zip')),
  'program-architecture': swap(
    `${SIDEKICK.slice(0, -1)}, ${archive('consul', 'https://example.com/consul_2.1.0_linux_amd64.zip', OTHER)}}`,
    GOOD,
    etcd('etcd-v3.7.3-linux-arm64.tar.gz'),
  ),
  'version-contradicts-url': swap(SIDEKICK, GOOD, etcd('etcd-v3.5.35-linux-amd64.tar.gz')),
  'sha256-shared': swap(
    `${SIDEKICK.slice(0, -1)}, ${GOOD}}`,
    archive('consul', 'https://example.com/consul.zip', OTHER),
    archive('consul', 'https://example.com/consul.zip'),
  ),
  'node-unneeded': {
    wrong: [`programs: {sidekick: {url: "https://example.com/etcd-sidekick-x64", sha256: ${SHA}}, node: package}`],
    right: [`programs: {sidekick: {url: "https://example.com/etcd-sidekick-x64", sha256: ${SHA}}}`],
  },
  'program-unneeded': swap(SIDEKICK, 'etcd: image', 'kubelet: image'),
  'release-without-index': {
    ...lock(locked('2.1.0')),
    wrong: [PINNED, RELEASE],
  },
  'release-without-version': {
    ...lock(locked('2.1.0')),
    wrong: ['consul: {servers: existing, join: [10.0.0.5]}', RELEASE, INDEX],
  },
  'release-unneeded': { wrong: [INDEX], right: [] },
  'index-credentials': {
    ...lock(locked('2.1.0')),
    wrong: [PINNED, RELEASE, INDEX.replace('//', '//me:secret@')],
  },
  'lock-nowhere': lock(undefined),
  'lock-missing': lock(''),
  'lock-broken': lock('format: 1\n'),
  'lock-incomplete': lock(printLock({})),
  'lock-stale': lock(locked('2.0.4')),
  'proxy-credentials': swap(
    'environment: {httpsProxy: "<>"}',
    'http://proxy.example.com:3128',
    'http://me:secret@proxy.example.com:3128',
  ),
  'proxy-unneeded': {
    wrong: ['environment: {noProxy: [example.com]}'],
    right: [],
  },
  'image-unneeded': {
    wrong: [`etcd: {version: 3.7.3, image: "quay.io/coreos/etcd${DIGEST}"}`],
    right: ['etcd: {version: 3.7.3}'],
  },
  'image-without-digest': swap(POD, DIGEST, ':v3.7.3'),
  'pod-asks-dns': { wrong: [pod(', discovery: srv')], right: [pod()] },
  'pod-tls-folder': {
    wrong: [
      pod(),
      'tls: {peer: {cert: /etc/peer.crt, key: /etc/etcd/peer.key, ca: /etc/etcd/peer-ca.crt}, client: {cert: /etc/etcd/server.crt, key: /etc/etcd/server.key, ca: /etc/etcd/client-ca.crt}}',
    ],
    right: [
      pod(),
      'tls: {peer: {cert: /etc/etcd/peer.crt, key: /etc/etcd/peer.key, ca: /etc/etcd/peer-ca.crt}, client: {cert: /etc/etcd/server.crt, key: /etc/etcd/server.key, ca: /etc/etcd/client-ca.crt}}',
    ],
  },
  'kubelet-stands-alone': {
    wrong: [pod(), 'kubernetes: {mode: stand-alone, labels: [zone=a]}'],
    right: [pod(), 'kubernetes: {mode: stand-alone}'],
  },
  'node-label-reserved': {
    wrong: [pod(), 'kubernetes: {mode: joined, labels: [kubernetes.io/zone=a]}'],
    right: [pod(), 'kubernetes: {mode: joined, labels: [example.com/zone=a]}'],
  },
};
