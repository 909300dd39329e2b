import { NEWEST } from '../../version/facts.ts';
import { child } from '../pointer.ts';
import type { Problem } from '../problem.ts';
import { mappingOr, type Rule } from './draft.ts';

const CONSULS = ['encrypt', 'tls', 'tokens'] as const;

/** How the cluster is secured has to be said, were it that it is not. */
export const secured: Rule = (_, { isWritten, isInvalid }) => {
  if (['', '/tls', '/secrets'].some((pointer) => (pointer !== '' && isWritten(pointer)) || isInvalid(pointer)))
    return [];
  const message = 'The spec has neither `secrets` nor `tls`.';
  const what =
    'It says how secrets reach hosts, and that etcd and Consul are secured by them (docs/secrets.md); `secrets: off`, in so many words, that nothing is.';
  return [
    { code: 'missing-key', pointer: '/secrets', on: 'key', message, detail: { snippet: 'secrets: image', what } },
  ];
};

/** Where an archive of secrets comes from: an address with a hash, a command, or both. */
export const source: Rule = ({ secrets }, { isWritten, isInvalid }) => {
  const from = mappingOr(secrets);
  if (from === undefined) return [];
  const has = (key: string) => isWritten(`/secrets/${key}`) || isInvalid(`/secrets/${key}`);
  const problem = (pointer: string, message: string, advice: string): Problem[] => [
    { code: 'secrets-source', pointer, on: 'key', message, detail: { advice } },
  ];
  if (!has('url') && !has('command'))
    return problem('/secrets', '`secrets` says neither `url` nor `command`.', 'Add `command`, or `url` with `sha256`');
  if (has('url') && !has('sha256'))
    return problem(
      '/secrets/url',
      '`secrets.url` has no `sha256` beside it.',
      'Add `sha256`, of the bytes behind `url`',
    );
  if (has('sha256') && !has('url'))
    return problem(
      '/secrets/sha256',
      '`secrets.sha256` is given, and there is no `url`.',
      'Add `url`, or remove `sha256`',
    );
  return [];
};

/** Words that contradict each other: nothing is delivered, or nothing of it is used. */
export const delivery: Rule = ({ secrets, tls, consul }, { isWritten, isInvalid }) => {
  if (secrets === undefined || consul === undefined) return [];
  const given = ['/tls', ...CONSULS.map((key) => child('/consul', key))].filter(isWritten);
  if (secrets === 'off') {
    const used = given.filter((pointer) => {
      const value = pointer === '/tls' ? tls : consul[pointer.slice('/consul/'.length) as (typeof CONSULS)[number]];
      return value !== 'off' && !isInvalid(pointer);
    });
    return used.map((pointer) => {
      const key = pointer.slice(1).replaceAll('/', '.');
      const message = `\`secrets\` is \`off\`, and \`${key}\` names files.`;
      return { code: 'secrets-off', pointer, on: 'key', message, detail: { key } };
    });
  }
  if (given.length === 1 + CONSULS.length) {
    const message = '`secrets` is given, and `tls` and all of `consul` say something else.';
    return [{ code: 'secrets-unneeded', pointer: '/secrets', on: 'key', message }];
  }
  if (isWritten('/consul/tls') || consul.version !== undefined || isInvalid('/consul/version')) return [];
  const message =
    'With `secrets` Consul has TLS, and `consul.version` is not given: how agents are told of it depends on it.';
  return [
    { code: 'consul-tls-version', pointer: '/secrets', on: 'key', message, detail: { version: NEWEST.Consul.version } },
  ];
};
