import type { ExecutionContext } from 'ava';
import type { Wish } from '../../../pki/x509.ts';
import { ETCD } from '../../attack/disk-attacks.ts';
import type { HostFile } from '../../host/host.ts';
import { type Lab, start } from '../../lab.ts';
import { hostPaths } from '../../machine/layout.ts';
import type { HostPlan } from '../../network/addresses.ts';
import { withCertificates } from '../certificates-testing.ts';
import {
  assertSound,
  assertWhole,
  etcdOf,
  eventually,
  example,
  inLab,
  labTest,
  operate,
  output,
  says,
} from '../lab-testing.ts';
import { placeStranger } from './stranger-testing.ts';

const leaf = (wish: Wish) => ({
  cert: `/etc/etcd/${wish.commonName}.crt`,
  key: `/etc/etcd/${wish.commonName}.key`,
  wish,
});

/** Certificates that the clients' CA has given to others: a client's, which names nothing, and a server's of another address. */
const OTHERS = [
  leaf({ commonName: 'user', dns: [], ips: [], usage: 'client' }),
  leaf({ commonName: 'stranger', dns: [], ips: ['10.77.0.50'], usage: 'member' }),
];

/** `tls.yaml` with one CA for both sides, and what tells peers from clients. */
const oneCa = (name: string) =>
  example('tls.yaml').replace('peer-ca.crt', `ca.crt\n    ${name}`).replace('client-ca.crt', 'ca.crt');

