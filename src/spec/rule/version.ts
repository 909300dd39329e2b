import { type Code, isAllowable } from '../../diagnostic/codes.ts';
import { AS_OF, type Fact, NEWEST, VERSIONS } from '../../version/facts.ts';
import { endFor, isBefore, isIn, lastOf } from '../../version/range.ts';
import { spoken } from '../pointer.ts';
import type { Problem } from '../problem.ts';
import type { Draft, Rule } from './draft.ts';
import { urlVersionOf } from './program.ts';

const { etcdTooOld, etcdCorrupts, etcdDropsPlainSrv, consulTooOld, consulIgnoresTags } = VERSIONS;

/** Reasons enough to leave a version: no second one is given. */
const REFUSED = [etcdTooOld, etcdCorrupts, consulTooOld, consulIgnoresTags];

export const etcdVersion: Rule = ({ etcd }) => {
  const text = etcd?.version;
  if (text === undefined) return [];
  const pointer = '/etcd/version';
  if (isIn(text, etcdTooOld)) {
    const message = `etcd ${text} has been without support for years, and has neither learners nor this health check.`;
    return [{ code: etcdTooOld.code, pointer, message, detail: advice('etcd', etcdTooOld.before) }];
  }
  if (!isIn(text, etcdCorrupts)) return [];
  const bad = `${etcdCorrupts.from} to ${lastOf(etcdCorrupts)}`;
  const message = `etcd ${text} can lose data when it crashes: ${bad} leave members that differ.`;
  return [{ code: etcdCorrupts.code, pointer, message, detail: { good: etcdCorrupts.before } }];
};

export const discoveryVersion: Rule = ({ etcd, tls }) => {
  if (etcd?.version === undefined || etcd.discovery !== 'srv' || tls !== 'off') return [];
  if (!isIn(etcd.version, etcdDropsPlainSrv)) return [];
  const message = `etcd ${etcd.version} with \`discovery: srv\` and \`tls: off\` never starts: it drops the records of plain http.`;
  // The first versions that take these records are refused for something else.
  const detail = { good: etcdCorrupts.before };
  return [{ code: etcdDropsPlainSrv.code, pointer: '/etcd/discovery', message, detail }];
};

export const consulVersion: Rule = (draft) => {
  const { text, pointer } = consulOf(draft);
  if (text === undefined) return [];
  if (isIn(text, consulTooOld)) {
    const message = `Consul ${text} is older than what quorumgate is made for.`;
    return [{ code: consulTooOld.code, pointer, message, detail: advice('Consul', consulTooOld.before) }];
  }
  if (!isIn(text, consulIgnoresTags)) return [];
  const message = `The DNS of Consul ${text} ignores tags: members would find those of other clusters, or none.`;
  return [{ code: consulIgnoresTags.code, pointer, message, detail: { good: consulIgnoresTags.before } }];
};

function advice(program: keyof typeof NEWEST, good: string): { advice: string } {
  const newest = NEWEST[program].version;
  const older = good === newest ? '' : ` or newer; ${newest} is the newest`;
  return { advice: `Use ${program} ${good}${older}.` };
}

/** A version that is not said may stand in the URL. */
function consulOf({ consul, programs }: Draft): { text: string | undefined; pointer: string } {
  if (consul?.version !== undefined) return { text: consul.version, pointer: '/consul/version' };
  return { text: urlVersionOf(programs?.consul), pointer: '/programs/consul/url' };
}

/** Faults of a version that may be allowed, as of a day: rows of the table, by their codes. */
export function faultsOf(program: keyof typeof NEWEST, version: string, asOf = AS_OF): Map<Code, Fact[]> {
  const found = new Map<Code, Fact[]>();
  for (const fact of Object.values(VERSIONS) as Fact[]) {
    const { code, ends = asOf } = fact;
    if (code === undefined || !isAllowable(code) || fact.program !== program) continue;
    if (ends <= asOf && isIn(version, fact)) found.set(code, [...(found.get(code) ?? []), fact]);
  }
  return found;
}

export const faults: Rule = (draft) => {
  const { text, pointer } = consulOf(draft);
  return [...faulty('etcd', draft.etcd?.version, '/etcd/version'), ...faulty('Consul', text, pointer)];
};

function faulty(program: keyof typeof NEWEST, version: string | undefined, pointer: string): Problem[] {
  if (version === undefined) return [];
  if (REFUSED.some((fact) => fact.program === program && isIn(version, fact))) return [];
  return [...faultsOf(program, version)].map(([code, facts]) => {
    const ends = facts.map(({ before }) => endFor(version, before) ?? '');
    const good = ends.reduce((one, other) => (isBefore(one, other) ? other : one));
    const where = spoken(pointer).endsWith('version') ? '' : ', by its URL';
    const message = `${program} ${version}${where}: ${facts.map(({ what }) => what).join('; ')}.`;
    return { code, pointer, message, detail: advice(program, good) };
  });
}
