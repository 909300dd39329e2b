import { Resolver } from 'node:dns/promises';
import { connect } from 'node:net';

/** The path that etcd's own resolver and etcdctl use. */
const server = { host: '127.0.0.1', port: 53 };
const patience = 2000;

/** What UDP says: `address:port` of every SRV record, each target resolved, sorted. */
export async function srvAddresses(name: string): Promise<string[]> {
  const resolver = new Resolver({ timeout: patience, tries: 1 });
  resolver.setServers([server.host]);
  const records = await resolver.resolveSrv(name);
  const addresses = await Promise.all(
    records.map(async (record) => (await resolver.resolve4(record.name)).map((ip) => `${ip}:${record.port}`)),
  );
  return addresses.flat().sort();
}

/** How many SRV records the answer over TCP has. Node's resolver uses TCP only for an answer that was cut. */
export function countOverTcp(name: string): Promise<number> {
  const labels = name.split('.').flatMap((label) => [label.length, ...Buffer.from(label)]);
  // Header: an ID, recursion desired, one question; then the name, type SRV (33), class IN (1).
  const question = Buffer.from([0x51, 0x67, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, ...labels, 0, 0, 33, 0, 1]);
  const length = Buffer.alloc(2);
  length.writeUInt16BE(question.length);
  return new Promise((resolve, reject) => {
    let reply = Buffer.alloc(0);
    const socket = connect(server, () => socket.write(Buffer.concat([length, question])));
    socket.setTimeout(patience, () => socket.destroy(new Error(`no answer within ${patience / 1000} s`)));
    socket.on('error', reject);
    socket.on('close', () => reject(new Error('closed without an answer')));
    socket.on('data', (data) => {
      reply = Buffer.concat([reply, data]);
      if (reply.length < 14 || reply.length < 2 + reply.readUInt16BE(0)) return;
      const code = reply.readUInt8(5) & 15;
      if (reply.readUInt16BE(2) !== 0x5167) reject(new Error('an answer to another question'));
      else if (code !== 0) reject(new Error(code === 3 ? 'no such name' : `response code ${code}`));
      else resolve(reply.readUInt16BE(8));
      socket.destroy();
    });
  });
}
