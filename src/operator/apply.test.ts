import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import test from 'ava';
import { toOperatorKey } from '../io/operator-key.ts';
import { lineageKey, recordKey } from '../sidekick/shared/keys.ts';
import { assertSigned, planAgain, toPlanFile } from './apply.ts';
import { isProven } from './known.ts';
import type { Situation } from './loss.ts';
import {
  key,
  keysOf,
  LOST,
  livedKeys,
  NOW,
  recordOf,
  replaced,
  settings,
  situation,
  strangersKey,
  wiped,
} from './operator-testing.ts';
import { type PlanFile, readPlan, writePlan } from './plan-file.ts';
import { type Choice, planReset } from './reset.ts';
import { planRestore } from './restore.ts';
import { signing, signPlan } from './sign.ts';

const folder = mkdtempSync(join(tmpdir(), 'quorumgate-plan-'));
test.after.always(() => rmSync(folder, { recursive: true }));
const fileOf = (name: string) => join(folder, name);

const born = recordOf(1, 2, 3);
const choice: Choice = { lost: LOST, lineage: undefined, token: 'token', now: NOW };
const snapshot = { file: 'snap.db', bytes: 1056, sha256: 'ab'.repeat(32) };

function planOf(seen: Situation = situation(), changes: Partial<Choice> = {}): PlanFile {
  const all = { ...choice, ...changes };
  const planned = planReset(seen, settings, all);
  if ('refused' in planned) throw new Error(JSON.stringify(planned.refused));
  return toPlanFile(settings, planned.plan, all);
}

function restorePlan(): PlanFile {
  const planned = planRestore(situation(), settings, { ...choice, snapshot, seed: 'etcd-2' });
  if ('refused' in planned) throw new Error(JSON.stringify(planned.refused));
  return toPlanFile(settings, planned.plan, { ...choice, snapshot, seed: 'etcd-2' });
}

/** Why it is not applied; empty when it is. */
function whyNot(plan: PlanFile, seen: Situation): string {
  const planned = planAgain(settings, plan)(seen);
  return 'refused' in planned ? planned.refused.map(({ about, why }) => `${about}: ${why}`).join('\n') : '';
}

test('a plan goes to a file and back, and says nothing of the key', async (t) => {
  for (const [name, plan] of [
    ['reset', planOf()],
    ['restore', restorePlan()],
  ] as const) {
    const file = fileOf(name);
    await writePlan(file, plan);
    t.is(statSync(file).mode & 0o777, 0o600);
    t.deepEqual(await readPlan(file), plan);
    const signed = signPlan(plan, key, 'key');
    await writePlan(fileOf(`${name}.signed`), signed);
    t.deepEqual(await readPlan(fileOf(`${name}.signed`)), signed);
    t.true(isProven(settings, signed.record));
    await t.throwsAsync(writePlan(file, plan), { message: /is there already, and is not overwritten/ });
  }
});

test('what is no plan is no plan', async (t) => {
  const plan = planOf();
  const bad: [string, unknown, RegExp][] = [
    ['text', 'text', /is no plan: .*JSON/],
    ['null', null, /is no plan/],
    ['more', { ...plan, more: 1 }, /additional properties/],
    ['version', { ...plan, quorumgate: 'plan 2' }, /quorumgate/],
    ['record', { ...plan, record: { ...plan.record, token: 'another' } }, /do not give its cluster ID/],
    ['snapshot', { ...plan, snapshot }, /do not fit each other/],
    ['hash', { ...restorePlan(), snapshot: { ...snapshot, sha256: 'cd'.repeat(32) } }, /do not fit each other/],
  ];
  for (const [name, value, message] of bad) {
    const text = typeof value === 'string' ? value : JSON.stringify(value);
    writeFileSync(fileOf(`bad-${name}`), text);
    await t.throwsAsync(readPlan(fileOf(`bad-${name}`)), { message });
  }
  writeFileSync(fileOf('large'), `"${'x'.repeat(2 ** 20)}"`);
  await t.throwsAsync(readPlan(fileOf('large')), { message: /too large/ });
});

test('signing shows what it signs by the record itself, whatever the plan says of itself', (t) => {
  const lines = signing({ ...restorePlan(), lines: ['harmless\n\u001b[2J'] });
  const text = lines.join('\n');
  for (const part of ['signs a restore of mycluster', born.cluster_id, `${NOW}`, 'etcd-2', 'new-2', snapshot.sha256]) {
    t.true(text.includes(part), part);
  }
  t.is(lines.at(-1), 'harmless\\n\\x1b[2J');
  t.true(
    signing(planOf(situation({ hosts: [wiped(1), wiped(2), wiped(4)] }), {}))
      .join()
      .includes('etcd-3'),
  );
});

