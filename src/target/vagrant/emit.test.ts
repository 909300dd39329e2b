import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { load } from 'js-yaml';
import { compile, type OutputFile } from '../../compile.ts';
import type { CloudConfig } from '../../format/cloud-config.ts';
import { loadAssets } from '../../io/assets.ts';
import { ruby } from './emit.ts';
import { interpret } from './interpret.ts';
import { printScript } from './script.ts';

const testdata = fileURLToPath(new URL('testdata/', import.meta.url));
const assets = await loadAssets();
const has = (program: string) => (spawnSync(program, ['--version']).status === 0 ? test : test.skip);
const work = mkdtempSync(join(tmpdir(), 'quorumgate-vagrant-'));
test.after.always(() => rmSync(work, { recursive: true, force: true }));

const text = ({ bytes }: OutputFile) => Buffer.from(bytes).toString('utf8');

/** Stands for Vagrant: says what a Vagrantfile asks of it. */
const recorder = `
class Recorder
  def initialize(at)
    @at = at
  end

  def respond_to_missing?(*) = true

  def method_missing(name, *args, **named, &block)
    puts ["#{@at}.#{name}", *args, *named.map { |key, value| "#{key}=#{value}" }].join(' ') if args.any? || named.any?
    inner = name == :define ? args[0] : "#{@at.sub('.vm', '')}.#{name}(#{args[0]})"
    block&.call(*Array.new(block.arity) { Recorder.new(inner) })
    Recorder.new("#{@at}.#{name}")
  end
end
module Vagrant
  def self.configure(_) = yield(Recorder.new('config'))
end
load ARGV[0]`;

