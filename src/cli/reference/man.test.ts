import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { leavesOf, pathOf } from '../describe.ts';
import { wholeProgram } from './commands.ts';
import { manPage } from './man.ts';

const page = await manPage();
const hasGroff = spawnSync('groff', ['--version']).status === 0;

test('the build has made the man page, of every command that is shown', async (t) => {
  t.is(readFileSync(fileURLToPath(new URL('../../../dist/man/quorumgate.1', import.meta.url)), 'utf8'), page);
  const whole = await wholeProgram();
  for (const command of leavesOf(whole)) {
    const isThere = page.includes(`\n.SS quorumgate ${pathOf(command).replaceAll('-', '\\-')}\n`);
    t.is(isThere, pathOf(command) !== 'lab serve', pathOf(command));
  }
});

(hasGroff ? test : test.skip)('groff has nothing to say about it, and shows it word for word', (t) => {
  const { stdout, stderr, status } = spawnSync('groff', ['-man', '-Tascii', '-P-cbou', '-ww', '-rLL=100n'], {
    input: page,
    encoding: 'utf8',
  });
  t.is(status, 0);
  t.is(stderr, '');
  t.true(stdout.includes('$ quorumgate compile cluster.yaml --target aws --role etcd -o -'), stdout.slice(0, 3000));
});
