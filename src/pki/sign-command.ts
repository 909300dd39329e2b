import { spawn } from 'node:child_process';
import { IoError } from '../io/io-error.ts';

/** More than a chain of certificates ever is. */
const MOST = 65_536;
const PATIENCE = 60_000;

/**
 * Has a request (PEM) signed by a command of the user's: it reads the request from standard input and writes the certificate, and those between it
 * and its root if there are any, to standard output.
 *
 * @throws IoError when it fails, takes longer than a minute, or says too much
 */
export function signBy(command: string, csr: string, name: string): Promise<string> {
  const fail = (cause: string) =>
    new IoError(
      `The command that signs for ${name} ${cause}: ${command}`,
      'It has to read a PKCS#10 request (PEM) from standard input and write the certificate (PEM) to standard output.',
    );
  return new Promise((resolve, reject) => {
    // A group of its own: what the shell has started outlives it, and would keep its output open.
    const child = spawn('/bin/sh', ['-c', command], { stdio: ['pipe', 'pipe', 'inherit'], detached: true });
    let cause: string | undefined;
    const stop = (why: string) => {
      cause ??= why;
      try {
        if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
      } catch {
        // All of them have ended.
      }
      child.stdout.destroy();
    };
    const timer = setTimeout(() => stop(`did not end within ${PATIENCE / 1000} s`), PATIENCE);
    const chunks: Buffer[] = [];
    let size = 0;
    child.stdout.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > MOST) stop(`writes more than ${MOST} bytes`);
      else chunks.push(chunk);
    });
    // It may end without reading.
    child.stdin.on('error', () => {});
    child.stdin.end(csr);
    child.on('error', (error) => {
      clearTimeout(timer);
      reject(fail(`cannot be started (${error.message})`));
    });
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      const end = code === null ? `was ended by ${signal}` : `ended with exit code ${code}`;
      if (cause === undefined && code === 0) resolve(Buffer.concat(chunks).toString());
      else reject(fail(cause ?? end));
    });
  });
}
