import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import test, { type ExecutionContext } from 'ava';
import { SMALLEST } from '../spec/reference.ts';
import { leavesOf, pathOf } from './describe.ts';
import { inFolder } from './folder-testing.ts';
import { wholeProgram } from './reference/commands.ts';

interface Told {
  command: string;
  exitCode: number;
  error?: { message: string; remedy?: string };
  diagnostics: { spec: string; code: string; place?: { line: number } }[];
  output: string[];
  files: { path: string; size: number; sha256: string; spec?: string }[];
  documents: { target: string; role: string; size: number; limit: { bytes: number | null }; sha256: string }[];
  needs: { kind: string; items: string[]; text: string; role?: string }[];
  differences: { kind: string; path: string }[];
}

const place = (t: ExecutionContext, specs: Record<string, string> = { 'a.yaml': SMALLEST }) => inFolder<Told>(t, specs);

const EVEN = SMALLEST.replace('size: 3', 'size: 4');
/** Compiles, with a warning. */
const LONG = SMALLEST.replace(/ {2}join:\n.*\n/, '  join: [10.0.0.1, 10.0.0.2, 10.0.0.3, 10.0.0.4]\n');
const ALLOWED = `${SMALLEST.replace('etcd:\n  version: 3.7.3', 'etcd:\n  version: 3.5.20')}allow:\n`;

test('compile: one object, with the files as they are on the disk, sizes, limits and needs', (t) => {
  const { folder, told } = place(t);
  const { command, files, documents, needs, diagnostics, output } = told('compile', 'a.yaml', '-o', 'out');
  t.is(command, 'compile');
  t.deepEqual([diagnostics, output], [[], []]);
  const written = readdirSync(path.join(folder, 'out'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name !== '.quorumgate')
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)));
  t.deepEqual(files.map((file) => file.path).sort(), written.sort());
  for (const file of files) {
    const bytes = readFileSync(path.join(folder, file.path));
    t.is(file.size, bytes.length);
    t.is(file.sha256, createHash('sha256').update(bytes).digest('hex'));
  }
  t.like(documents, { 0: { target: 'aws', role: 'etcd', limit: { bytes: 16_384, counted: 'raw' } }, length: 1 });
  t.is(documents[0]?.sha256, files.find((file) => file.path === 'out/aws/etcd/user-data')?.sha256);
  const upload = ['upload/etcd-sidekick.cjs', 'https://artifacts.example.com/etcd-sidekick.cjs'];
  t.like(needs[0], { spec: 'a.yaml', kind: 'upload', items: upload });
  t.deepEqual(
    needs.map(({ kind }) => kind),
    ['upload', 'right', 'network', 'image', 'package', 'fetch', 'port'],
  );
  t.regex(needs[1]?.text ?? '', /iam-policy\.json/);
});

test('compile --check: the differences, and the error that ends it', (t) => {
  const { told, run } = place(t);
  const { differences, error, exitCode } = told('compile', 'a.yaml', '--check');
  t.is(exitCode, 1);
  t.true(differences.some((one) => one.kind === 'missing' && one.path === 'out/aws/etcd/user-data'));
  t.regex(error?.remedy ?? '', /quorumgate compile a\.yaml/);
  t.is(run('compile', 'a.yaml').status, 0);
  t.deepEqual(told('compile', 'a.yaml', '--check').differences, []);
});

test('a wrong spec, a missing one and a wrong command line are one object too', (t) => {
  const { told, run } = place(t, { 'even.yaml': EVEN });
  const wrong = told('check', 'even.yaml');
  t.is(wrong.exitCode, 1);
  t.like(wrong.diagnostics, { 0: { spec: 'even.yaml', code: 'size-even', place: { line: 4 } }, length: 1 });
  t.deepEqual([wrong.files, wrong.documents, wrong.needs], [[], [], []]);
  t.like(told('check', 'no.yaml').diagnostics, { 0: { spec: 'no.yaml', code: 'spec-unreadable' } });
  t.regex(told('check', 'even.yaml', '--targt', 'aws').error?.message ?? '', /--target/);
  t.is(told('check', 'even.yaml', '--targt', 'aws').exitCode, 2);
  t.is(run('check', 'even.yaml', '--format=json', '--nope').stdout.at(0), '{');
  t.is(told('member', 'retire', 'even.yaml').exitCode, 2);
});

