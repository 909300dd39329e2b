import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { readAgent } from '../shared/consul.ts';
import type { Settings } from '../shared/settings.ts';

/** Why these versions must not run here, or undefined. Empty: not known. */
export function unfit({ discovery, scheme }: Settings, etcd: string, consul: string): string | undefined {
  if (/^3\.5\.[012]$/.test(etcd)) return `this host has etcd ${etcd}, which can lose data; 3.5.3 or newer is needed`;
  if (/^3\.4\./.test(etcd) && discovery === 'srv' && scheme === 'http') {
    return `this host has etcd ${etcd}, which finds nobody by SRV without TLS; 3.5 or newer is needed`;
  }
  if (/^1\.19\.[01]$/.test(consul)) return `this host has Consul ${consul}, whose DNS ignores tags; 1.19.2 is good`;
  return undefined;
}

const versions: { etcd?: string; consul?: string } = {};

/** The same of the programs that are here. With data Consul is no matter: etcd lives without it. */
export async function fitness(settings: Settings, wal: boolean): Promise<string | undefined> {
  // Once: the gate ends before its programs are others.
  versions.etcd ??= await promisify(execFile)('/opt/quorumgate/bin/etcd', ['--version'], { timeout: 5000 }).then(
    ({ stdout }) => /etcd Version: (\S+)/.exec(stdout)?.[1] ?? '',
    () => '',
  );
  if (!wal) versions.consul ??= (await readAgent()).Version;
  return unfit(settings, versions.etcd, versions.consul ?? '');
}
