import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import type { Spec } from '../../spec/defaults.ts';
import type { HostFile } from '../host/host.ts';
import { run } from '../machine/command.ts';
import type { HostPlan } from '../network/addresses.ts';

const KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
const LIFE = ['-days', '30'];

/** A certificate for a host: the paths where it finds it, and its issuer, by the path of that CA's own certificate. */
export interface Leaf {
  cert: string;
  key: string;
  ca: string;
  commonName: string;
  /** As openssl has them: `IP:10.77.0.101`. */
  names: string[];
  /** Extended key usages. */
  usage: string;
}

/** Certificates that the spec wants of a member: a certificate for its peers and one for its clients, each of its own CA. */
function leavesOf({ tls, etcd, consul }: Spec, { name, address }: HostPlan): Leaf[] {
  if (tls === 'off') return [];
  const { allowedHostname, allowedCommonName, ...peer } = tls.peer;
  const usage = 'serverAuth,clientAuth';
  const names = [`IP:${address}`, 'IP:127.0.0.1', `DNS:${name}`];
  const peerNames = [...names, ...(allowedHostname === undefined ? [] : [`DNS:${allowedHostname}`])];
  // Where etcd asks DNS it calls its peers by the names that Consul gives to addresses.
  if (etcd.discovery === 'srv') {
    const hex = Buffer.from(address.split('.').map(Number)).toString('hex');
    peerNames.push(`DNS:${hex}.addr.${consul.datacenter}.${consul.domain}`);
  }
  return [
    { ...peer, usage, commonName: allowedCommonName ?? name, names: peerNames },
    { ...tls.client, usage, commonName: name, names },
  ];
}

/**
 * Certificates of throwaway CAs at the paths that the spec names: for each member one for its peers and one for its clients, good
 * for its address and 127.0.0.1, and for its name in Consul's DNS where that is asked. The keys are readable by all on the host:
 * user etcd does not exist before it boots.
 *
 * @param more certificates that a host gets besides; their CAs are those of the spec, or others
 */
export async function throwawayCertificates(
  spec: Spec,
  hosts: readonly HostPlan[],
  more: (host: HostPlan) => Leaf[] = () => [],
): Promise<Map<string, HostFile[]>> {
  const files = new Map<string, HostFile[]>();
  if (spec.tls === 'off') return files;
  const folder = mkdtempSync(join(tmpdir(), 'quorumgate-lab-'));
  try {
    const openssl = (...args: string[]) => run('openssl', args, { cwd: folder });
    const authorities = new Map<string, string>();
    for (const host of hosts.filter(({ role }) => role === 'etcd')) {
      const own: HostFile[] = [];
      for (const { cert, key, ca, commonName, names, usage } of [...leavesOf(spec, host), ...more(host)]) {
        const by = authorities.get(ca) ?? `ca-${authorities.size + 1}`;
        if (!authorities.has(ca)) {
          authorities.set(ca, by);
          const subject = `/CN=quorumgate lab ${basename(ca)}`;
          await openssl('req', '-x509', ...KEY, '-keyout', `${by}.key`, '-out', by, '-subj', subject, ...LIFE);
        }
        const san = names.length > 0 ? `subjectAltName=${names.join(',')}\n` : '';
        writeFileSync(join(folder, 'extensions'), `${san}extendedKeyUsage=${usage}\n`);
        await openssl('req', ...KEY, '-keyout', 'key', '-out', 'request', '-subj', `/CN=${commonName}`);
        const signed = ['-CA', by, '-CAkey', `${by}.key`, '-CAcreateserial', '-extfile', 'extensions', ...LIFE];
        await openssl('x509', '-req', '-in', 'request', '-out', 'crt', ...signed);
        const file = (path: string, from: string) => ({ path, mode: 0o644, content: readFileSync(join(folder, from)) });
        own.push(file(cert, 'crt'), file(key, 'key'), file(ca, by));
      }
      files.set(host.name, own);
    }
    return files;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