test('commands that print lines give them as `output`', (t) => {
  const { told } = place(t);
  t.like(told('key', 'generate', '--out', 'k'), { command: 'key generate', exitCode: 0, output: { length: 2 } });
  t.like(told('lock', 'a.yaml'), { command: 'lock', output: { length: 1 } });
  t.like(told('kubernetes', 'a.yaml'), { exitCode: 0, needs: { 0: { kind: 'note' } } });
  t.is(told('pki', 'init', '--dir', 'pki').exitCode, 0);
  t.like(told('pki', 'status', '--dir', 'pki'), { certificates: { length: 3, 0: { what: 'CA for peers' } } });
  t.true(told('kubernetes', 'a.yaml').files.some((file) => file.path.startsWith('out/kubernetes/')));
  t.regex(told('sign', 'none', '--key', 'k', '--out', 'o').error?.message ?? '', /none/);
});

test('nobody is asked by a program', (t) => {
  const { told } = place(t);
  told('key', 'generate', '--out', 'k');
  const { exitCode, error } = told('restore', 'a.yaml', '--key', 'k');
  t.is(exitCode, 2);
  t.regex(error?.message ?? '', /--snapshot/);
});

test('every command has --format, but those that print what others do', async (t) => {
  const whole = await wholeProgram();
  const without = leavesOf(whole).filter(({ options }) => !options.some(({ long }) => long === '--format'));
  t.deepEqual(
    without.map(pathOf).sort(),
    ['schema', 'completion', 'lab logs', 'lab exec', 'lab net', 'lab serve'].sort(),
  );
});

test('every command has an example in its help, which its own options can read', async (t) => {
  const whole = await wholeProgram();
  for (const command of leavesOf(whole).filter((one) => pathOf(one) !== 'lab serve')) {
    let help = '';
    command.configureOutput({ ...command.configureOutput(), writeOut: (text) => (help += text) });
    command.outputHelp();
    const lines = help.split('\nExamples:\n')[1]?.match(/^ {2}\$ quorumgate .+$/gm) ?? [];
    t.true(lines.length > 0, pathOf(command));
    for (const line of lines) {
      const words = line
        .replace(/ -- .*/, '')
        .split(' ')
        .slice(4);
      t.true(line.startsWith(`  $ quorumgate ${pathOf(command)}`), line);
      for (const flag of words.filter((word) => /^--?[a-z]/.test(word)))
        t.true(
          command.options.some(({ short, long }) => [short, long].includes(flag)),
          `${line}: ${flag}`,
        );
    }
  }
});

test('check takes several specs, and says which is which', (t) => {
  const { told, run } = place(t, { 'a.yaml': SMALLEST, 'b.yaml': EVEN, 'c.yaml': SMALLEST });
  const { exitCode, diagnostics, files } = told('check', 'a.yaml', 'b.yaml', 'c.yaml');
  t.is(exitCode, 1);
  t.deepEqual(
    diagnostics.map((one) => one.spec),
    ['b.yaml'],
  );
  t.deepEqual([...new Set(files.map((file) => file.spec))], ['a.yaml', 'c.yaml']);
  const text = run('check', 'a.yaml', 'c.yaml');
  t.is(text.status, 0);
  t.regex(text.stdout, /^a\.yaml:\naws\/etcd: [\s\S]+^c\.yaml:\naws\/etcd: /m);
  t.is(run('check', '-', '-').status, 2);
});

