import { connect } from 'node:net';

/** Of a TCP port: something listens; the machine is there and nothing listens; nobody can say. */
export type Answer = 'answers' | 'closed' | 'silent';

/**
 * Whether anything listens. Nothing but etcd listens at its peer port, and it does so before it has a leader; asked
 * without a word of TLS, because a certificate that does not fit would prove nothing.
 *
 * @param timeout milliseconds
 */
export function probePort(address: string, port: number, timeout = 2000): Promise<Answer> {
  return new Promise((resolve) => {
    const socket = connect({ host: address, port });
    const end = (answer: Answer) => {
      clearTimeout(timer);
      socket.destroy();
      resolve(answer);
    };
    const timer = setTimeout(() => end('silent'), timeout);
    socket.on('connect', () => end('answers'));
    socket.on('error', ({ code }: NodeJS.ErrnoException) => end(code === 'ECONNREFUSED' ? 'closed' : 'silent'));
  });
}
