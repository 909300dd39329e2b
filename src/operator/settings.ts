import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { toIoError } from '../io/io-error.ts';
import { clusterEnvironment } from '../plan/environment.ts';
import { readSettings, type Settings, type TlsFiles } from '../sidekick/shared/settings.ts';
import type { Spec } from '../spec/defaults.ts';
import { OperatorError } from './operator-error.ts';

/**
 * The cluster's settings as its hosts have them, so that URLs, tags and keys are theirs to the letter. This machine is
 * no member: `name` and `address` are empty in all but form, and TLS files are the operator's own.
 *
 * @param files paths of what to show etcd as a client; needed for calls of etcd alone, and only where the spec has TLS
 */
export function settingsOf(spec: Spec, files?: TlsFiles): Settings {
  const lines = clusterEnvironment(spec, 'etcd').split('\n');
  const env = Object.fromEntries(lines.map((line) => [line.split('=', 1)[0], line.slice(line.indexOf('=') + 1)]));
  const settings = readSettings({ ...env, QG_NAME: 'operator', QG_ADDRESS: '0.0.0.0' });
  const tls = settings.scheme === 'https' ? files : undefined;
  return { ...settings, tls, clientTls: tls };
}

/**
 * The three files with which etcd is reached under TLS; undefined where the spec has none.
 *
 * @throws OperatorError when one is not named; IoError when one cannot be read
 */
export async function clientFiles(
  { tls }: Spec,
  { cert, key, ca }: { [name in keyof TlsFiles]?: string | undefined },
): Promise<TlsFiles | undefined> {
  if (tls === 'off') return undefined;
  if (!cert || !key || !ca) {
    throw new OperatorError(
      'this cluster speaks TLS, and no client certificate was given',
      'Give --cert, --key and --cacert, or set ETCDCTL_CERT, ETCDCTL_KEY and ETCDCTL_CACERT.',
    );
  }
  for (const file of [cert, key, ca]) {
    await access(file, constants.R_OK).catch((error: unknown) => {
      throw toIoError(error, `Cannot read ${file}`);
    });
  }
  return { cert, key, ca };
}