test('--strict: a warning fails and nothing is written; what `allow` gives a reason for does not', (t) => {
  const { folder, run, told } = place(t, {
    'a.yaml': LONG,
    'b.yaml': `${ALLOWED}  etcd-insecure: for a test\n  etcd-faulty: for a test\n`,
  });
  t.is(run('check', 'a.yaml').status, 0);
  const strict = run('compile', 'a.yaml', '--strict');
  t.is(strict.status, 1);
  t.regex(
    strict.stderr,
    /warning\[join-longer-than-cluster\][\s\S]+error: one warning, and with --strict[^\n]+\n {2}remedy: /,
  );
  t.deepEqual(readdirSync(folder).sort(), ['a.yaml', 'b.yaml']);
  t.like(told('check', 'a.yaml', '--strict'), { exitCode: 1, files: { length: 6 } });
  const allowed = told('check', 'b.yaml', '--strict');
  t.like(allowed, { exitCode: 0, diagnostics: { 0: { code: 'etcd-faulty', allowed: 'for a test' } } });
});

test('an `allow` for what is not there is a warning, and fails where warnings do', (t) => {
  const { run } = place(t, { 'a.yaml': `${SMALLEST}allow:\n  etcd-insecure: no longer\n` });
  t.regex(run('check', 'a.yaml').stderr, /^a\.yaml:\d+:3: warning\[allow-unneeded\]/m);
  t.is(run('check', 'a.yaml').status, 0);
  t.is(run('check', 'a.yaml', '--strict').status, 1);
});

test('--format github: annotations of diagnostics, and of errors', (t) => {
  const { run } = place(t, { 'b.yaml': EVEN, 'a.yaml': SMALLEST });
  t.regex(
    run('check', 'b.yaml', '--format', 'github').stderr,
    /^::error file=b\.yaml,line=4,col=9,endColumn=10,title=size-even::/,
  );
  const { stderr } = run('compile', 'a.yaml', '--check', '--format', 'github');
  t.regex(stderr, /^::error title=quorumgate::out is not what a\.yaml gives now: 9 of its files\.%0Aremedy: Run /);
});

test('-o -: the bytes of the one document that is chosen, and nothing else', (t) => {
  const two = SMALLEST.replace('targets: [aws]', 'targets: [aws, vagrant]')
    .replace('metadata: ec2', 'cidr: 10.7.0.0/24')
    .replace(/ {2}servers: members\n {2}join:\n.*\n/, '  servers: role\n  join: [10.7.0.11]\n');
  const { folder, run } = place(t, { 'a.yaml': SMALLEST, 'two.yaml': two, 'even.yaml': EVEN });
  const one = run('compile', 'a.yaml', '-o', '-');
  t.is(one.status, 0, one.stderr);
  t.regex(String(gunzipSync(one.bytes)), /^#cloud-config\n/);
  t.regex(one.stderr, /^aws\/etcd: [\s\S]+before a host boots, put upload/);
  t.deepEqual(readdirSync(folder).sort(), ['a.yaml', 'even.yaml', 'two.yaml']);
  t.is(run('compile', 'a.yaml').status, 0);
  t.deepEqual(readFileSync(path.join(folder, 'out/aws/etcd/user-data')), Buffer.from(one.bytes));

  const refused = (message: RegExp, ...args: string[]) => {
    const { status, stdout, stderr } = run('compile', ...args);
    t.is(status, 2, stderr);
    t.is(stdout, '');
    t.regex(stderr, message);
  };
  refused(/choose by --target one of aws, vagrant/, 'two.yaml', '-o', '-');
  refused(/choose by --role one of etcd, consul-server/, 'two.yaml', '-o', '-', '--target', 'aws');
  refused(/there is no role 'etc'/, 'two.yaml', '-o', '-', '--target', 'aws', '--role', 'etc');
  refused(/--role chooses a document/, 'two.yaml', '--role', 'etcd');
  refused(/goes not with --check/, 'a.yaml', '-o', '-', '--check');
  const script = run('compile', 'two.yaml', '-o', '-', '--target', 'vagrant', '--role', 'consul-server');
  t.regex(script.stdout, /^#!\/bin\/sh/);
  t.like(run('compile', 'even.yaml', '-o', '-'), { status: 1, stdout: '' });
  const json = run('compile', 'a.yaml', '-o', '-', '--format', 'json');
  t.is(json.status, 2);
  t.regex((JSON.parse(json.stdout) as Told).error?.message ?? '', /goes not with --format json/);
});