/** A client is served as such; at the port for peers, where it would be taken for one, it is not let in. */
async function assertNoPeer(t: ExecutionContext, lab: Lab, peerCa: string, clientCa: string): Promise<void> {
  const { address } = lab.host('etcd-1');
  const ask = (ca: string, name: string, url: string) =>
    output(
      lab,
      'etcd-2',
      `cd /etc/etcd; curl -sS --http1.1 -m 3 --cacert ${ca} --cert ${name}.crt --key ${name}.key ${url}`,
    );
  t.regex(await ask(clientCa, 'user', `https://${address}:2379/version`), /"etcdserver"/);
  t.regex(await ask(peerCa, 'peer', `https://${address}:2380/members`), /"peerURLs"/);
  for (const path of ['members', 'raft', 'version']) {
    for (const name of ['user', 'stranger']) {
      const said = await ask(peerCa, name, `-X POST https://${address}:2380/${path}`);
      t.regex(said, /^curl: \(\d+\) [^{]*$/, `${name} at /${path}: ${said}`);
    }
  }
}

labTest('mutual TLS on peers and clients, -ssl records only; clients are no peers', async (t) => {
  t.timeout(300_000);
  await inLab(await withCertificates(example('tls.yaml'), OTHERS), async (lab) => {
    await assertSound(t, lab);
    const { address } = lab.host('etcd-1');
    for (const port of [2379, 2380]) {
      const bare = await lab.exec('etcd-2', ['curl', '-sk', '-m', '3', `https://${address}:${port}/members`]);
      t.not(bare.exitCode, 0, `port ${port} lets a client without a certificate in`);
      const plain = await lab.exec('etcd-2', ['curl', '-sf', '-m', '3', `http://${address}:${port}/version`]);
      t.not(plain.exitCode, 0, `port ${port} speaks plain http`);
    }
    await assertNoPeer(t, lab, 'peer-ca.crt', 'client-ca.crt');
    const records = async (tag: string) =>
      (await output(lab, 'etcd-1', `dig +short @127.0.0.1 ${tag}._tcp.mycluster.etcd3.service.dc1.consul SRV`))
        .split('\n')
        .filter((line) => /^\d/.test(line)).length;
    for (const tag of ['_etcd-server-ssl', '_etcd-client-ssl']) {
      const found = await eventually(
        () => records(tag),
        (count) => count === 3,
        5,
      );
      t.is(found, 3, tag);
    }
    t.is(await records('_etcd-server'), 0);
    t.is(await records('_etcd-client'), 0);
  });
});

labTest(
  "a server at a member's address whose certificate is of the CA, and names another: nobody believes it",
  async (t) => {
    t.timeout(300_000);
    const options = await withCertificates(example('tls.yaml'), OTHERS);
    await inLab(options, async (lab) => {
      const before = await assertWhole(t, lab);
      const url = (host: string) => `https://${lab.host(host).address}:2380`;
      // A list without etcd-2, from the only one that answers besides it.
      const members = ['etcd-1', 'etcd-3'].map((name, index) => ({ ID: `${index + 1}`, name, peerURLs: [url(name)] }));
      await output(lab, 'etcd-1', 'systemctl stop etcd');
      const end = await placeStranger(lab, 'etcd-3', members);
      await output(lab, 'etcd-2', 'systemctl restart --no-block etcd');
      const running = () =>
        output(lab, 'etcd-2', `systemctl show -P MainPID etcd; systemctl show -P SubState etcd; pgrep -f '${ETCD}'`);
      await eventually(running, (text) => /\n\d+$/.test(text), 30);
      t.regex(
        await output(lab, 'etcd-2', 'journalctl -u etcd -b -o cat --no-pager'),
        /etcd has its data here: starting\n(?!.*aside)/s,
      );
      t.is(await output(lab, 'etcd-2', 'ls /var/lib/etcd | grep member'), 'member');
      const files = hostPaths(lab.layout, 'etcd-2').root;
      const flags = ['cert', 'key', 'cacert'].map(
        (flag, index) => `--${flag}=${files}/etc/etcd/${['user.crt', 'user.key', 'client-ca.crt'][index]}`,
      );
      const { stdout, stderr } = await operate(lab, 'etcd-2', options.text ?? '', ['member', 'list', 'SPEC', ...flags]);
      t.is(stdout, '');
      t.regex(stderr, /no member of mycluster answers/);
      const log = await end();
      t.regex(log, /^connection ::ffff:10\.77\.0\.102$|^connection 10\.77\.0\.102$/m, log);
      t.notRegex(log, /request/);
      await output(lab, 'etcd-1', 'systemctl start --no-block etcd');
      t.is((await lab.wait({ timeoutSeconds: 120 })).outcome, 'up');
      await assertSound(t, lab);
      t.deepEqual(await assertWhole(t, lab), before);
    });
  },
);

labTest('mutual TLS where etcd asks DNS, by one CA and a name of peers: one cluster, rebooted, wiped', async (t) => {
  t.timeout(300_000);
  const text = oneCa('allowedHostname: etcd-peers').replace(
    /version: 3\.5\.16/,
    '$&\n  discovery: srv\n  replaceDeadAfter: 10',
  );
  await inLab(await withCertificates(text, OTHERS), async (lab) => {
    await assertSound(t, lab);
    await assertNoPeer(t, lab, 'ca.crt', 'ca.crt');
    const before = await assertWhole(t, lab);
    await lab.fault.reboot('etcd-2');
    await lab.fault.wipe('etcd-3');
    t.is((await lab.wait({ timeoutSeconds: 120 })).outcome, 'up');
    await assertSound(t, lab);
    const after = await assertWhole(t, lab);
    t.is(after.get('etcd-2'), before.get('etcd-2'));
    t.not(after.get('etcd-3'), before.get('etcd-3'));
  });
});

labTest('one CA and a common name of peers; a key that comes late is named until it is there', async (t) => {
  t.timeout(300_000);
  const isLate = ({ path }: HostFile, { name }: HostPlan) => name === 'etcd-2' && path.endsWith('/peer.key');
  let late: HostFile | undefined;
  const options = await withCertificates(oneCa('allowedCommonName: etcd-peer'), OTHERS, (file, host) => {
    if (!isLate(file, host)) return true;
    late = file;
    return false;
  });
  const use = async (lab: Lab) => {
    const missing = /^\w+: \/etc\/etcd\/peer\.key cannot be read: ENOENT/;
    t.regex(await says(lab, 'etcd-2', missing), missing);
    t.is(await etcdOf(lab, 'etcd-2'), '');
    await lab.exec('etcd-2', ['sh', '-c', 'cat >/etc/etcd/peer.key'], { input: String(late?.content) });
    t.is((await lab.wait({ timeoutSeconds: 120 })).outcome, 'up');
    await assertSound(t, lab);
    await assertNoPeer(t, lab, 'ca.crt', 'ca.crt');
    // With data it is said, and etcd starts: it is etcd's own file.
    await output(lab, 'etcd-2', 'mv /etc/etcd/peer.key /root; systemctl restart --no-block etcd');
    const said = /peer\.key cannot be read[^\n]*\n(.*\n)*etcd has its data here: starting/;
    const journal = () => output(lab, 'etcd-2', 'journalctl -u etcd -b -o cat --no-pager');
    t.regex(await eventually(journal, (lines) => said.test(lines)), said);
    await output(lab, 'etcd-2', 'mv /root/peer.key /etc/etcd');
    t.is((await lab.wait({ timeoutSeconds: 120 })).outcome, 'up');
    await assertSound(t, lab);
  };
  await inLab(options, use, start);
});
