import test from 'ava';
import { runFor } from './command.ts';

const host = { name: 'etcd-1', address: '10.0.0.1' };
const run = (text: string, seconds = 20) => runFor(text, seconds, host, () => {});

test('a command knows its host; one that fails, is killed or hangs is told from the others', async (t) => {
  await t.notThrowsAsync(run('[ "$QG_NAME $QG_ADDRESS" = "etcd-1 10.0.0.1" ]'));
  await t.throwsAsync(run('exit 7'), { message: /--run ended with 7$/ });
  await t.throwsAsync(run('kill -9 $$'), { message: /--run ended with SIGKILL$/ });
  await t.throwsAsync(run('exec sleep 60', 0.2), { message: /was ended after 0.2 s \(--run-timeout\)/ });
});
