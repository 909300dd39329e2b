import test from 'ava';
import { load } from 'js-yaml';
import { compile } from './compile.ts';
import type { CloudConfig } from './format/cloud-config.ts';
import { sha256 } from './format/hash.ts';
import { loadAssets } from './io/assets.ts';
import { printLock } from './spec/lock.ts';
import { WITHOUT_PROGRAMS } from './spec/reference.ts';

// The sidekicks as a script that hosts fetch: the compiler's own, or one that is there already.
const assets = await loadAssets();
const SCRIPT = 'https://artifacts.example.com/etcd-sidekick.cjs';
const own = new TextEncoder().encode(assets.sidekicks['etcd-sidekick']);
const NOTE = `before a host boots, put upload/etcd-sidekick.cjs at ${SCRIPT} (it holds no secret)`;
const other = 'ab'.repeat(32);

function run(programs: string, changes: (text: string) => string = (text) => text) {
  const text = changes(`${WITHOUT_PROGRAMS}programs: {${programs}}\n`);
  const lock = {
    file: 'x.lock.yaml',
    text: printLock({ sidekick: { version: '0.1.0', arch: 'amd64', url: SCRIPT, sha256: other } }),
  };
  const { files, report, diagnostics } = compile(text, { file: 'x.yaml', assets, lock });
  const bytes = (path: string) => files.find((file) => file.path === path)?.bytes;
  const userData = Buffer.from(bytes('aws/etcd/user-data.yaml') ?? []).toString('utf8');
  const onHost = new Map(
    userData === '' ? [] : (load(userData) as CloudConfig).write_files.map(({ path, content }) => [path, content]),
  );
  return {
    bytes,
    report,
    codes: diagnostics.map(({ code, pointer }) => `${code} ${pointer}`),
    remedies: diagnostics.map(({ remedy }) => remedy).join('\n'),
    paths: files.map(({ path }) => path),
    programs: onHost.get('/etc/quorumgate/programs'),
    inline: onHost.has('/opt/quorumgate/bin/etcd-sidekick'),
  };
}

const targets = (names: string) => (text: string) => text.replace('targets: [aws]', `targets: [${names}]`);

test('without a hash: the file is among the outputs, with its hash on the hosts and a line that says where to put it', (t) => {
  const { bytes, report, codes, programs, inline } = run(`sidekick: {url: "${SCRIPT}"}`);
  t.deepEqual(codes, []);
  t.deepEqual(bytes('upload/etcd-sidekick.cjs'), own);
  t.true(report.includes(NOTE));
  t.false(inline);
  t.is(programs, `consul image\netcd image\nsocat package\nnode package\netcd-sidekick url ${SCRIPT} ${sha256(own)}\n`);
});

test('with a hash: it is there already, whichever version it is', (t) => {
  const { report, codes, paths, programs } = run(`node: image, sidekick: {url: "${SCRIPT}", sha256: ${other}}`);
  t.deepEqual(codes, []);
  t.deepEqual(
    paths.filter((path) => path.startsWith('upload/')),
    [],
  );
  t.notRegex(report.join('\n'), /before a host boots, put/);
  t.is(programs, `consul image\netcd image\nsocat package\nnode image\netcd-sidekick url ${SCRIPT} ${other}\n`);
});

test('a release that is the script needs Node as well, and is there already', (t) => {
  const { codes, paths, programs } = run('node: image, sidekick: release', (text) =>
    text.concat('releases: {index: a.json, versions: {sidekick: 0.1.0}}\n'),
  );
  t.deepEqual(codes, []);
  t.is(programs, `consul image\netcd image\nsocat package\nnode image\netcd-sidekick url ${SCRIPT} ${other}\n`);
  t.deepEqual(
    paths.filter((path) => path.startsWith('upload/')),
    [],
  );
});

test('several targets and roles: one file, said once', (t) => {
  const { codes, paths, report } = run(`sidekick: {url: "${SCRIPT}"}`, (text) =>
    targets('aws, vagrant, compose')(text)
      .replace('metadata: ec2', 'cidr: 192.168.56.0/24')
      .replace('servers: members', 'servers: role')
      .replace('provider=aws tag_key=etcd tag_value=mycluster', '192.168.56.11')
      .concat('compose: {base: localhost/base}\n'),
  );
  t.deepEqual(codes, []);
  t.deepEqual([...new Set(paths.map((path) => path.split('/')[0]))], ['aws', 'vagrant', 'compose', 'upload']);
  t.is(paths.filter((path) => path.startsWith('upload/')).length, 1);
  t.is(report.filter((line) => line === NOTE).length, 1);
});

for (const target of ['flatcar', 'fedora-coreos', 'container-linux']) {
  test(`${target} installs no Node: with the script it has to come by URL or in the image`, (t) => {
    const without = run(`sidekick: {url: "${SCRIPT}"}`, targets(target));
    t.deepEqual(without.codes, ['no-package-manager /programs/node']);
    t.regex(without.remedies, /`url` and `sha256`, or `image`; .+ single executable need no Node/);
    t.deepEqual(without.paths, []);
    for (const node of ['image', `{url: "https://x/node.tar.gz", sha256: ${other}}`]) {
      const { codes, paths } = run(`node: ${node}, sidekick: {url: "${SCRIPT}"}`, targets(target));
      t.deepEqual(codes, []);
      t.deepEqual(paths, [`${target}/etcd/config.ign`, 'upload/etcd-sidekick.cjs']);
    }
  });
}

test('inline there is no room for them on EC2, and the error says of this way', (t) => {
  const { codes, remedies, paths } = run('sidekick: inline');
  t.deepEqual(codes, ['output-too-large /programs/sidekick']);
  t.regex(remedies, /^Largest: \/opt\/quorumgate\/bin\/etcd-sidekick \d+,\d+, /);
  t.true(remedies.includes('`programs.sidekick: {url: https://…/etcd-sidekick.cjs}`'));
  t.deepEqual(paths, []);
});
