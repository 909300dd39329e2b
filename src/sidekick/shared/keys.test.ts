import test from 'ava';
import { launchKey, listKey, sortKeys } from './keys.ts';

const L = '00000000000000aa';
const read = (key: string, value: object) => sortKeys('c', [{ key, value: JSON.stringify(value), modified: 1 }]);
const member = { id: L, name: 'h1', peer_urls: ['http://10.0.0.1:2380'], learner: false };

test('a list whose names are no text is garbage', (t) => {
  const list = (name: unknown) => read(listKey('c', L), { cluster_id: L, members: [{ ...member, name }], size: 3 });
  t.is(list('h1').lists.get(L)?.list.members[0]?.name, 'h1');
  for (const name of [null, 1, true]) t.deepEqual([...list(name).garbage.keys()], [listKey('c', L)]);
});

test('a launch whose nonce is no text is spent', (t) => {
  const launch = (nonce: unknown) =>
    read(launchKey('c', L, L), { nonce, log: false }).launches.get(`${L}/${L}`)?.launch;
  t.deepEqual(launch('n1'), { nonce: 'n1', log: false });
  for (const nonce of [null, 1]) t.deepEqual(launch(nonce), { nonce: '', log: true });
});
