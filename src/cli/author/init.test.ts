import { spawn, spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { compile } from '../../compile.ts';
import { loadAssets } from '../../io/assets.ts';
import { targets } from '../../target/index.ts';
import { inFolder } from '../folder-testing.ts';
import { joinOf, NUMBERED, starter } from './starter.ts';

const program = fileURLToPath(new URL('../../../dist/cli/index.mjs', import.meta.url));
const assets = await loadAssets();
const URL_OF = 'https://files.example.com/etcd-sidekick.cjs';
const hasScript = spawnSync('script', ['--version']).status === 0;

for (const { name: target } of targets) {
  for (const servers of ['members', 'role', 'existing'].filter((one) => target !== 'compose' || one !== 'existing')) {
    test(`whatever is answered, the spec compiles without a word: ${target}, servers: ${servers}`, (t) => {
      const address = target === 'aws' ? { metadata: 'ec2' } : { cidr: '192.168.57.0/24' };
      const known = { name: 'mine', size: 5, target, servers, address };
      const more = NUMBERED.includes(target) ? {} : { sidekick: URL_OF };
      const base = target === 'compose' ? { base: 'localhost/base' } : {};
      for (const secrets of target === 'compose' ? ['off'] : ['image', 'credentials', 'off']) {
        const text = starter({ ...known, join: joinOf(known) ?? ['10.0.0.5'], secrets, ...more, ...base });
        const { diagnostics, files } = compile(text, { file: 'x', assets });
        t.deepEqual(diagnostics, [], text);
        t.true(files.length > 0);
        for (const line of text.split('\n')) t.true(line.length <= 105, line);
      }
    });
  }
}

test('init by options: a spec with comments, which compiles as it is, and is never overwritten', (t) => {
  const { folder, run, told } = inFolder<{ files: { path: string }[] }>(t, {});
  t.is(run('init', '--sidekick-url', URL_OF).status, 0);
  const text = readFileSync(path.join(folder, 'cluster.yaml'), 'utf8');
  t.regex(text, /^ {2}# Number of members\. Odd.*\n {2}size: 3$/m);
  t.is(run('compile', 'cluster.yaml', '--strict').status, 0);
  const again = run('init', '--sidekick-url', URL_OF, '--name', 'other');
  t.is(again.status, 1);
  t.regex(again.stderr, /^error: cluster\.yaml is there already/);
  t.is(readFileSync(path.join(folder, 'cluster.yaml'), 'utf8'), text);
  const flatcar = [
    '--target',
    'flatcar',
    '--cidr',
    '10.0.0.0/16',
    '--join',
    '10.0.0.11',
    '10.0.0.12',
    '--sidekick-url',
    URL_OF,
  ];
  t.deepEqual(told('init', 'f.yaml', ...flatcar, '--secrets', 'credentials').files[0]?.path, 'f.yaml');
  t.is(run('check', 'f.yaml', '--strict').status, 0);
});

test('init without a terminal says at once what is missing; what would not compile is not written', (t) => {
  const { folder, run } = inFolder(t, {});
  const none = run('init', '--target', 'flatcar');
  t.is(none.status, 2);
  t.regex(none.stderr, /Give --cidr, --join, --sidekick-url; nothing was written/);
  for (const flags of [
    ['--size', '4', '--sidekick-url', URL_OF],
    ['--name', 'a: b', '--sidekick-url', URL_OF],
    ['--name', '"\n#', '--sidekick-url', URL_OF],
    ['--target', 'compose', '--secrets', 'image'],
    ['--target', 'vagrant', '--cidr', 'nonsense', '--join', 'x'],
    ['--target', 'vagrant', '--cidr', '10.0.0.0/8', '--size', '1000000000'],
    ['--target', 'vagrant', '--interface', 'eth1', '--join', 'x'],
    ['--sidekick-url', 'ftp://x'],
  ]) {
    const { status, stderr } = run('init', ...flags);
    t.is(status, 1, flags.join(' '));
    t.regex(stderr, /^cluster\.yaml:\d+:\d+: error\[[\s\S]+nothing was written/, flags.join(' '));
  }
  t.deepEqual(readdirSync(folder), []);
});

(hasScript ? test : test.skip)(
  'init at a terminal asks for what no option says, again where no answer will do',
  async (t) => {
    const { folder } = inFolder(t, {});
    const answers = ['', '5', 'flatcra', 'flatcar', '', '10.1.0.0/16', '10.1.0.5, 10.1.0.6', '', URL_OF, 'credentials'];
    const command = `${process.execPath} ${program} init x.yaml --name mine`;
    const child = spawn('script', ['-qec', command, '/dev/null'], {
      cwd: folder,
      env: { ...process.env, TERM: 'dumb' },
    });
    let said = '';
    const left = answers.slice(1);
    child.stdout.on('data', (data) => {
      said += data;
      // One answer a question, when it is put.
      if (/: $/.test(String(data)) && left.length > 0) child.stdin.write(`${left.shift()}\n`);
    });
    const code = await new Promise((resolve) => child.on('close', resolve));
    t.is(code, 0, said);
    t.notRegex(said, /Name of the cluster/);
    const text = readFileSync(path.join(folder, 'x.yaml'), 'utf8');
    for (const line of [
      '  size: 5',
      'targets: [flatcar]',
      '  join: [10.1.0.5, 10.1.0.6]',
      `    url: ${URL_OF}`,
      'secrets: credentials',
    ])
      t.true(text.includes(`\n${line}\n`), line);
  },
);

(hasScript ? test : test.skip)('init at a terminal that is closed ends, and writes nothing', async (t) => {
  const { folder } = inFolder(t, {});
  const child = spawn('script', ['-qec', `${process.execPath} ${program} init`, '/dev/null'], {
    cwd: folder,
    env: { ...process.env, TERM: 'dumb' },
    timeout: 60_000,
  });
  let said = '';
  let isAsked = false;
  child.stdout.on('data', (data) => {
    said += data;
    if (isAsked) return;
    isAsked = /\[mycluster\]: $/.test(said);
    if (isAsked) child.stdin.write('\u0003');
  });
  const code = await new Promise((resolve) => child.on('close', resolve));
  t.is(code, 1, said);
  t.regex(said, /no answer; nothing was written/);
  t.deepEqual(readdirSync(folder), []);
});
