import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import test from 'ava';

const root = fileURLToPath(new URL('../..', import.meta.url));
const HEADINGS = ['What it makes', 'How to hand it over', 'Limits', 'What differs', 'Troubleshooting'];

/** The whole of a target: JSON, for a boot system that takes files and the names of units to enable. */
const FOLDER = {
  'emit.ts': `import type { Target } from '../target.ts';
import { plannedTree } from '../host-tree.ts';

export const plainJson: Target = {
  name: 'plain-json',
  check: ({ tls }) => (tls === 'off' ? [] : [{ code: 'target-without-containers', pointer: '/tls', message: 'no TLS here' }]),
  emit: (plans) => ({ documents: plans.map((plan) => {
    const { files, enabled } = plannedTree(plan);
    const entries = [...files].map(([path, { mode, bytes }]) => ({ path, mode, base64: Buffer.from(bytes ?? []).toString('base64') }));
    const bytes = new TextEncoder().encode(JSON.stringify({ entries, enabled }));
    const limit = { bytes: Infinity, counted: 'raw', place: 'nowhere', source: 'none', date: '2026-11-25' } as const;
    return { role: plan.role, files: [{ path: \`plain-json/\${plan.role}.json\`, bytes }], size: bytes.length, limit, parts: [] };
  }) }),
};
`,
  'interpret.ts': `import type { HostTree } from '../host-tree.ts';
import type { OutputFile } from '../target.ts';

export function interpretPlainJson(outputs: readonly OutputFile[]): Map<string, HostTree> {
  return new Map(outputs.map(({ path, bytes }) => {
    const { entries, enabled } = JSON.parse(new TextDecoder().decode(bytes));
    const files = entries.map((one: { path: string; mode: number; base64: string }) =>
      [one.path, { mode: one.mode, owner: 'root', bytes: new Uint8Array(Buffer.from(one.base64, 'base64')) }] as const);
    return [path.replace(/^.*\\/|\\.json$/g, ''), { files: new Map(files), enabled }];
  }));
}
`,
  'README.md': `# plain-json\n\n${HEADINGS.map((heading) => `## ${heading}\n`).join('\n')}`,
};

const spec = (more: string) => `version: 1
cluster: {name: mycluster, size: 3}
targets: [plain-json]
address: {cidr: 10.0.0.0/24}
consul: {servers: existing, join: [10.0.0.5]}
etcd: {version: 3.5.16}
${more}
`;

test('a new target is one folder and one entry in the list: it compiles, checks, and is held to the plan', async (t) => {
  t.timeout(600_000);
  const copy = mkdtempSync(join(tmpdir(), 'quorumgate-target-'));
  t.teardown(() => rmSync(copy, { recursive: true }));
  for (const name of ['src', 'units', 'templates', 'dist/sidekick', 'package.json', 'tsconfig.json']) {
    cpSync(join(root, name), join(copy, name), { recursive: true });
  }
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
  mkdirSync(join(copy, 'src/target/plain-json'));
  for (const [name, text] of Object.entries(FOLDER)) writeFileSync(join(copy, 'src/target/plain-json', name), text);
  const list = join(copy, 'src/target/index.ts');
  const before = readFileSync(list, 'utf8');
  const after = before.replace('[aws,', '[plainJson, aws,');
  t.not(after, before);
  writeFileSync(list, `import { plainJson } from './plain-json/emit.ts';\n${after}`);

  const run = (...args: string[]) => {
    const env = { ...process.env, FORCE_COLOR: '0' };
    const done = promisify(execFile)(process.execPath, args, { cwd: copy, env });
    return done
      .then(({ stdout }) => ({ code: 0, said: stdout }))
      .catch(({ code, stdout, stderr }) => ({ code, said: stdout + stderr }));
  };
  writeFileSync(join(copy, 'good.yaml'), spec('tls: off'));
  const compiled = await run('--import=tsx', 'src/cli/main.ts', 'compile', 'good.yaml');
  t.regex(compiled.said, /^out\/plain-json\/etcd\.json$/m);
  const pair = (name: string) =>
    `{cert: /etc/etcd/${name}.crt, key: /etc/etcd/${name}.key, ca: /etc/etcd/${name}-ca.crt}`;
  writeFileSync(join(copy, 'bad.yaml'), spec(`tls: {peer: ${pair('a')}, client: ${pair('b')}}`));
  const refused = await run('--import=tsx', 'src/cli/main.ts', 'compile', 'bad.yaml');
  t.is(refused.code, 1);
  t.regex(refused.said, /bad\.yaml:7:\d+.*no TLS here/s);

  const tests = ['src/target/equivalence.test.ts', 'src/target/readme.test.ts'];
  const held = await run('node_modules/ava/entrypoints/cli.mjs', ...tests);
  t.is(held.code, 0, held.said);
  t.regex(held.said, /plain-json: the README/);
});
