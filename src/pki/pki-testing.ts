import { execFileSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { readSpec } from '../spec/read.ts';
import { fresh, type Order, place } from './authority.ts';
import { ordersFor } from './names.ts';
import { AUTHORITIES, type AuthorityName, type State } from './state.ts';
import { Store } from './store.ts';

export const now = new Date();
export const later = (days: number) => new Date(now.getTime() + days * 86_400_000);
const { spec } = readSpec(readFileSync('examples/tls.yaml', 'utf8'), 'tls.yaml', ['aws']);
if (spec === undefined) throw new Error('examples/tls.yaml is no spec');
const filled = spec;
const member = { name: 'etcd-1', addresses: ['127.0.0.5'] };
const wanted = {
  members: [member, { name: 'etcd-2', addresses: ['10.0.0.2', 'fd00::2'] }],
  consulServers: [],
  clients: ['ops'],
};

export const openssl = (cwd: string, ...args: string[]) =>
  execFileSync('openssl', args, { cwd, stdio: 'pipe' }).toString();

export function scratch(t: ExecutionContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'quorumgate-pki-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A directory as `pki init` makes it. */
export async function made(
  t: ExecutionContext,
  change: Partial<Record<AuthorityName, Partial<State>>> = {},
): Promise<string> {
  const folder = join(scratch(t), 'pki');
  const states = new Map<AuthorityName, State>();
  for (const name of AUTHORITIES) {
    const current = await fresh('mycluster', name, 3650, now);
    states.set(name, { version: 1, title: 'mycluster', current, issued: [], revoked: [], ...change[name] });
  }
  await Store.make(folder, states);
  return folder;
}

export const within = <T>(folder: string, work: (store: Store) => Promise<T>) => Store.use(folder, work);

/** Everything issued that the example wants. */
export async function issued(t: ExecutionContext, days = 90): Promise<string> {
  const folder = await made(t);
  await within(folder, async (store) => {
    for (const order of ordersFor(filled, wanted, days)) await place(store, order, now);
  });
  return folder;
}

export const file = (folder: string, name: string) => readFileSync(join(folder, name), 'utf8');
export const certificate = (folder: string, name: string) => new X509Certificate(file(folder, name));

/** The example's first order: the certificate for peers of `etcd-1`. */
export function firstOrder(days: number): Order {
  const [order] = ordersFor(filled, wanted, days);
  if (order === undefined) throw new Error('nothing is wanted');
  return order;
}
