import test from 'ava';
import type { Ports } from '../shared/ports.ts';
import type { Settings } from '../shared/settings.ts';
import { given } from './decide-testing.ts';
import { Joining } from './membership.ts';
import type { Look } from './observe.ts';

test('a member whose launch is spent is given up for another, and the next one not before a minute is over', async (t) => {
  let now = 1000;
  let added = 0;
  const nobody = () => Promise.reject(Object.assign(new Error('nobody'), { code: 'ECONNREFUSED' }));
  const ports = {
    consul: { acquire: () => Promise.resolve('session') },
    etcd: { add: () => Promise.resolve(String(++added)), remove: () => Promise.resolve(), list: nobody, peer: nobody },
    clock: { now: () => now },
    say: () => {},
  } as unknown as Ports;
  const joining = new Joining({ replaceDeadAfter: 60 } as Settings, ports);
  const seen = { ...given({}), indexes: { keys: '1', candidates: '1' } } as Look;
  const addedBy = async () => (await joining.look(seen)).attempt.added;
  const add = { do: 'add', via: 'http://10.0.0.2:2380' } as const;

  await joining.change(add, seen);
  t.is(await addedBy(), '1');
  joining.disown();
  t.is(await addedBy(), undefined);

  await joining.change({ do: 'remove', memberId: '1', via: add.via, why: '', isOwn: false, members: 3 }, seen);
  await joining.change(add, seen);
  now += 59_000;
  joining.disown();
  t.is(await addedBy(), '2');
  now += 2000;
  joining.disown();
  t.is(await addedBy(), undefined);
});
