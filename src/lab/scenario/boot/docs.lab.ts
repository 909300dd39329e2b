import { readFileSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { finish } from '../../machine/command.ts';
import { labOptions, labTest } from '../lab-testing.ts';

const root = fileURLToPath(new URL('../../../../', import.meta.url));

/** A document's commands that boot hosts or look at them, in its order. */
function commandsOf(name: string): string[][] {
  const blocks = [...readFileSync(`${root}${name}`, 'utf8').matchAll(/```console\n([\s\S]*?)```/g)];
  const lines = blocks.flatMap(([, block = '']) => block.split('\n'));
  return lines.filter((line) => line.startsWith('$ quorumgate lab ')).map((line) => line.split(' ').slice(2));
}

for (const name of ['README.md', 'docs/lab.md']) {
  labTest(`every lab command of ${name} works`, async (t) => {
    t.timeout(600_000);
    const { directory } = await labOptions({});
    const run = (args: string[]) =>
      finish(process.execPath, ['dist/cli/index.mjs', ...args], {
        cwd: root,
        env: { QUORUMGATE_LAB_DIR: directory },
      });
    try {
      const commands = commandsOf(name);
      t.true(commands.length >= 5);
      for (const args of commands) {
        const { exitCode, stdout, stderr } = await run(args);
        t.is(exitCode, 0, `${args.join(' ')}: ${stdout}${stderr}`);
      }
    } finally {
      await run(['lab', 'down']);
      rmSync(directory, { recursive: true, force: true });
    }
  });
}
