import { VERSIONS } from '../../version/facts.ts';
import { isIn, lastOf } from '../../version/range.ts';
import type { Rule } from './draft.ts';

const { etcdTooOld, etcdCorrupts, etcdDropsPlainSrv, consulTooOld, consulIgnoresTags } = VERSIONS;

export const etcdVersion: Rule = ({ etcd }) => {
  const text = etcd?.version;
  if (text === undefined) return [];
  const pointer = '/etcd/version';
  if (isIn(text, etcdTooOld)) {
    const message = `etcd ${text} has been without support for years, and has neither learners nor this health check.`;
    return [{ code: 'etcd-too-old', pointer, message, detail: { good: etcdTooOld.before } }];
  }
  if (!isIn(text, etcdCorrupts)) return [];
  const bad = `${etcdCorrupts.from} to ${lastOf(etcdCorrupts)}`;
  const message = `etcd ${text} can lose data when it crashes: ${bad} leave members that differ.`;
  return [{ code: 'etcd-corrupts', pointer, message, detail: { good: etcdCorrupts.before } }];
};

export const discoveryVersion: Rule = ({ etcd, tls }) => {
  if (etcd?.version === undefined || etcd.discovery !== 'srv' || tls !== 'off') return [];
  if (!isIn(etcd.version, etcdDropsPlainSrv)) return [];
  const message = `etcd ${etcd.version} with \`discovery: srv\` and \`tls: off\` never starts: it drops the records of plain http.`;
  // The first versions that take these records are refused for something else.
  return [{ code: 'srv-needs-tls', pointer: '/etcd/discovery', message, detail: { good: etcdCorrupts.before } }];
};

export const consulVersion: Rule = ({ consul }) => {
  const text = consul?.version;
  if (text === undefined) return [];
  const pointer = '/consul/version';
  if (isIn(text, consulTooOld)) {
    const message = `Consul ${text} is older than what quorumgate is made for.`;
    return [{ code: 'consul-too-old', pointer, message, detail: { good: consulTooOld.before } }];
  }
  if (!isIn(text, consulIgnoresTags)) return [];
  const message = `The DNS of Consul ${text} ignores tags: members would find those of other clusters, or none.`;
  return [{ code: 'consul-dns-broken', pointer, message, detail: { good: consulIgnoresTags.before } }];
};
