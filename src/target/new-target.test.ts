import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import test from 'ava';

const root = fileURLToPath(new URL('../..', import.meta.url));
const HEADINGS = ['What it makes', 'How to hand it over', 'Limits', 'What differs', 'Troubleshooting'];

/**
 * The whole of a target, of the hard kind: JSON, for a boot system that takes files and the names of units to enable, in the first of three
 * forms that fits a platform, with a file that is there once, and something that it cannot do.
 */
const FOLDER = {
  'emit.ts': `import { gzip } from '../../format/gzip.ts';
import type { Plan } from '../../plan/plan.ts';
import type { Spec } from '../../spec/defaults.ts';
import { anyExtra } from '../extra.ts';
import { type Form, firstThatFits } from '../form.ts';
import { plannedTree } from '../host-tree.ts';
import { PLATFORMS } from '../limits.ts';
import type { Emitted, Target } from '../target.ts';
import { uploadTo } from '../upload.ts';
import { interpret } from './interpret.ts';

const encode = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));

function document(plan: Plan, { platform, baseUrl }: Spec['documents']): Emitted {
  const folder = \`plain-json/\${plan.role}\`;
  const { files, enabled } = plannedTree(plan);
  const entries = [...files].map(([path, { mode, bytes }]) => ({ path, mode, base64: Buffer.from(bytes ?? []).toString('base64') }));
  const whole = encode({ entries, enabled });
  const as = (bytes: Uint8Array) => ({ path: \`\${folder}/document\`, bytes });
  const parts = () => entries.map(({ path, base64 }) => ({ name: path, bytes: base64.length, pointer: '' })).sort((a, b) => b.bytes - a.bytes);
  const byUrl = (url: string): Form => ({ name: 'by URL', write: () => {
    const upload = uploadTo(url, folder, 'json', whole);
    return { files: [as(encode({ url: upload.url, sha256: upload.sha256 })), upload.file], uploads: [upload], parts: () => [] };
  } });
  return firstThatFits(plan.role, PLATFORMS[platform], [
    { name: 'inline', write: () => ({ files: [as(whole)], parts }) },
    { name: 'gzip', write: () => ({ files: [as(gzip(whole))], parts }) },
    ...(baseUrl === undefined ? [] : [byUrl(baseUrl)]),
  ]);
}

export const plainJson: Target = {
  name: 'plain-json',
  check: (spec) => [
    ...anyExtra(spec, 'plain-json', 'it takes files alone'),
    ...(spec.tls === 'off' ? [] : [{ code: 'target-without-containers' as const, pointer: '/tls', message: 'no TLS here' }]),
  ],
  emit: (plans, _, { documents }) => ({
    documents: plans.map((plan) => document(plan, documents)),
    shared: [{ path: 'plain-json/roles', bytes: encode(plans.map(({ role }) => role)) }],
    notes: ['plain-json: say hello'],
  }),
  interpret,
};
`,
  'interpret.ts': `import { ungzip } from 'pako';
import type { HostTree } from '../host-tree.ts';
import type { OutputFile } from '../target.ts';
import { fetchUpload } from '../upload.ts';

const decode = (bytes: Uint8Array) => JSON.parse(new TextDecoder().decode(bytes));

export function interpret(outputs: readonly OutputFile[]): Map<string, HostTree> {
  const roles: string[] = decode(outputs.find(({ path }) => path === 'plain-json/roles')?.bytes ?? new Uint8Array());
  return new Map(roles.map((role) => {
    const bytes = outputs.find(({ path }) => path === \`plain-json/\${role}/document\`)?.bytes ?? new Uint8Array();
    const read = decode(bytes[0] === 0x1f ? ungzip(bytes) : bytes);
    const { entries, enabled } = read.url === undefined ? read : decode(fetchUpload(outputs, read.url, read.sha256));
    const files = entries.map((one: { path: string; mode: number; base64: string }) =>
      [one.path, { mode: one.mode, owner: 'root', bytes: new Uint8Array(Buffer.from(one.base64, 'base64')) }] as const);
    return [role, { files: new Map(files), enabled }];
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
etcd: {version: 3.7.3}
${more}
`;

test('a new target with forms is one folder and one entry in the list: it compiles, checks, and is held to the plan', async (t) => {
  t.timeout(600_000);
  const copy = mkdtempSync(join(tmpdir(), 'quorumgate-target-'));
  t.teardown(() => rmSync(copy, { recursive: true }));
  for (const name of [
    'src',
    'units',
    'templates',
    'dist/sidekick',
    '.ci',
    'build.mjs',
    'package.json',
    'tsconfig.json',
  ]) {
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
  writeFileSync(join(copy, 'good.yaml'), spec('tls: off\ndocuments: {baseUrl: "https://x.example"}'));
  const compiled = await run('--import=tsx', 'src/cli/main.ts', 'compile', 'good.yaml');
  const uploaded = compiled.said.match(/^before a host boots, put (\S+) at https:\/\/x\.example\/etcd-/m)?.[1] ?? '';
  t.regex(compiled.said, /^plain-json\/etcd: .*, by URL\nplain-json: say hello\nbefore a host boots, put .*\n/m);
  t.true(
    compiled.said.endsWith(`\nout/plain-json/etcd/document\nout/${uploaded}\nout/plain-json/roles\n`),
    compiled.said,
  );
  const pair = (name: string) =>
    `{cert: /etc/etcd/${name}.crt, key: /etc/etcd/${name}.key, ca: /etc/etcd/${name}-ca.crt}`;
  writeFileSync(join(copy, 'bad.yaml'), spec(`tls: {peer: ${pair('a')}, client: ${pair('b')}}`));
  const refused = await run('--import=tsx', 'src/cli/main.ts', 'compile', 'bad.yaml');
  t.is(refused.code, 1);
  t.regex(refused.said, /bad\.yaml:7:\d+.*no TLS here/s);

  const types = await run('node_modules/typescript/bin/tsc', '--noEmit');
  t.is(types.code, 0, types.said);
  const tests = ['src/target/equivalence.test.ts', 'src/target/readme.test.ts'];
  const held = await run('node_modules/ava/entrypoints/cli.mjs', ...tests);
  t.is(held.code, 0, held.said);
  t.regex(held.said, /plain-json: the README/);
});