test('a key that hosts do not believe does not sign', (t) => {
  t.throws(() => signPlan(planOf(), strangersKey, 'file'), { message: /^file is not a key of the spec/ });
  t.throws(() => signPlan(signPlan(planOf(), key, 'key'), key, 'key'), { message: /signed already/ });
});

test('what is applied has to be signed, by a key of the spec, for this cluster and command', (t) => {
  const plan = planOf();
  const signed = signPlan(plan, key, 'key');
  t.notThrows(() => assertSigned(settings, signed, 'reset', 'file'));
  const forged = { ...plan, record: { ...plan.record, proof: replaced(born).proof ?? '' } };
  const changed = { ...signed, record: { ...signed.record, generation: NOW + 1 } };
  const byStranger = signPlan({ ...plan, operatorKeys: [strangersKey.publicHalf] }, strangersKey, 'key');
  for (const [one, message] of [
    [plan, /is not signed/],
    [forged, /none of the spec's keys has signed/],
    [changed, /none of the spec's keys has signed/],
    [byStranger, /none of the spec's keys has signed/],
    [{ ...signed, cluster: 'other' }, /is a plan for other, the spec is of mycluster/],
  ] as const) {
    t.throws(() => assertSigned(settings, one, 'reset', 'file'), { message });
  }
  t.throws(() => assertSigned(settings, signed, 'restore', 'file'), { message: /is the plan of a reset/ });
});

test('a key that was rotated out signs nothing any more', (t) => {
  const after = { ...settings, operatorKeys: [strangersKey.publicHalf] };
  const signed = signPlan(planOf(), key, 'key');
  t.throws(() => assertSigned(after, signed, 'reset', 'file'), { message: /none of the spec's keys/ });
  const between = { ...settings, operatorKeys: [strangersKey.publicHalf, key.publicHalf] };
  t.notThrows(() => assertSigned(between, signed, 'reset', 'file'));
});

test('what was signed is applied while nothing has changed', (t) => {
  for (const plan of [planOf(), restorePlan()]) {
    const planned = planAgain(settings, plan)(situation());
    if ('refused' in planned) return t.fail(JSON.stringify(planned.refused));
    t.deepEqual(planned.plan.record, plan.record);
    t.deepEqual(planned.plan.replaces, plan.replaces);
    // Hours later as well.
    t.is(whyNot(plan, situation({ now: NOW + 9000 })), '');
  }
});

test('it is stale when anything has', (t) => {
  const plan = planOf();
  const lived = livedKeys(born);
  const own = lineageKey('mycluster', born.cluster_id);
  const moved = situation({ keys: keysOf({ first: '', ...lived }) });
  t.regex(whyNot(plan, moved), /the plan is stale: .*record was the version 18, and is 19 now/);
  const other = situation({ hosts: [wiped(1), wiped(2), wiped(3, { meta: { incarnation: 'newer-3' } })] });
  t.regex(whyNot(plan, other), /stale: what would be planned now is another record/);
  const data = situation({ hosts: [wiped(1), wiped(2), wiped(3, { meta: { state: 'member' } })] });
  t.regex(whyNot(plan, data), /^etcd-3: it has data/);
  const later = replaced(born, { generation: NOW + 5 });
  const since = situation({ keys: keysOf({ ...lived, [own]: JSON.stringify(later) }) });
  t.not(whyNot(plan, since), '');
  const { [recordKey('mycluster')]: _, ...without } = lived;
  t.regex(whyNot(plan, situation({ keys: keysOf(without) })), /stale/);
});

test('a signature is not applied twice', (t) => {
  const signed = signPlan(planOf(), key, 'key');
  const own = lineageKey('mycluster', born.cluster_id);
  const keys = keysOf({ ...livedKeys(born), [own]: JSON.stringify(signed.record) });
  t.is(whyNot(signed, situation({ keys })), 'mycluster: the plan has been applied already');
});

test('what is played again never outranks what was born or decided after it', (t) => {
  const signed = signPlan(planOf(), key, 'key');
  const reborn = { ...recordOf(1, 2, 3), generation: NOW + 60 };
  const seen = situation({ keys: keysOf(livedKeys(reborn)), now: NOW + 90 });
  t.regex(whyNot(signed, seen), /stale: what would be planned now is another record/);
});

test('no private half is in a file, a line, or what is printed of a key', async (t) => {
  const { privateKey } = generateKeyPairSync('ed25519');
  const own = toOperatorKey(privateKey);
  const { d = '' } = privateKey.export({ format: 'jwk' });
  t.is(d.length, 43);
  const plan = { ...planOf(), operatorKeys: [own.publicHalf] };
  await writePlan(fileOf('quiet'), signPlan(plan, own, 'key'));
  const error = t.throws(() => signPlan(planOf(), own, 'key'));
  const all = [
    readFileSync(fileOf('quiet'), 'utf8'),
    ...signing(plan),
    JSON.stringify(own),
    inspect(own),
    error?.message,
  ];
  t.false(all.join('\n').includes(d));
});
