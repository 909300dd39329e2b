import type { Lab } from '../../lab.ts';
import { output } from '../lab-testing.ts';

/** A stranger that speaks for a member of this cluster, at both of its ports; each line of its log is a connection or a request. */
const PROGRAM = `
const { readFileSync, appendFileSync } = require('node:fs');
const [address, clusterId, members] = process.argv.slice(2);
const [cert, key] = ['crt', 'key'].map((end) => readFileSync('/etc/etcd/stranger.' + end));
const header = { cluster_id: BigInt('0x' + clusterId).toString(), member_id: '1', raft_term: '9' };
const log = (line) => appendFileSync('/root/stranger.log', line + '\\n');
for (const port of [2379, 2380]) {
  require('node:https').createServer({ cert, key, requestCert: true, rejectUnauthorized: false }, (request, response) => {
    log('request ' + request.url);
    response.setHeader('X-Etcd-Cluster-ID', clusterId);
    const list = /member.list/.test(request.url) ? { members: JSON.parse(members) } : {};
    response.end(JSON.stringify({ header, ...list }));
  }).on('connection', ({ remoteAddress }) => log('connection ' + remoteAddress)).listen(port, address);
}
`;

/**
 * In place of a host's etcd, which is stopped: somebody with `/etc/etcd/stranger.crt` at its address, who knows the cluster's ID and
 * lists these members. What `end` returns is its log.
 */
export async function placeStranger(lab: Lab, host: string, members: object[]): Promise<() => Promise<string>> {
  const { predicted } = await lab.cluster();
  const { address } = lab.host(host);
  await output(lab, host, 'systemctl stop etcd');
  await lab.exec(host, ['sh', '-c', 'cat >/root/stranger.cjs'], { input: PROGRAM });
  const args = [address, predicted ?? '', JSON.stringify(members)];
  const run = ['systemd-run', '--unit=stranger', '/opt/quorumgate/bin/node', '/root/stranger.cjs', ...args];
  const { exitCode, stderr } = await lab.exec(host, run);
  if (exitCode !== 0) throw new Error(stderr);
  return async () => {
    await output(lab, host, 'systemctl stop stranger');
    return output(lab, host, 'cat /root/stranger.log; systemctl start --no-block etcd');
  };
}
