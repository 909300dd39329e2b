import { OFFERS, type Offer } from './debian.ts';

/** How a program is had. */
export type Source =
  /** Built from a module of ours in `.ci/programs/`: each program by its main package. `set` are variables that the linker sets. */
  | { kind: 'go'; module: string; mains: Readonly<Record<string, string>>; set?: Readonly<Record<string, string>> }
  | { kind: 'debian'; offer: Offer }
  /** The file `bin/node` of a package whose integrity is pinned. For x64 alone. */
  | { kind: 'npm'; integrity: string }
  /** Not had, and why. */
  | { kind: 'none'; why: string };

/** A program that tests want, in one version; of Debian, in one line. */
export interface Row {
  program: 'consul' | 'etcd' | 'ignition' | 'kubernetes' | 'node';
  version: string;
  source: Source;
}

type Go = Source & { kind: 'go' };

/** A program by our module of its name and version. */
const go = (program: Row['program'], version: string, mains: Go['mains'], set?: Go['set']): Row => ({
  program,
  version,
  source: { kind: 'go', module: `${program}-${version}`, mains, ...(set && { set }) },
});

const ETCD = 'go.etcd.io/etcd';
const etcd = (version: string) =>
  go('etcd', version, { etcd: `${ETCD}/server/v3`, etcdctl: `${ETCD}/etcdctl/v3`, etcdutl: `${ETCD}/etcdutl/v3` });

const CONSUL = 'github.com/hashicorp/consul';
const consul = (version: string) =>
  go(
    'consul',
    version,
    { consul: CONSUL },
    { [`${CONSUL}/version.Version`]: version, [`${CONSUL}/version.VersionPrerelease`]: '' },
  );

const IGNITION = 'github.com/coreos/ignition/v2';
const ignition = (version: string) =>
  go(
    'ignition',
    version,
    { 'ignition-validate': `${IGNITION}/validate` },
    { [`${IGNITION}/internal/version.Raw`]: version },
  );

const KUBERNETES = 'k8s.io/kubernetes/cmd';
const kubernetes = (version: string) => {
  const names = ['kubelet', 'kubeadm', 'kube-apiserver'];
  const mains = Object.fromEntries(names.map((name) => [name, `${KUBERNETES}/${name}`]));
  return go('kubernetes', version, mains, { 'k8s.io/component-base/version.gitVersion': `v${version}` });
};

const node = (version: string, integrity: string): Row => ({
  program: 'node',
  version,
  source: { kind: 'npm', integrity: `sha512-${integrity}` },
});

const debian = (offer: Offer): Row => ({
  program: offer.program,
  version: offer.line,
  source: { kind: 'debian', offer },
});

const none = (program: Row['program'], version: string, why: string): Row => ({
  program,
  version,
  source: { kind: 'none', why },
});

/** All of them, in the order of the table. Looked up and tried on 2026-11-29 and 30, with Go 1.26.8. */
export const ROWS: readonly Row[] = [
  ...OFFERS.etcd.map(debian),
  etcd('3.5.16'),
  etcd('3.5.35'),
  etcd('3.6.16'),
  etcd('3.7.3'),
  ...OFFERS.consul.map(debian),
  consul('1.14.11'),
  none('consul', '1.16', 'its module envoyextensions is not served under an open-source licence'),
  none('consul', '1.17 and newer', 'under the Business Source License, which is not open source'),
  ignition('2.24.0'),
  none('ignition', '2.24.0 engine', 'wants a C compiler and the headers of libblkid'),
  kubernetes('1.34.4'),
  none('kubernetes', '1.35 and newer', 'its kubelet refuses cgroups of version 1, which machines of tests have'),
  node('18.20.8', 'JWUTwZ9vMOjZXMtiBc74OZn12DXb4skKfY4Nlyc17Ss8BTaxjwkXAw6xZb0Ck5afUYU/neBbrHjo9O3baF34ww=='),
  node('20.20.2', 'PeHQM8wAdmHtZA1mBocygZxs5LiUWtsJezQTkBd0iY987KpGrD1O2tVEydvMZiuXceRanxt7rjTnDEBwOPujoQ=='),
  node('22.23.5', '3jhC+wcoWxKZxcRqF2sUSl0c9HEXFnur/nuIPx6O6CWKV0jOUWQm7Htw5SuXqqlMCEhi0cJqybFPEb5hhcBiMw=='),
  node('24.22.3', 'KHsob+Fv9YerATvYujMbiyJqnRCvLtrcr/eTNqRqiOSGp97EOiRP1yP47+knGgQ/xnc3XY8xzkW587dlZzNqRA=='),
  node('26.12.1', 'jk5LMAmgHlPlPMWpsUrSOqNaEZG+11UNd35hWQ+p5/XGaelWuTqJ69IcAy/5xtPPN4d5ZRBNOGB6gLMCh2kL9A=='),
];

/** The rows that words choose: a program (`etcd`), or a version or line of one (`etcd-3.7`). No words: all. @throws Error */
export function chosen(words: readonly string[], rows: readonly Row[] = ROWS): Row[] {
  const isMeant = (row: Row, word: string) =>
    word === row.program || `${row.program}-${row.version}.`.startsWith(`${word}.`);
  const unknown = words.filter((word) => !rows.some((row) => isMeant(row, word)));
  if (unknown.length > 0) {
    const names = [...new Set(rows.map(({ program }) => program))].join(', ');
    throw new Error(`there is no ${unknown.join(', ')}: name one of ${names}, or a version of it (etcd-3.7)`);
  }
  return rows.filter((row) => words.length === 0 || words.some((word) => isMeant(row, word)));
}
