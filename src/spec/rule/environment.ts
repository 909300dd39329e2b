import type { Problem } from '../problem.ts';
import type { Rule } from './draft.ts';
import { hasCredentials } from './program.ts';

const PROXIES = ['httpProxy', 'httpsProxy'] as const;

/** A proxy that says who uses it, a list of exceptions from nothing, and a proxy for nothing. */
export const environment: Rule = (
  { environment: given, programs, documents, etcd, consul },
  { isWritten, isInvalid },
) => {
  if (given === undefined) return [];
  const problems = PROXIES.filter((name) => hasCredentials(given[name] ?? '')).map((name): Problem => {
    const message = `\`environment.${name}\` holds credentials.`;
    return { code: 'proxy-credentials', pointer: `/environment/${name}`, message };
  });
  const proxies = PROXIES.filter((name) => isWritten(`/environment/${name}`) || isInvalid(`/environment/${name}`));
  if (proxies.length === 0) {
    const message = '`environment.noProxy` is given, and there is no proxy.';
    return [...problems, { code: 'proxy-unneeded', pointer: '/environment', on: 'key', message }];
  }
  const { consul: agent, etcd: server, socat, node, sidekick } = programs ?? {};
  const fetches =
    [agent, server, socat, node, sidekick].some((source) => source !== 'image' && source !== 'inline') ||
    [etcd?.runtime, consul?.runtime].includes('static-pod') ||
    documents?.baseUrl !== undefined;
  if (fetches || isInvalid('/programs')) return problems;
  const message = 'A proxy is given, and hosts fetch and install nothing.';
  return [...problems, { code: 'proxy-unneeded', pointer: '/environment', on: 'key', message }];
};
