import { readFileSync } from 'node:fs';
import test from 'ava';
import { targets } from './index.ts';

const HEADINGS = ['What it makes', 'How to hand it over', 'Limits', 'What differs', 'Troubleshooting'];

for (const name of new Set(targets.map(({ name: own, family = own }) => family))) {
  test(`${name}: the README has the headings of every target, in their order`, (t) => {
    const readme = readFileSync(new URL(`${name}/README.md`, import.meta.url), 'utf8');
    t.is(readme.split('\n')[0], `# ${name}`);
    t.deepEqual(
      [...readme.matchAll(/^## (.*)$/gm)].map(([, heading]) => heading),
      HEADINGS,
    );
  });
}
