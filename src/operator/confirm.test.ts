import { PassThrough } from 'node:stream';
import test from 'ava';
import { confirmByName, NobodyToAsk } from './confirm.ts';

/** Types `text` into a terminal, or, when it is undefined, closes it. */
function ask(text: string | undefined, isTTY = true): Promise<void> {
  const input = Object.assign(new PassThrough(), { isTTY }) as unknown as NodeJS.ReadStream & PassThrough;
  const answer = confirmByName('mycluster', input, new PassThrough());
  if (text === undefined) input.end();
  else input.write(text);
  return answer;
}

test("the cluster's name is a yes", async (t) => {
  await t.notThrowsAsync(ask('mycluster\n'));
  await t.notThrowsAsync(ask(' mycluster \n'));
});

for (const text of ['yes\n', '\n', 'MYCLUSTER\n', undefined]) {
  test(`no: ${JSON.stringify(text)}`, async (t) => {
    await t.throwsAsync(ask(text), { message: /not confirmed; nothing was changed/ });
  });
}

test('without a terminal nobody is asked', async (t) => {
  await t.throwsAsync(ask('mycluster\n', false), { instanceOf: NobodyToAsk, message: /--yes/ });
});
