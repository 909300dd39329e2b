import { ownerOfConsul } from '../../version/consul-settings.ts';
import { NEWEST } from '../../version/facts.ts';
import { child } from '../pointer.ts';
import type { Problem } from '../problem.ts';
import type { Rule } from './draft.ts';

/** TLS of Consul's agents: the form of its configuration, and both halves of a certificate. */
export const consulTls: Rule = ({ consul }, { isWritten, isInvalid }) => {
  const { tls, version, servers } = consul ?? {};
  if (tls === undefined) return [];
  const problems: Problem[] = [];
  if (version === undefined && !isWritten('/consul/version') && !isInvalid('/consul/version')) {
    const message = '`consul.tls` is given, and `consul.version` is not: how agents are told of it depends on it.';
    const detail = { version: NEWEST.Consul.version };
    problems.push({ code: 'consul-tls-version', pointer: '/consul/tls', on: 'key', message, detail });
  }
  const has = (kind: 'cert' | 'key') => isWritten(`/consul/tls/${kind}`) || isInvalid(`/consul/tls/${kind}`);
  if (has('cert') !== has('key')) {
    const [given, missing] = has('cert') ? (['cert', 'key'] as const) : (['key', 'cert'] as const);
    const message = `\`consul.tls.${given}\` is given, and \`consul.tls.${missing}\` is not.`;
    problems.push({
      code: 'consul-tls-half',
      pointer: `/consul/tls/${given}`,
      on: 'key',
      message,
      detail: { missing },
    });
  } else if (!has('cert') && (servers === 'members' || servers === 'role')) {
    const message = `\`consul.servers\` is \`${servers}\`, and a server has to show a certificate.`;
    problems.push({ code: 'consul-tls-server', pointer: '/consul/tls', on: 'key', message });
  }
  return problems;
};

function owned(value: unknown, pointer: string, path: string): Problem[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [];
  return Object.entries(value).flatMap(([key, inner]): Problem[] => {
    const [at, name] = [child(pointer, key), path === '' ? key : `${path}.${key}`];
    const why = ownerOfConsul(name);
    if (why === undefined) return owned(inner, at, name);
    const message = `\`consul.settings\` cannot have \`${name}\`: ${why}.`;
    return [{ code: 'setting-owned', pointer: at, on: 'key', message }];
  });
}

export const consulSettings: Rule = ({ consul }) => owned(consul?.settings, '/consul/settings', '');
