// `npm run regenerate`: makes everything again that is made from sources and committed. Read the diff.
import { spawnSync } from 'node:child_process';
import { realpathSync } from 'node:fs';
import path from 'node:path';

const root = path.join(import.meta.dirname, '..');

/** In the order in which one needs the other: documents show what the commands in dist/ print. */
export const steps = [
  { makes: 'dist/', args: ['build.mjs'] },
  {
    makes: 'docs/boot-order.svg, docs/cli.md, and the tables of docs/architecture.md and docs/lab.md',
    args: ['--import=tsx', '.ci/docs.ts'],
  },
  { makes: 'docs/spec.md', tests: ['src/spec/reference.test.ts'] },
  { makes: 'golden files', tests: ['src/target/*/emit.test.ts', 'src/kubernetes/emit.test.ts'] },
  { makes: "docs/safety.md's table", tests: ['src/sidekick/check/cases.test.ts', '--match', 'docs/safety.md *'] },
  { makes: "docs/security.md's table", tests: ['src/security.test.ts', '--match', 'each unit is in a sandbox*'] },
  { makes: 'what documents show of commands', tests: ['src/docs.test.ts'] },
];

function regenerate() {
  for (const { makes, args = [], tests } of steps) {
    console.log(`regenerate: ${makes}`);
    // A test that fails for another reason is told, and does not keep the rest from being written.
    const command = tests === undefined ? args : ['node_modules/ava/entrypoints/cli.mjs', '--tap', ...tests];
    const { status, stdout } = spawnSync(process.execPath, command, {
      cwd: root,
      encoding: 'utf8',
      env: { ...process.env, UPDATE: '1' },
      stdio: ['ignore', 'pipe', 'inherit'],
      maxBuffer: 2 ** 28,
    });
    for (const line of stdout.split('\n')) if (line.startsWith('not ok ')) console.log(line);
    if (status !== 0) process.exitCode = 1;
  }
}

if (realpathSync(process.argv[1] ?? '') === import.meta.filename) regenerate();
