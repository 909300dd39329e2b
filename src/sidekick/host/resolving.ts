import { lookup, Resolver } from 'node:dns/promises';
import { existsSync } from 'node:fs';
import { visible } from './text.ts';

const patience = 3000;

/** Answers to names on this host. */
interface Answering {
  /** Consul's DNS at 127.0.0.1:53. */
  consul(name: string): Promise<string[]>;
  /** As any program of this host asks, by what libc is told to ask. */
  libc(name: string): Promise<string[]>;
}

const ANSWERING: Answering = {
  consul(name) {
    const resolver = new Resolver({ timeout: patience, tries: 1 });
    resolver.setServers(['127.0.0.1']);
    return resolver.resolve4(name);
  },
  async libc(name) {
    let timer: NodeJS.Timeout | undefined;
    // It knows no time-out of its own.
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(Object.assign(new Error('late'), { code: 'ETIMEDOUT' })), 2 * patience);
    });
    try {
      const found = await Promise.race([lookup(name, { all: true, family: 4 }), late]);
      return found.map(({ address }) => address);
    } finally {
      clearTimeout(timer);
    }
  },
};

const answer = (asked: Promise<string[]>) => asked.catch((error: NodeJS.ErrnoException) => error);
const codeOf = ({ code, message }: NodeJS.ErrnoException) => visible(code ?? message, 60);

/**
 * Why programs of this host do not find the members by their name in Consul's DNS, in one line; empty: they do, or this is a container, whose
 * names others resolve.
 *
 * @param addresses of all members: an answer may have some of them
 */
export async function resolvingFlaw(
  name: string,
  addresses: readonly string[],
  { consul, libc } = ANSWERING,
  isHost = existsSync('/run/systemd/system'),
): Promise<string> {
  if (!isHost) return '';
  const own = await answer(consul(name));
  if (own instanceof Error) {
    return ['ENOTFOUND', 'ENODATA'].includes(own.code ?? '')
      ? `DNS at 127.0.0.1:53 does not know ${name}: may the token for DNS read services and nodes?`
      : `DNS at 127.0.0.1:53 does not answer (${codeOf(own)}): systemctl status consul-dns-udp`;
  }
  const found = await answer(libc(name));
  if (found instanceof Error)
    return `programs here do not find ${name} (${codeOf(found)}), which DNS at 127.0.0.1:53 knows: see /etc/resolv.conf and /etc/nsswitch.conf`;
  const stray = found.find((address) => !addresses.includes(address));
  if (stray === undefined) return '';
  return `programs here find ${name} at ${visible(stray, 60)}, where no member is: see who is asked before 127.0.0.1 in /etc/resolv.conf`;
}
