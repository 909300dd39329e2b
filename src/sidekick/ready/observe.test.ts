import test from 'ava';
import type { Identity } from '../shared/identity.ts';
import { lineageKey, recordKey } from '../shared/keys.ts';
import { ConsulError, type Entry, type Ports } from '../shared/ports.ts';
import { makeRecord } from '../shared/record.ts';
import type { Settings } from '../shared/settings.ts';
import { members, record } from './decide-testing.ts';
import { signedOf } from './observe.ts';
import { RULES } from './rules.ts';

const signed = (token: string, generation: number) => ({
  ...makeRecord(members, token, generation),
  lineage: record.cluster_id,
  proof: 'x'.repeat(86),
});
const settings = { cluster: 'c', operatorKeys: [] } as unknown as Settings;
const rules = { ...RULES, isSigned: (_: string, proof: string | undefined) => proof !== undefined };

/** The latest by a disk that keeps one, where Consul has these or cannot be read. */
function latest(
  replaced: Identity['replaced'],
  there: Record<string, object> | undefined,
  heeds = rules,
  isForgotten = false,
) {
  const asked: string[] = [];
  const entries = (keys: readonly string[]) => {
    asked.push(...keys);
    if (there === undefined) return Promise.reject(new ConsulError('it does not answer'));
    const found = keys.flatMap((key): Entry[] =>
      there[key] === undefined ? [] : [{ key, value: JSON.stringify(there[key]), modified: 1 }],
    );
    return Promise.resolve(found);
  };
  const identity: Identity = {
    incarnation: 'i1',
    machineId: 'm',
    phase: 'launched',
    ...(!isForgotten && { record }),
    ...(replaced && { replaced }),
  };
  return signedOf(settings, { consul: { entries } } as unknown as Ports, identity, heeds).then((one) => ({
    token: one?.token,
    asked,
  }));
}

test('a disk that has lost its record looks nowhere: it could not tell whether that was signed before', async (t) => {
  const { token, asked } = await latest(undefined, { [recordKey('c')]: signed('old', 500) }, rules, true);
  t.deepEqual([token, asked], [undefined, []]);
});

const own = lineageKey('c', record.cluster_id);

test('what an operator has signed is looked for by name, and in what the disk keeps', async (t) => {
  t.deepEqual(await latest(undefined, {}), { token: undefined, asked: [recordKey('c'), own] });
  t.is((await latest(undefined, { [own]: signed('here', 2000) })).token, 'here');
  t.is((await latest(signed('kept', 2000), undefined)).token, 'kept', 'Consul cannot be read');
  t.is((await latest(signed('kept', 2000), { [own]: signed('here', 3000) })).token, 'here');
  t.is((await latest(signed('kept', 3000), { [own]: signed('here', 2000) })).token, 'kept');
});

test('what nobody has signed is nothing, wherever it stands', async (t) => {
  const nobody = { ...rules, isSigned: (_: string, proof: string | undefined): proof is string => proof === '' };
  t.is((await latest(signed('kept', 2000), { [own]: signed('here', 2000) }, nobody)).token, undefined);
});
