import { ask } from './http.ts';
import type { Settings } from './settings.ts';

/**
 * The ID, 16 hex digits, of the cluster whose member listens for peers at this address; rejects when none answers.
 * Peers are told it with every answer, whatever the answer is.
 */
export async function clusterIdAt(settings: Settings, address: string, port: number, timeout: number): Promise<string> {
  const reply = await ask(`${settings.scheme}://${address}:${port}/members`, { timeout, tls: settings.tls });
  const id = reply.headers['x-etcd-cluster-id'];
  if (typeof id !== 'string' || !/^[0-9a-f]{1,16}$/.test(id)) throw new Error(`no etcd at ${address}:${port}`);
  return id.padStart(16, '0');
}
