import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import test from 'ava';
import hcl from 'hcl2-parser';
import { compile } from '../../compile.ts';
import { loadAssets } from '../../io/assets.ts';

// examples/terraform, by HCL's own parser and the arguments that the provider has: a plan needs Terraform and an account.
type Block = { [key: string]: unknown };
type Arguments = { [name: string]: string | Arguments };

const examples = path.join(import.meta.dirname, '../../../examples');
const folder = path.join(examples, 'terraform');
const provider = JSON.parse(readFileSync(path.join(folder, 'provider.json'), 'utf8')) as { [type: string]: Arguments };
const texts = readdirSync(folder)
  .filter((name) => name.endsWith('.tf'))
  .map((name) => readFileSync(path.join(folder, name), 'utf8'));
const [main = {}, ...others] = texts
  .map((text) => {
    const [parsed, error] = (hcl as { parseToObject(text: string): [Block, unknown] }).parseToObject(text);
    if (error) throw new Error(String(error));
    return parsed;
  })
  .sort((a, b) => Number('resource' in b) - Number('resource' in a));
const all = texts.join('\n').replace(/^\s*#.*$/gm, '');

/** Terraform's own. */
const META = ['for_each', 'count', 'depends_on'];

function wrong(block: Block, known: Arguments, at: string): string[] {
  const own = Object.entries(block).filter(([name]) => !META.includes(name) && name !== 'dynamic');
  const dynamic = Object.entries((block['dynamic'] ?? {}) as { [name: string]: [{ content: unknown }] });
  const found = [...own, ...dynamic.map(([name, [{ content }]]) => [name, content] as const)].flatMap(
    ([name, value]) => {
      const inner = known[name];
      if (inner === undefined) return [`${at}.${name}`];
      if (typeof inner === 'string') return [];
      return (value as Block[]).flatMap((one) => wrong(one, inner, `${at}.${name}`));
    },
  );
  const missing = Object.entries(known).filter(([name, is]) => is === 'required' && !(name in block));
  return [...found, ...missing.map(([name]) => `${at} has no ${name}`)];
}

const resources = Object.entries(main['resource'] as { [type: string]: { [name: string]: [Block] } });

test('each resource has arguments that the provider knows, and those that it wants', (t) => {
  t.true(resources.length >= 8);
  for (const [type, named] of resources) {
    for (const [name, [block]] of Object.entries(named))
      t.deepEqual(wrong(block, provider[type] ?? {}, `${type}.${name}`), []);
  }
});

test('what is named is there, and what is there is named', (t) => {
  const names = (pattern: RegExp) => [...new Set([...all.matchAll(pattern)].map(([, name = '']) => name))].sort();
  const variables = others.flatMap((one) => Object.keys((one['variable'] ?? {}) as Block)).sort();
  t.deepEqual(names(/\bvar\.(\w+)/g), variables);
  const [locals = {}] = main['locals'] as [Block];
  t.deepEqual(names(/\blocal\.(\w+)/g), Object.keys(locals).sort());
  const made = resources.flatMap(([type, named]) => Object.keys(named).map((name) => `${type}.${name}`));
  for (const name of names(/\b(aws_\w+\.\w+)/g)) t.true(made.includes(name), name);
});

const assets = await loadAssets();
const objects = (value: unknown): Block[] =>
  typeof value !== 'object' || value === null ? [] : [value as Block, ...Object.values(value).flatMap(objects)];

for (const [name, roles, servers] of [
  ['mycluster.yaml', ['etcd'], 'members'],
  ['consul-servers.yaml', ['consul-server', 'etcd'], 'role'],
  ['plain.yaml', ['etcd'], 'existing'],
] as const) {
  test(`what the module reads is what ${name} compiles to, servers: ${servers}`, (t) => {
    const spec = readFileSync(path.join(examples, name), 'utf8')
      .replace(/^targets:.*$/m, 'targets: [aws]')
      .replace('servers: members', `servers: ${servers}`);
    const { files, diagnostics } = compile(spec, { file: name, assets });
    t.deepEqual(
      diagnostics.filter(({ severity }) => severity === 'error'),
      [],
    );
    const json = (file: string) =>
      JSON.parse(new TextDecoder().decode(files.find((one) => one.path === `aws/${file}`)?.bytes)) as Block[];
    const found = files.flatMap(({ path: file }) => /^aws\/(.+)\/launch-template\.json$/.exec(file)?.[1] ?? []).sort();
    t.deepEqual(found, [...roles]);
    const ports = json('ports.json');
    const [{ others: known }] = main['locals'] as [{ others: Block }];
    for (const name of ports.flatMap(({ to, from }) => [String(to), String(from)])) {
      t.true(roles.includes(name as never) || name in known, `the module has no rule for ${name}`);
    }
    const keys = new Set(
      found.flatMap((role) => objects(json(`${role}/launch-template.json`))).flatMap((one) => Object.keys(one)),
    );
    // Only Consul's servers have tags.
    const read = [...all.matchAll(/\.([A-Z]\w+)\b/g)].map(([, key = '']) => key);
    const isTagged = keys.has('TagSpecifications');
    for (const key of read.filter((one) => isTagged || !/^(Tag|Resource|Key|Value)/.test(one)))
      t.true(keys.has(key), key);
    for (const key of ['to', 'from', 'protocol', 'port', 'what'])
      t.true(
        ports.every((rule) => key in rule),
        key,
      );
    const isAws = spec.includes('provider=aws');
    t.is(
      files.some((one) => one.path === 'aws/iam-policy.json'),
      isAws,
    );
  });
}
