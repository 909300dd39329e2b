import test from 'ava';
import { serve } from '../operator-testing.ts';
import { probePort } from './probe.ts';

test('who listens answers, whatever it speaks; afterwards the port is closed', async (t) => {
  const { port, close } = await serve(() => undefined);
  t.is(await probePort('127.0.0.1', port), 'answers');
  close();
  t.is(await probePort('127.0.0.1', port), 'closed');
});

test('what cannot be reached does not say', async (t) => {
  t.is(await probePort('nowhere.invalid', 2380, 5000), 'silent');
});
