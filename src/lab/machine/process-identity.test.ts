import { spawn } from 'node:child_process';
import { once } from 'node:events';
import test from 'ava';
import { childrenOf, identify, isAlive, parseStat } from './process-identity.ts';

test('a name with spaces and parentheses does not shift the fields', (t) => {
  const stat = '42 (a) b (c) S 1 42 42 0 -1 4194304 1 0 0 0 0 0 0 0 20 0 1 0 987654 1000 1';
  t.deepEqual(parseStat(stat), { state: 'S', start: '987654' });
});

test('a process is itself, a later one with its number is not', (t) => {
  const self = identify(process.pid);
  t.true(isAlive(self));
  t.false(isAlive(self && { ...self, start: '1' }));
  t.false(isAlive(self && { ...self, boot: 'another' }));
  t.false(isAlive(undefined));
});

test('one that ended is not alive, not even before its parent has noticed', async (t) => {
  const child = spawn('sleep', ['60'], { stdio: 'ignore' });
  const identity = identify(child.pid ?? 0);
  t.true(isAlive(identity));
  t.true(childrenOf(process.pid).includes(child.pid ?? 0));
  child.kill('SIGKILL');
  await once(child, 'exit');
  t.false(isAlive(identity));
  t.deepEqual(childrenOf(child.pid ?? 0), []);
});
