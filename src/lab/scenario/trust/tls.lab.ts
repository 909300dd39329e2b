import { loadAssets } from '../../../io/assets.ts';
import type { Wish } from '../../../pki/x509.ts';
import { startLiar } from '../../attack/attacker.ts';
import type { Leaf } from '../../compile/certificates.ts';
import { compileForLab, hostsOf, type Lab, networkOf, throwawayCertificates } from '../../lab.ts';
import { removeCgroup } from '../../machine/cgroup.ts';
import { example, memberIds, output, type TestLabOptions } from '../lab-testing.ts';
import { assertRestarts, assertServing, assertUntouched, rowsIn, whileWriting } from './trust-testing.ts';

/** Certificates that the clients' CA has given to others. */
const STRANGERS: Wish[] = [
  { commonName: 'client', dns: [], ips: [], usage: 'client' },
  { commonName: 'server', dns: ['alien.example.com'], ips: ['10.77.0.66'], usage: 'member' },
];
const pairs = new Map<string, { cert: string; key: string }>();

/** The example with TLS, and a CA that has signed for others too. */
async function withStrangers(): Promise<TestLabOptions> {
  const text = example('tls.yaml').replace(/version: 3\.5\.16/, '$&\n  replaceDeadAfter: 10');
  const { spec } = (await compileForLab({ text, file: 'tls.yaml', assets: await loadAssets() })).compiled;
  if (spec === undefined) throw new Error('the spec does not compile');
  if (spec.tls === 'off') throw new Error('the example has no TLS');
  const { ca } = spec.tls.client;
  const more = STRANGERS.map((wish): Leaf => {
    return { cert: `/root/${wish.commonName}.crt`, key: `/root/${wish.commonName}.key`, ca, wish };
  });
  const certificates = await throwawayCertificates(spec, hostsOf(spec, networkOf(spec)), () => more);
  const files = certificates.get('etcd-2') ?? [];
  const textAt = (path: string) => Buffer.from(files.find((file) => file.path === path)?.content ?? '').toString();
  for (const { cert, key, wish } of more) pairs.set(wish.commonName, { cert: textAt(cert), key: textAt(key) });
  return { text, hostFiles: ({ name }) => certificates.get(name) ?? [] };
}

const { row } = rowsIn(withStrangers);

/** The answer of the peer port to whoever shows this; 000: none. etcd's answers by HTTP/2 curl takes for cut. */
const answered = (lab: Lab, shown: string, path: string) =>
  output(
    lab,
    'etcd-2',
    `curl -sk --http1.1 -m 5 -o /dev/null -w '%{http_code}' ${shown} -X POST -d x https://10.77.0.101:2380/${path}`,
  );

row('W8: a client’s certificate at the peer port: refused', async (t, lab) => {
  const paths = ['members', 'raft/probing', 'raft'];
  const own = '--cert /etc/etcd/peer.crt --key /etc/etcd/peer.key';
  for (const path of paths) t.not(await answered(lab, own, path), '000', `a member’s own: /${path}`);
  for (const [name, { cert, key }] of pairs) {
    await lab.exec('etcd-2', ['sh', '-c', 'cat >/root/stranger.crt'], { input: cert });
    await lab.exec('etcd-2', ['sh', '-c', 'cat >/root/stranger.key'], { input: key });
    t.regex(await output(lab, 'etcd-2', 'openssl x509 -noout -subject -in /root/stranger.crt'), new RegExp(name));
    const shown = '--cert /root/stranger.crt --key /root/stranger.key';
    for (const path of paths) t.is(await answered(lab, shown, path), '000', `${name}: /${path} answers`);
  }
});

row('W8: a server of another name at a member’s address is no member: data starts, and stays', async (t, lab) => {
  const before = await memberIds(lab);
  const { predicted } = await lab.cluster();
  const other = (name: string) => ({
    id: before.get(name) ?? '',
    name,
    peerUrl: `https://${lab.host(name).address}:2380`,
  });
  await whileWriting(t, lab, async () => {
    await lab.kill('etcd-2');
    await startLiar(lab.layout, 'etcd-2', {
      host: lab.host('etcd-2').address,
      ports: [2379, 2380],
      etcd: { clusterId: predicted, members: [other('etcd-1'), other('etcd-2')] },
      tls: pairs.get('server'),
    });
    for (let time = 1; time <= 4; time++) await assertRestarts(t, lab, 'etcd-3');
    await removeCgroup(`${lab.layout.prefix}/liar-etcd-2`);
    await lab.start('etcd-2');
    await assertServing(t, lab, before, 90);
  });
  await assertUntouched(t, lab);
});
