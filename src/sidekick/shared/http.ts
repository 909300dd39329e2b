import { readFileSync } from 'node:fs';
import { type IncomingHttpHeaders, request as plain } from 'node:http';
import { request as secured } from 'node:https';

export interface Reply {
  status: number;
  headers: IncomingHttpHeaders;
  body: string;
}

export interface Ask {
  method?: 'GET' | 'PUT' | 'POST' | 'DELETE';
  body?: string;
  headers?: Record<string, string>;
  /** Milliseconds for the whole exchange. */
  timeout: number;
  signal?: AbortSignal;
  /** Files to show as a client, and to verify the server with. Read anew each time: certificates are renewed. */
  tls?: { cert: string; key: string; ca: string } | undefined;
}

/** One HTTP exchange. Rejects when there is no whole answer: refused, cut, late, aborted. Any status is an answer. */
export function ask(url: string, { method = 'GET', body, headers, timeout, signal, tls }: Ask): Promise<Reply> {
  return new Promise((resolve, reject) => {
    // Addresses are what certificates need not name; the CA decides who is one of ours.
    const secure = tls && {
      cert: readFileSync(tls.cert),
      key: readFileSync(tls.key),
      ca: readFileSync(tls.ca),
      checkServerIdentity: () => undefined,
    };
    const request = (secure ? secured : plain)(url, { method, headers, agent: false, ...secure }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', fail);
      response.on('end', () => {
        if (!response.complete) return fail(new Error('the answer was cut'));
        finish();
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          body: Buffer.concat(chunks).toString('utf8'),
        });
      });
    });
    const late = Object.assign(new Error(`no answer within ${timeout / 1000} s`), { code: 'ETIMEDOUT' });
    const timer = setTimeout(() => request.destroy(late), timeout);
    const abort = () => request.destroy(new Error('aborted'));
    const finish = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', abort);
    };
    const fail = (error: Error) => {
      finish();
      reject(error);
    };
    request.on('error', fail);
    if (signal?.aborted) abort();
    signal?.addEventListener('abort', abort);
    request.end(body);
  });
}
