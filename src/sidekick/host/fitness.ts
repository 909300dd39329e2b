import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Settings } from '../shared/settings.ts';
import { certificateProblem } from './certificates.ts';
import * as refused from './refused.ts';
import { say } from './say.ts';

/** Why these versions must not run here, or undefined. Empty: not known. */
export function unfit({ discovery, scheme }: Settings, etcd: string, consul: string): string | undefined {
  if (refused.etcdCorrupts.test(etcd)) {
    return `this host has etcd ${etcd}, which can lose data; ${refused.etcdRepaired} or newer is needed`;
  }
  if (refused.etcdDropsPlainSrv.test(etcd) && discovery === 'srv' && scheme === 'http') {
    return `this host has etcd ${etcd}, which finds nobody by SRV without TLS; ${refused.etcdTakesPlainSrv} or newer is needed`;
  }
  if (refused.consulIgnoresTags.test(consul)) {
    return `this host has Consul ${consul}, whose DNS ignores tags; ${refused.consulHeedsTags} is good`;
  }
  return undefined;
}

let version: string | undefined;

/**
 * Unfit programs and certificates that are here. Where there is a log (`consul` is not asked for) Consul is no matter:
 * etcd lives without it; and certificates are only spoken of: etcd itself knows best.
 */
export async function fitness(settings: Settings, consul: string | undefined): Promise<string | undefined> {
  const problem = certificateProblem(settings);
  if (problem && consul !== undefined) return problem;
  if (problem) say(problem);
  // Once: the gate ends before its programs are others.
  version ??= await promisify(execFile)('/opt/quorumgate/bin/etcd', ['--version'], { timeout: 5000 }).then(
    ({ stdout }) => /etcd Version: (\S+)/.exec(stdout)?.[1] ?? '',
    () => '',
  );
  return unfit(settings, version, consul ?? '');
}
