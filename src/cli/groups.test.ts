import test from 'ava';
import { Command } from 'commander';
import { asked, groups, groupsFor } from './groups.ts';

for (const { commands, load } of groups) {
  test(`the commands of one group: ${commands.join(', ')}`, async (t) => {
    const program = new Command();
    (await load())(program);
    t.deepEqual(program.commands.map((command) => command.name()).sort(), [...commands].sort());
  });
}

test('a command loads its group, the version none, and all else every one', (t) => {
  const names = (...words: string[]) => groupsFor(words).map(({ commands }) => commands[0]);
  t.deepEqual(names('check', 'cluster.yaml'), ['compile']);
  t.deepEqual(names('--version'), []);
  for (const words of [[], ['--help'], ['help', 'check'], ['chek', 'x'], ['--format', 'check']]) {
    t.is(names(...words).length, groups.length, words.join(' '));
  }
});

test('words that others have are taken', (t) => {
  t.deepEqual(asked(['help', 'lab', 'up']), ['lab', 'up', '--help']);
  t.deepEqual(asked(['-v']), ['--version']);
  for (const words of [[], ['help'], ['lab', 'help', 'up'], ['check', '-v']]) t.deepEqual(asked(words), words);
});
