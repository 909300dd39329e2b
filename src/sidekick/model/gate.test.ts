import test from 'ava';
import { findStory } from './check.ts';
import { heal } from './heal.ts';
import { needed } from './needed.ts';
import { type EventName, play } from './play.ts';
import { RULES } from './rules.ts';
import { makeWorld } from './world.ts';

// What surrounds decide(), and what it takes for granted.

test(
  'quarantine: etcd is stopped in a cluster that was not the predicted one',
  needed,
  { quarantine: false },
  /runs in/,
);
test(
  'identity: made anew, it never was there before',
  needed,
  { freshCopies: false },
  /second time|no quorum runs|is dead/,
);
test('place: taken over only while it is free', needed, { keepsRoom: false }, /\d members where \d are wanted/);

test('lock: safety does not rest on it', (t) => {
  t.timeout(120_000);
  t.is(findStory(2000, { ...RULES, lock: false }), undefined);
});

// What follows has too many steps to be met by chance.

// Two spares for one place: both have looked before either acts.
const rivalry: [EventName, number][] = [
  ['settle', 0],
  ['spare', 0],
  ['spare', 0],
  ['retire', 0],
  ['gather', 0],
  ['look', 3],
  ['act', 3],
  ['look', 4],
  ['act', 4],
  ['act', 3],
  ['step', 3],
  ['verify', 3],
  ['act', 4],
];
for (const lock of [true, false]) {
  test(`lock: ${lock ? 'as many members as wanted' : 'without it there could be more'}`, (t) => {
    const world = makeWorld(3, 'committed');
    const rules = { ...RULES, lock };
    for (const [name, host] of rivalry) play(world, { name, host }, rules);
    t.is(heal(world, rules), lock ? undefined : '4 members where 3 are wanted');
  });
}

const absence: [EventName, number][] = [
  ['settle', 0],
  ['spare', 0],
  ['gather', 0],
  ['crash-noticed', 0],
  ['step', 3],
  ['gather', 0],
  ['step', 0],
  ['hours', 0],
  ['crash-noticed', 0],
  ['step', 3],
];
for (const steadyWatch of [true, false]) {
  test(`dead: who was there meanwhile ${steadyWatch ? 'is not' : 'would be, without a steady watch'}`, (t) => {
    const world = makeWorld(3, 'committed');
    for (const [name, host] of absence) play(world, { name, host }, { ...RULES, steadyWatch });
    t.is(world.violation, steadyWatch ? undefined : 'h4 removed http://h1:2380, which was there a moment ago');
  });
}
