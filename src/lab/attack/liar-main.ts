import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import { createServer as createSecured } from 'node:https';

/** A server that lies, for the lab's attacks: `liar-main.ts JSON`. It runs until it is killed. */
export interface How {
  host: string;
  ports: number[];
  /** As an etcd of this cluster, with this list, by the JSON gateway and by the peer port. IDs in hexadecimal. */
  etcd?: { clusterId: string; members: { id: string; name: string; peerUrl: string }[] };
  /** One answer to every request. */
  body?: keyof typeof BODIES;
  tls?: { cert: string; key: string };
}

const decimal = (hex: string) => BigInt(`0x${hex}`).toString();

function flood(response: ServerResponse, piece: string, bytes: number): void {
  let left = bytes;
  const more = () => {
    while (left > 0) {
      left -= piece.length;
      if (!response.write(piece)) return response.once('drain', more);
    }
    return response.end();
  };
  more();
}

const text = (body: string) => (response: ServerResponse) => response.end(body);
const BODIES = {
  object: text('{}'),
  null: text('null'),
  page: text('<html>not what you asked for</html>'),
  brackets: (response: ServerResponse) => flood(response, '['.repeat(65_536), 20_000_000),
  huge: (response: ServerResponse) => flood(response, ' '.repeat(1_048_576), 600_000_000),
  endless: (response: ServerResponse) => flood(response, ' '.repeat(65_536), Number.POSITIVE_INFINITY),
  slow: (response: ServerResponse) => {
    const timer = setInterval(() => response.write('['), 1500);
    response.write('[');
    response.once('close', () => clearInterval(timer));
  },
  late: () => undefined,
};

function asEtcd({ clusterId, members }: How['etcd'] & {}, request: IncomingMessage, response: ServerResponse): void {
  const [first = { id: '1', name: '', peerUrl: '' }] = members;
  const header = { cluster_id: decimal(clusterId), member_id: decimal(first.id), revision: '9', raft_term: '9' };
  response.setHeader('X-Etcd-Cluster-ID', clusterId);
  response.setHeader('Content-Type', 'application/json');
  const path = request.url ?? '';
  const started = { clientURLs: members.map(({ peerUrl }) => peerUrl.replace(/:2380$/, ':2379')).slice(0, 1) };
  if (path === '/members') {
    // IDs are bare numbers here, more than a JavaScript number holds.
    const rows = members.map(
      ({ id, name, peerUrl }) =>
        `{"id":${decimal(id)},${JSON.stringify({ name, peerURLs: [peerUrl], ...started }).slice(1)}`,
    );
    response.end(`[${rows.join(',')}]`);
  } else if (path.endsWith('/member/list')) {
    const rows = members.map(({ id, name, peerUrl }) => ({ ID: decimal(id), name, peerURLs: [peerUrl], ...started }));
    response.end(JSON.stringify({ header, members: rows }));
  } else if (path.endsWith('/maintenance/status')) {
    response.end(
      JSON.stringify({ header, version: '3.5.16', leader: header.member_id, raftIndex: '9', raftTerm: '9' }),
    );
  } else response.end(JSON.stringify({ header, count: '0' }));
}

const how = JSON.parse(process.argv[2] ?? '') as How;
const listener: RequestListener = (request, response) => {
  request.resume();
  response.on('error', () => {});
  if (how.etcd !== undefined) asEtcd(how.etcd, request, response);
  else BODIES[how.body ?? 'object'](response);
};
for (const port of how.ports) {
  const server = how.tls === undefined ? createServer(listener) : createSecured(how.tls, listener);
  server.listen(port, how.host);
}
