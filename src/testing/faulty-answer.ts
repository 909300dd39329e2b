import type { ServerResponse } from 'node:http';

/** Ways in which a server of files fails. */
export const FAULTS = ['missing', 'broken', 'moved', 'wrong', 'cut', 'trickle', 'hang'] as const;
export type Fault = (typeof FAULTS)[number];

/** Answers with `bytes` as a server does that has this fault: for tests, and for the lab. */
export function answerFaulty(fault: Fault, response: ServerResponse, bytes: Uint8Array): void {
  const whole = { 'content-length': bytes.length };
  switch (fault) {
    case 'missing':
      response.writeHead(404).end('nothing here');
      return;
    case 'broken':
      response.writeHead(500).end('<h1>Internal Server Error</h1>');
      return;
    case 'moved':
      response.writeHead(302, { location: '/moved-to-nowhere' }).end();
      return;
    case 'wrong':
      // As long as the right ones, and other in one bit.
      response.writeHead(200, whole).end(bytes.map((byte, index) => (index === bytes.length >> 1 ? byte ^ 1 : byte)));
      return;
    case 'cut':
      response.writeHead(200, whole).write(bytes.subarray(0, bytes.length >> 1), () => response.destroy());
      return;
    case 'trickle':
      trickle(response.writeHead(200, whole), bytes);
      return;
    case 'hang':
      return;
  }
}

function trickle(response: ServerResponse, bytes: Uint8Array): void {
  let sent = 0;
  const timer = setInterval(() => response.write(bytes.subarray(sent, ++sent)), 200);
  response.once('close', () => clearInterval(timer));
}
