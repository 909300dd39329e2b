import { readFileSync } from 'node:fs';
import { type Agent, type IncomingHttpHeaders, request as plain } from 'node:http';
import { request as secured } from 'node:https';
import { checkServerIdentity, type PeerCertificate } from 'node:tls';
import { visible } from './text.ts';

export interface Reply {
  status: number;
  headers: IncomingHttpHeaders;
  body: string;
}

export interface Ask {
  method?: 'GET' | 'PUT' | 'POST' | 'DELETE' | undefined;
  body?: string | undefined;
  headers?: Record<string, string> | undefined;
  /** Milliseconds for the whole exchange. */
  timeout: number;
  /** Bytes that the answer may have; one of more is refused while it comes. */
  most?: number | undefined;
  signal?: AbortSignal | undefined;
  /** Keeps connections for further requests; without it each has its own. */
  agent?: Agent | undefined;
  /** Of a Unix socket: whom to ask in place of the host in the URL. */
  socketPath?: string | undefined;
  /**
   * Files to show as a client, and to verify the server with. Read anew each time: certificates are renewed. The server's
   * must name the host that was asked, or, instead of it, `name`.
   */
  tls?: { cert: string; key: string; ca: string; name?: string | undefined } | undefined;
}

/** How many milliseconds of a time are left; at least some, for who asks to be told that they are over. */
export function countdown(timeout: number): () => number {
  const end = performance.now() + timeout;
  return () => Math.max(50, Math.ceil(end - performance.now()));
}

/**
 * One HTTP exchange. Rejects, with one line, when there is no whole answer: refused, cut, late, too large, no text, aborted.
 * Any status is an answer.
 */
export function ask(url: string, options: Ask): Promise<Reply> {
  const { method = 'GET', body, headers, timeout, most = 2 ** 18, signal, agent = false, socketPath, tls } = options;
  return new Promise((resolve, reject) => {
    const secure = tls && {
      cert: readFileSync(tls.cert),
      key: readFileSync(tls.key),
      ca: readFileSync(tls.ca),
      checkServerIdentity: (host: string, certificate: PeerCertificate) => {
        const wrong = checkServerIdentity(host, certificate);
        return wrong && tls.name ? checkServerIdentity(tls.name, certificate) : wrong;
      },
    };
    const request = (secure ? secured : plain)(url, {
      method,
      headers,
      agent,
      maxHeaderSize: 16_384,
      ...(socketPath && { socketPath }),
      ...secure,
    });
    let begun = false;
    const timer = setTimeout(() => {
      const late = new Error(`no ${begun ? 'whole ' : ''}answer within ${timeout / 1000} s`);
      // A slow server is there.
      fail(begun ? late : Object.assign(late, { code: 'ETIMEDOUT' }));
    }, timeout);
    const abort = () => fail(new Error('aborted'));
    const finish = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', abort);
    };
    const fail = (error: NodeJS.ErrnoException) => {
      finish();
      request.destroy();
      reject(Object.assign(new Error(visible(error.message || error.code || 'no answer')), { code: error.code }));
    };
    request.on('response', (response) => {
      begun = true;
      let room = Buffer.alloc(0);
      let size = 0;
      let pieces = 0;
      const tooLarge = () => fail(new Error(`the answer has more than ${most} bytes, or too many pieces`));
      if (Number(response.headers['content-length']) > most) return tooLarge();
      response.on('data', (chunk: Buffer) => {
        const before = size;
        size += chunk.length;
        if (size > most || ++pieces > 1000 + size / 1000) tooLarge();
        // Copied, for a Buffer that is kept for a byte takes a hundred times as much; nor are they made without end.
        else if (size <= room.length) chunk.copy(room, before);
        else room = Buffer.concat([room.subarray(0, before), chunk], 2 * size);
      });
      response.on('error', fail);
      response.on('end', () => {
        if (!response.complete) return fail(new Error('the answer was cut'));
        try {
          const text = new TextDecoder('utf-8', { fatal: true }).decode(room.subarray(0, size));
          finish();
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text });
        } catch {
          fail(new Error('the answer is not UTF-8 text'));
        }
      });
    });
    request.on('error', fail);
    // An answer that switches protocols ends with neither.
    request.on('close', () => fail(new Error('closed without a whole answer')));
    signal?.addEventListener('abort', abort);
    request.end(body);
    if (signal?.aborted) abort();
  });
}