for (const spec of readdirSync(testdata).filter((name) => name.endsWith('.spec.yaml'))) {
  const name = spec.replace('.spec.yaml', '');
  const withSidekick = { ...assets, sidekicks: { 'etcd-sidekick': '#!/opt/quorumgate/bin/node\n' } };
  const { files, diagnostics, report } = compile(readFileSync(testdata + spec, 'utf8'), {
    sizes: true,
    file: spec,
    assets: withSidekick,
  });
  const folder = join(work, name, 'vagrant');

  test.before(() => {
    for (const { path, bytes } of files) {
      const file = join(work, name, path);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, bytes);
    }
  });

  test(`golden: ${name}`, (t) => {
    t.deepEqual(diagnostics, []);
    t.regex(report[0] ?? '', /^vagrant\/etcd: [0-9,]+ bytes \(copied over SSH, any size\); largest: /);
    for (const one of files.filter(({ path }) => !path.endsWith('/user-data'))) {
      const golden = `${testdata}${name}.${one.path.replace('vagrant/', '').replaceAll('/', '.')}`;
      if (process.env.UPDATE !== undefined) writeFileSync(golden, one.bytes);
      t.is(text(one), readFileSync(golden, 'utf8'), golden);
    }
  });

  test(`the script and the cloud-config say the same: ${name}`, (t) => {
    for (const [role, tree] of interpret(files)) {
      const userData = files.find(({ path }) => path === `vagrant/${role}/user-data`);
      const config = load(userData === undefined ? '' : text(userData)) as CloudConfig;
      t.deepEqual(
        [...tree.files].map(([path, { mode, bytes }]) => [
          path,
          `0${mode.toString(8)}`,
          Buffer.from(bytes ?? []).toString(),
        ]),
        config.write_files.map(({ path, permissions, content }) => [path, permissions, content]),
      );
      t.true(tree.enabled.includes('quorumgate.target'));
      t.is(tree.enabled.includes('etcd.service'), role === 'etcd');
    }
  });

  has('vagrant')(`vagrant validate: ${name}`, (t) => {
    const env = { ...process.env, VAGRANT_HOME: join(work, 'home'), VAGRANT_CHECKPOINT_DISABLE: '1' };
    const vagrant = (args: string[], more = {}) =>
      spawnSync('vagrant', args, { cwd: folder, encoding: 'utf8', env: { ...env, ...more } });
    const cloudInit = { QG_CLOUD_INIT: '1', VAGRANT_EXPERIMENTAL: 'cloud_init' };
    for (const more of [{}, cloudInit]) {
      const { status, stdout, stderr } = vagrant(['validate', '--ignore-provider'], more);
      t.is(status, 0, stdout + stderr);
      t.regex(stdout, /validated successfully/);
    }
  });

  has('ruby')(`ruby -wc: ${name}`, (t) => {
    const { stdout, stderr } = spawnSync('ruby', ['-wc', join(folder, 'Vagrantfile')], { encoding: 'utf8' });
    t.is(stdout + stderr, 'Syntax OK\n');
  });

  has('ruby')(`each box has its name, address and script: ${name}`, (t) => {
    const { stdout, stderr } = spawnSync('ruby', ['-e', recorder, join(folder, 'Vagrantfile')], { encoding: 'utf8' });
    t.is(stderr, '');
    const boxes = Array.from(
      stdout.matchAll(/^(\S+)\.vm\.network private_network id=quorumgate ip=(\S+) netmask=(\S+)$/gm),
      ([, box, address, netmask]) => `${box} ${address} ${netmask}`,
    );
    const many = (role: string, count: number, prefix: string, rest: string) =>
      Array.from({ length: count }, (_, index) => `${role}-${index + 1} ${prefix}${index + 1} ${rest}`);
    const expected =
      name === 'members'
        ? many('etcd', 3, '192.168.56.10', '255.255.255.0')
        : [...many('consul-server', 3, '10.77.0.1', '255.255.0.0'), ...many('etcd', 5, '10.77.0.10', '255.255.0.0')];
    t.deepEqual(
      boxes.filter((box) => !box.includes('(docker)')),
      expected,
    );
    const length = name === 'members' ? 24 : 16;
    t.deepEqual(
      boxes.filter((box) => box.includes('(docker)')),
      expected.map((box) => box.replace(' ', '.provider(docker) ').replace(/ 255.*/, ` ${length}`)),
    );
    const scripts = Array.from(
      stdout.matchAll(/\.vm\.provision quorumgate type=shell path=(\S+)$/gm),
      ([, path]) => path,
    );
    t.deepEqual(
      scripts,
      expected.map((box) => join(folder, box.replace(/-\d .*/, ''), 'provision.sh')),
    );
    t.regex(stdout, /^etcd-1\.provider\(docker\)\.build_dir= \S+\/docker$/m);
  });

  for (const shell of [['dash'], ['bash', '--posix'], ['busybox', 'sh']]) {
    const [program = '', ...flags] = shell;
    const there = spawnSync(program, [...flags, '-c', 'exit 0']).status === 0 ? test : test.skip;
    there(`${shell.join(' ')} -n: ${name}`, (t) => {
      for (const { path } of files.filter((one) => one.path.endsWith('.sh'))) {
        const { stderr, status } = spawnSync(program, [...flags, '-n', join(work, name, path)], { encoding: 'utf8' });
        t.deepEqual({ stderr, status }, { stderr: '', status: 0 });
      }
    });
  }

  test(`no carriage return, no hole left: ${name}`, (t) => {
    for (const one of files) t.notRegex(text(one), /\r|@\{/, one.path);
  });
}

test('what is not plain text travels as base64, and comes back', (t) => {
  const contents = ['', 'no end of line', 'a\r\n', 'é…😀\n', 'x\nQG-END\n', '\u0000\n', "'$(id)` \\\n", 'QG-ENDING\n'];
  const files = contents.map((content, index) => ({ path: `/opt/f${index}`, mode: 0o640, content }));
  const script = printScript('@{files}\n', files);
  const [tree] = interpret([{ path: 'vagrant/etcd/provision.sh', bytes: Buffer.from(script) }]).values();
  t.deepEqual(
    [...(tree?.files.values() ?? [])].map(({ bytes }) => Buffer.from(bytes ?? []).toString()),
    contents,
  );
  t.is(script.match(/^bytes /gm)?.length, 5);
  t.throws(() => printScript('@{files}', [{ path: '/opt/$(id)', mode: 0o644, content: '' }]), {
    message: /plain path/,
  });
});

has('ruby')('a literal of Ruby holds nothing but its text', (t) => {
  const nasty = `a'b\\c#{1 + 1}\\'"\n%{x} @{y}`;
  t.is(spawnSync('ruby', ['-e', `print ${ruby(nasty)}`], { encoding: 'utf8' }).stdout, nasty);
});
