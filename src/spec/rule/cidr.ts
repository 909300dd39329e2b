import type { Rule } from './draft.ts';

/** Where no host has the address that its peers use. */
const SPECIAL: readonly [network: string, what: string][] = [
  ['0.0.0.0/8', 'which no host has'],
  ['127.0.0.0/8', 'by which a host reaches itself alone'],
  ['169.254.0.0/16', 'which is not routed and may change at each boot'],
  ['224.0.0.0/4', 'which is for multicast'],
  ['240.0.0.0/4', 'which is reserved'],
];

export const cidr: Rule = ({ address }) => {
  const text = address?.cidr;
  if (text === undefined) return [];
  const pointer = '/address/cidr';
  const [octets = '', prefix = ''] = text.split('/');
  const numbers = octets.split('.');
  // A leading zero means octal to some programs and nothing to others.
  const bad = numbers.find((octet) => Number(octet) > 255 || /^0\d/.test(octet));
  if (bad !== undefined || Number(prefix) > 32 || /^0\d/.test(prefix)) {
    const what = bad === undefined ? `prefix length ${prefix}` : `part ${bad}`;
    return [{ code: 'cidr-invalid', pointer, message: `\`${text}\` is no IPv4 network: ${what}.` }];
  }
  const special = SPECIAL.find(([of]) => {
    const length = Number(of.split('/')[1]);
    return Number(prefix) >= length && networkOf(numbers.map(Number), length) === of;
  });
  if (special !== undefined) {
    return [{ code: 'cidr-special', pointer, message: `\`${text}\` lies in \`${special[0]}\`, ${special[1]}.` }];
  }
  const network = networkOf(numbers.map(Number), Number(prefix));
  if (network === text) return [];
  const message = `\`${text}\` is an address inside its network, not the network.`;
  return [{ code: 'cidr-host-bits', pointer, message, suggestion: network, detail: { network } }];
};

function networkOf(octets: readonly number[], prefix: number): string {
  const masked = octets.map((octet, index) => {
    const bits = Math.min(8, Math.max(0, prefix - index * 8));
    return octet - (octet % 2 ** (8 - bits));
  });
  return `${masked.join('.')}/${prefix}`;
}
