import { isIPv4 } from 'node:net';
import { InvalidArgumentError } from 'commander';
import { type Label, parseLabel, parseTaint, type Taint } from '../kubernetes/options.ts';

// Values of the options of `quorumgate kubernetes`, held to what Kubernetes' own validation lets pass.

/** Puts addresses into the order of their numbers. */
export function byNumber(a: string, b: string): number {
  const [x = [], y = []] = [a, b].map((text) => text.split('.').map(Number));
  const at = x.findIndex((octet, index) => octet !== y[index]);
  return (x[at] ?? 0) - (y[at] ?? 0);
}

/** An option that may be given several values. */
export const several =
  <T>(parse: (text: string) => T) =>
  (text: string, earlier: T[] = []): T[] => [...earlier, parse(text)];

export function address(text: string): string {
  // Kubernetes takes none of these in a slice (ValidateEndpointIP).
  const isOwn = /^(0|127|169\.254|22[4-9]|23\d)\./.test(text);
  if (isIPv4(text) && !isOwn) return text;
  throw new InvalidArgumentError('It is no IPv4 address that others can reach.');
}

export function dnsServer(text: string): string {
  const [host = '', port = '53', ...rest] = text.split(':');
  if (isIPv4(host) && /^\d{1,5}$/.test(port) && Number(port) > 0 && Number(port) < 65_536 && rest.length === 0) {
    return `${host}:${Number(port)}`;
  }
  throw new InvalidArgumentError('Write an IPv4 address, with `:PORT` where it is not 53.');
}

export function dnsLabel(text: string): string {
  if (/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(text)) return text;
  throw new InvalidArgumentError('A namespace has lower-case letters, digits and `-`, at most 63 of them.');
}

export function image(text: string): string {
  if (/^[a-z0-9][\w./:-]*@sha256:[0-9a-f]{64}$/.test(text)) return text;
  throw new InvalidArgumentError('Name it by digest, NAME@sha256:…: a tag may be another image tomorrow.');
}

/** The optional DNS name and the name of a key, and a value: as Kubernetes has them. */
const KEY = /^(?=.{1,253}(\/|$))([a-z0-9]([a-z0-9.-]*[a-z0-9])?\/)?[A-Za-z0-9]([\w.-]{0,61}[A-Za-z0-9])?$/;
const VALUE = /^([A-Za-z0-9]([\w.-]{0,61}[A-Za-z0-9])?)?$/;

export function label(text: string): Label {
  const [key = '', value, ...rest] = text.split('=');
  if (KEY.test(key) && value !== undefined && VALUE.test(value) && rest.length === 0) return parseLabel(text);
  throw new InvalidArgumentError('Write KEY=VALUE, as `kubectl label` takes it.');
}

export function taint(text: string): Taint {
  const [, own = ''] = /^(.*):(NoSchedule|PreferNoSchedule|NoExecute)$/.exec(text) ?? [];
  const [key = '', value = '', ...rest] = own.split('=');
  if (KEY.test(key) && VALUE.test(value) && rest.length === 0) return parseTaint(text);
  throw new InvalidArgumentError('Write KEY=VALUE:EFFECT, as `kubectl taint` takes it.');
}
