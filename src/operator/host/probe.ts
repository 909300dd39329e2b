import { connect } from 'node:net';
import type { Probe } from './ports.ts';

/**
 * Whether anything listens. Nothing but etcd listens at its peer port, and it does so before it has a leader; asked
 * without a word of TLS, because a certificate that does not fit would prove nothing.
 *
 * @param timeout milliseconds
 */
export function probePort(address: string, port: number, timeout = 2000): Promise<Probe> {
  return new Promise((resolve) => {
    const socket = connect({ host: address, port });
    const end = (answer: Probe) => {
      clearTimeout(timer);
      socket.destroy();
      resolve(answer);
    };
    const timer = setTimeout(() => end('silent'), timeout);
    socket.on('connect', () => end('answers'));
    socket.on('error', ({ code }: NodeJS.ErrnoException) => end(code === 'ECONNREFUSED' ? 'closed' : 'silent'));
  });
}
