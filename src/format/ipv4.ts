/** A network: its first address as a number, and the length of its prefix in bits. */
export interface Ipv4Network {
  base: number;
  prefix: number;
}

export function toNumber(address: string): number {
  return address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
}

export function toAddress(number: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(number / 2 ** shift) % 256).join('.');
}

/** How many addresses a prefix leaves. */
function sizeOf(prefix: number): number {
  return 2 ** (32 - prefix);
}

/** `10.77.0.5/24` -> the network that it lies in, 10.77.0.0/24. */
export function toNetwork(cidr: string): Ipv4Network {
  const [address = '', bits = ''] = cidr.split('/');
  const prefix = Number(bits);
  return { base: Math.floor(toNumber(address) / sizeOf(prefix)) * sizeOf(prefix), prefix };
}

export function overlap(one: Ipv4Network, other: Ipv4Network): boolean {
  const size = sizeOf(Math.min(one.prefix, other.prefix));
  return Math.floor(one.base / size) === Math.floor(other.base / size);
}

export function netmask({ prefix }: Ipv4Network): string {
  return toAddress(2 ** 32 - sizeOf(prefix));
}
