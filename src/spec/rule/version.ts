import type { Rule } from './draft.ts';

export type Version = readonly number[];

export const parse = (text: string): Version => text.split('.').map(Number);

export function isBefore(version: Version, other: Version): boolean {
  const index = version.findIndex((part, at) => part !== other[at]);
  return index !== -1 && (version[index] ?? 0) < (other[index] ?? 0);
}

export const etcdVersion: Rule = ({ etcd }) => {
  const text = etcd?.version;
  if (text === undefined) return [];
  const version = parse(text);
  const pointer = '/etcd/version';
  if (isBefore(version, [3, 4, 0])) {
    const message = `etcd ${text} has been without support for years, and has neither learners nor this health check.`;
    return [{ code: 'etcd-too-old', pointer, message }];
  }
  if (isBefore(version, [3, 5, 0]) || !isBefore(version, [3, 5, 3])) return [];
  const message = `etcd ${text} can lose data when it crashes: 3.5.0 to 3.5.2 leave members that differ.`;
  return [{ code: 'etcd-corrupts', pointer, message }];
};

/** 3.1 to 3.3 could, but are refused anyway; repaired in 3.5.0 (etcd-io/etcd#11321) and never in 3.4. */
export const discoveryVersion: Rule = ({ etcd, tls }) => {
  if (etcd?.version === undefined || etcd.discovery !== 'srv' || tls !== 'off') return [];
  const version = parse(etcd.version);
  if (isBefore(version, [3, 4, 0]) || !isBefore(version, [3, 5, 0])) return [];
  const message = `etcd ${etcd.version} with \`discovery: srv\` and \`tls: off\` never starts: it drops the records of plain http.`;
  return [{ code: 'srv-needs-tls', pointer: '/etcd/discovery', message }];
};

export const consulVersion: Rule = ({ consul }) => {
  const text = consul?.version;
  if (text === undefined) return [];
  const pointer = '/consul/version';
  if (isBefore(parse(text), [1, 7, 0])) {
    return [{ code: 'consul-too-old', pointer, message: `Consul ${text} is older than what quorumgate is made for.` }];
  }
  if (!['1.19.0', '1.19.1'].includes(parse(text).join('.'))) return [];
  const message = `The DNS of Consul ${text} ignores tags: members would find those of other clusters, or none.`;
  return [{ code: 'consul-dns-broken', pointer, message }];
};
