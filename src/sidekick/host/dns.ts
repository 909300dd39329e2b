import { Resolver } from 'node:dns/promises';
import { connect } from 'node:net';
import type { DnsPort } from '../shared/ports.ts';
import { resolvingFlaw } from './resolving.ts';
import { visible } from './text.ts';

const patience = 2000;
/** More hosts than any cluster has. */
const MOST = 64;

function late(): Error {
  return Object.assign(new Error(`no whole answer within ${patience / 1000} s`), { code: 'ETIMEDOUT' });
}

/** The path that etcd's own resolver and etcdctl use. */
export function dnsPort(server = { host: '127.0.0.1', port: 53 }): DnsPort {
  return {
    flaw: (name, addresses) => resolvingFlaw(name, addresses),
    async srv(name) {
      const resolver = new Resolver({ timeout: patience, tries: 1 });
      // Without a port it takes a tenth of the time.
      resolver.setServers([server.port === 53 ? server.host : `${server.host}:${server.port}`]);
      // An answer that was cut is asked for by TCP, where a byte now and then keeps it alive.
      const timer = setTimeout(() => resolver.cancel(), 2 * patience);
      try {
        const records = await resolver.resolveSrv(name);
        if (records.length > MOST) throw new Error(`more than ${MOST} records`);
        const found = await Promise.all(
          records.map(async ({ name: host, port }) => (await resolver.resolve4(host)).map((ip) => `${ip}:${port}`)),
        );
        const all = found.flat().sort();
        if (all.length > MOST) throw new Error(`more than ${MOST} addresses`);
        return all;
      } catch (error) {
        const { code, message } = error as NodeJS.ErrnoException;
        throw code === 'ECANCELLED' ? late() : Object.assign(new Error(visible(message)), { code });
      } finally {
        clearTimeout(timer);
      }
    },

    countOverTcp(name) {
      const labels = name.split('.').flatMap((label) => [label.length, ...Buffer.from(label)]);
      // An ID; then recursion desired, one question; then the name, type SRV (33), class IN (1).
      const asked = Buffer.from([0x51, 0x67, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, ...labels, 0, 0, 33, 0, 1]);
      const length = Buffer.alloc(2);
      length.writeUInt16BE(asked.length);
      return new Promise((resolve, reject) => {
        let reply: Buffer = Buffer.alloc(0);
        const socket = connect(server, () => socket.write(Buffer.concat([length, asked])));
        const timer = setTimeout(() => socket.destroy(late()), patience);
        socket.on('error', reject);
        socket.on('close', () => {
          clearTimeout(timer);
          reject(new Error('closed without an answer'));
        });
        socket.on('data', (data) => {
          // Bytes after a whole message are nobody's question; 64 KiB is the most that its length can say.
          reply = Buffer.concat([reply, data]);
          if (reply.length < 2 || reply.length < 2 + reply.readUInt16BE(0)) return;
          try {
            resolve(countIn(reply.subarray(2, 2 + reply.readUInt16BE(0)), asked));
          } catch (error) {
            reject(error);
          }
          socket.destroy();
        });
      });
    },
  };
}

/** How many records a message has that answers this question. */
export function countIn(reply: Buffer, asked: Buffer): number {
  const question = (message: Buffer) => message.toString('latin1', 12, asked.length).toLowerCase();
  const isAnswer =
    reply.length >= asked.length &&
    reply.readUInt16BE(0) === asked.readUInt16BE(0) &&
    reply.readUInt8(2) > 127 &&
    reply.readUInt16BE(4) === 1 &&
    question(reply) === question(asked);
  if (!isAnswer) throw new Error('an answer to another question');
  const code = reply.readUInt8(3) & 15;
  if (code !== 0) throw new Error(code === 3 ? 'no such name' : `response code ${code}`);
  const count = reply.readUInt16BE(6);
  // A record has a name of a byte at least, type, class, time, length, and a target.
  if (count * 12 > reply.length - asked.length) throw new Error('an answer that is shorter than it says');
  return count;
}
