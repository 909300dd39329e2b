import test from 'ava';
import type { Settings } from '../sidekick/shared/settings.ts';
import { serve, settings } from './operator-testing.ts';

let answer: unknown[] = [];
const asked: string[] = [];
const agent = await serve((url) => {
  asked.push(url);
  return answer;
});
test.after.always(() => agent.close());
process.env.CONSUL_HTTP_ADDR = `127.0.0.1:${agent.port}`;
// The module reads the variable when it is loaded.
const clients = import('./clients.ts');
const readClients = async (given: Settings) => (await clients).readClients(given);

const entry = (n: number, cid = 'a', address = `10.0.0.${n}`) => ({
  Node: { Node: `etcd-${n}`, Address: `10.0.0.${n}` },
  Service: { Address: address, Meta: { cid } },
});

test.serial('gives the addresses of the members that pass', async (t) => {
  answer = [entry(2), entry(1), entry(3, 'a', '')];
  t.deepEqual(await readClients(settings), ['10.0.0.2', '10.0.0.1', '10.0.0.3']);
  t.regex(asked.at(-1) ?? '', /\/etcd3\?consistent&passing&tag=_etcd-client\._tcp\.mycluster$/);
});

test.serial('asks for the tag of the scheme', async (t) => {
  answer = [entry(2), entry(1), entry(3)];
  await readClients({ ...settings, scheme: 'https' });
  t.regex(asked.at(-1) ?? '', /tag=_etcd-client-ssl\._tcp\.mycluster$/);
});

test.serial('refuses fewer than all members, and two records of one address', async (t) => {
  answer = [entry(3), entry(1)];
  await t.throwsAsync(readClients(settings), { message: /names 2 members .* says 3: etcd-1, etcd-3/ });
  answer = [];
  await t.throwsAsync(readClients(settings), { message: /says 3: none/ });
  answer = [entry(1), entry(2), entry(2)];
  await t.throwsAsync(readClients(settings), { message: /names 2 members/ });
});

test.serial('refuses members of two clusters', async (t) => {
  answer = [entry(1), entry(2), entry(3, 'b')];
  await t.throwsAsync(readClients(settings), { message: /several clusters for mycluster: a and b/ });
});
