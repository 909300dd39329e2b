import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Spec } from '../spec/defaults.ts';
import type { HostPlan } from './addresses.ts';
import { run } from './command.ts';
import type { HostFile } from './host.ts';

const KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
const LIFE = ['-days', '30'];

/**
 * Certificates of a throwaway CA at the paths that the spec names, one pair for each member, good for its address and
 * 127.0.0.1, and for its name in Consul's DNS where that is asked. The keys are readable by all on the host: user etcd does not exist before it boots.
 */
export async function throwawayCertificates(spec: Spec, hosts: readonly HostPlan[]): Promise<Map<string, HostFile[]>> {
  const { tls } = spec;
  const files = new Map<string, HostFile[]>();
  if (tls === 'off') return files;
  const folder = mkdtempSync(join(tmpdir(), 'quorumgate-lab-'));
  try {
    const openssl = (...args: string[]) => run('openssl', args, { cwd: folder });
    const ca = ['-x509', ...KEY, '-keyout', 'ca.key', '-out', 'ca.crt', '-subj', '/CN=quorumgate lab', ...LIFE];
    await openssl('req', ...ca);
    for (const { name, address, role } of hosts) {
      if (role !== 'etcd') continue;
      const names = [`IP:${address}`, 'IP:127.0.0.1', `DNS:${name}`];
      // Where etcd asks DNS it calls its peers by the names that Consul gives to addresses.
      if (spec.etcd.discovery === 'srv') {
        const { datacenter, domain } = spec.consul;
        names.push(`DNS:${Buffer.from(address.split('.').map(Number)).toString('hex')}.addr.${datacenter}.${domain}`);
      }
      writeFileSync(
        join(folder, 'names'),
        `subjectAltName=${names.join(',')}\nextendedKeyUsage=serverAuth,clientAuth\n`,
      );
      await openssl('req', ...KEY, '-keyout', 'key', '-out', 'request', '-subj', `/CN=${name}`);
      const signed = ['-CA', 'ca.crt', '-CAkey', 'ca.key', '-CAcreateserial', '-extfile', 'names', ...LIFE];
      await openssl('x509', '-req', '-in', 'request', '-out', 'crt', ...signed);
      const file = (path: string, from: string) => ({ path, mode: 0o644, content: readFileSync(join(folder, from)) });
      const pairs = [tls.peer, tls.client];
      files.set(
        name,
        pairs.flatMap(({ cert, key, ca: bundle }) => [file(cert, 'crt'), file(key, 'key'), file(bundle, 'ca.crt')]),
      );
    }
    return files;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
