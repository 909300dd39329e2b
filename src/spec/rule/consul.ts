import { holdsOwned, ownerOfConsul } from '../../version/consul-settings.ts';
import { NEWEST } from '../../version/facts.ts';
import { child, quoted } from '../pointer.ts';
import type { Problem } from '../problem.ts';
import { isConsulSecret } from '../secret.ts';
import { mappingOr, type Rule } from './draft.ts';

/** TLS of Consul's agents: the form of its configuration, and both halves of a certificate. */
export const consulTls: Rule = ({ consul }, { isWritten, isInvalid }) => {
  const { version, servers } = consul ?? {};
  const tls = mappingOr(consul?.tls);
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
  } else if (tls.key !== undefined && (tls.key === tls.cert || tls.key === tls.ca)) {
    const message = `\`consul.tls.key\` and \`consul.tls.${tls.key === tls.cert ? 'cert' : 'ca'}\` are the same file, \`${tls.key}\`.`;
    problems.push({ code: 'tls-file-shared', pointer: '/consul/tls/key', message });
  } else if (!has('cert') && (servers === 'members' || servers === 'role')) {
    const message = `\`consul.servers\` is \`${servers}\`, and a server has to show a certificate.`;
    problems.push({ code: 'consul-tls-server', pointer: '/consul/tls', on: 'key', message });
  }
  return problems;
};

/** Consul takes a list of mappings for one mapping too. */
function owned(value: unknown, pointer: string, path: string): Problem[] {
  if (typeof value === 'string' && isConsulSecret(value)) {
    return [{ code: 'spec-secret', pointer, message: 'There is a key or a token of Consul in it.' }];
  }
  if (Array.isArray(value)) return value.flatMap((one, index) => owned(one, child(pointer, String(index)), path));
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]): Problem[] => {
    const [at, name] = [child(pointer, key), path === '' ? key : `${path}.${key}`];
    const isMapping = typeof inner === 'object' && inner !== null && !Array.isArray(inner);
    const why = ownerOfConsul(name) ?? (holdsOwned(name) && !isMapping ? 'it has to be a mapping' : undefined);
    if (why === undefined) return owned(inner, at, name);
    const message = `\`consul.settings\` cannot have \`${quoted(name)}\`: ${why}.`;
    return [{ code: 'setting-owned', pointer: at, on: 'key', message }];
  });
}

/** A new Consul gives who shows no token no right, to DNS neither. */
export const consulTokens: Rule = ({ consul }, { isWritten }) => {
  const { tokens, servers } = consul ?? {};
  if (
    mappingOr(tokens) === undefined ||
    servers === undefined ||
    servers === 'existing' ||
    isWritten('/consul/tokens/dns')
  )
    return [];
  const message = '`consul.tokens` has no `dns`: DNS of a Consul that denies by default names no member.';
  return [{ code: 'consul-token-dns', pointer: '/consul/tokens', on: 'key', message }];
};

export const consulSettings: Rule = ({ consul }) => owned(consul?.settings, '/consul/settings', '');
