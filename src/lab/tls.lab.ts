import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { HostFile } from './host.ts';
import { assertSound, eventually, example, inLab, labTest, output } from './lab-testing.ts';
import type { HostState } from './state.ts';

/** A CA and, for each host, certificates for its address, made by openssl. Lives as long as the test. */
function certificates(): { filesOf: (host: HostState) => HostFile[]; remove: () => void } {
  const folder = mkdtempSync(join(tmpdir(), 'quorumgate-tls-'));
  const openssl = (...args: string[]) => execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' });
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  openssl('req', '-x509', ...key, '-keyout', 'ca.key', '-out', 'ca.crt', '-subj', '/CN=test CA', '-days', '2');
  const filesOf = (host: HostState): HostFile[] => {
    const file = (path: string, from: string): HostFile => ({
      path: `/etc/etcd/${path}`,
      mode: path.endsWith('.key') ? 0o640 : 0o644,
      content: readFileSync(join(folder, from)),
    });
    for (const use of ['peer', 'server']) {
      const base = `${host.name}-${use}`;
      openssl('req', ...key, '-keyout', `${base}.key`, '-out', `${base}.csr`, '-subj', `/CN=${host.name}`);
      const extensions = `subjectAltName=IP:${host.address},IP:127.0.0.1\nextendedKeyUsage=serverAuth,clientAuth\n`;
      writeFileSync(join(folder, `${base}.ext`), extensions);
      const ca = ['-CA', 'ca.crt', '-CAkey', 'ca.key', '-CAcreateserial'];
      openssl(
        'x509',
        '-req',
        '-in',
        `${base}.csr`,
        ...ca,
        '-out',
        `${base}.crt`,
        '-days',
        '2',
        '-extfile',
        `${base}.ext`,
      );
    }
    return [
      file('ca.crt', 'ca.crt'),
      file('peer.crt', `${host.name}-peer.crt`),
      file('peer.key', `${host.name}-peer.key`),
      file('server.crt', `${host.name}-server.crt`),
      file('server.key', `${host.name}-server.key`),
      // User etcd is made on the host, so its name is the host's business too.
      {
        path: '/etc/tmpfiles.d/test-tls.conf',
        mode: 0o644,
        content: 'z /etc/etcd/peer.key 0640 root etcd\nz /etc/etcd/server.key 0640 root etcd\n',
      },
      {
        path: '/etc/systemd/system/etcd-register-server.service.d/test-tls.conf',
        mode: 0o644,
        content: '[Service]\nExecStartPre=+/usr/bin/systemd-tmpfiles --create test-tls.conf\n',
      },
    ];
  };
  return { filesOf, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

labTest('mutual TLS on peers and clients, -ssl records only', async (t) => {
  t.timeout(300_000);
  const { filesOf, remove } = certificates();
  try {
    await inLab({ text: example('tls.yaml'), hostFiles: filesOf }, async (lab) => {
      await assertSound(t, lab);
      const { address } = lab.host('etcd-1');
      for (const port of [2379, 2380]) {
        const bare = await lab.exec('etcd-2', ['curl', '-sk', '-m', '3', `https://${address}:${port}/members`]);
        t.not(bare.exitCode, 0, `port ${port} lets a client without a certificate in`);
        const plain = await lab.exec('etcd-2', ['curl', '-sf', '-m', '3', `http://${address}:${port}/version`]);
        t.not(plain.exitCode, 0, `port ${port} speaks plain http`);
      }
      const records = async (tag: string) =>
        (await output(lab, 'etcd-1', `dig +short @127.0.0.1 ${tag}._tcp.mycluster.etcd3.service.dc1.consul SRV`))
          .split('\n')
          .filter(Boolean).length;
      for (const tag of ['_etcd-server-ssl', '_etcd-client-ssl']) {
        t.is(
          await eventually(
            () => records(tag),
            (found) => found === 3,
            5,
          ),
          3,
          tag,
        );
      }
      t.is(await records('_etcd-server'), 0);
      t.is(await records('_etcd-client'), 0);
    });
  } finally {
    remove();
  }
});
