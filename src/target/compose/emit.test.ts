import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { load } from 'js-yaml';
import { compile, type OutputFile } from '../../compile.ts';
import { sha256 } from '../../format/hash.ts';
import { loadAssets } from '../../io/assets.ts';
import type { ComposeFile } from './compose-file.ts';
import { containerUnits } from './containers.ts';
import { printUnitScript } from './unit-script.ts';

const testdata = fileURLToPath(new URL('testdata/', import.meta.url));
const assets = await loadAssets();
const work = mkdtempSync(join(tmpdir(), 'quorumgate-compose-'));
test.after.always(() => rmSync(work, { recursive: true, force: true }));

const text = ({ bytes }: OutputFile) => Buffer.from(bytes).toString('utf8');

for (const spec of readdirSync(testdata).filter((name) => name.endsWith('.spec.yaml'))) {
  const name = spec.replace('.spec.yaml', '');
  const { files, diagnostics, report } = compile(readFileSync(testdata + spec, 'utf8'), {
    file: spec,
    assets,
    sizes: true,
  });
  const folder = join(work, name);
  const composeFile = files.find(({ path }) => path === 'compose/compose.yaml');
  const read = () => load(composeFile === undefined ? '' : text(composeFile)) as ComposeFile;
  const scripts = files.filter(({ path }) => path.includes('/quorumgate/container/'));

  test.before(() => {
    for (const { path, bytes } of files) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), bytes);
    }
  });

  test(`golden: ${name}`, (t) => {
    t.deepEqual(diagnostics, []);
    t.regex(report[0] ?? '', /^compose\/etcd: [0-9,]+ bytes \(files of an image, any size\); largest: /);
    for (const one of [...files.filter(({ path }) => !path.includes('/root/')), ...scripts]) {
      if (one.path.endsWith('/bin/systemctl')) continue;
      const short = one.path.replace('compose/', '').replace('root/opt/quorumgate/', '').replaceAll('/', '.');
      const golden = `${testdata}${name}.${short}`;
      if (process.env.UPDATE !== undefined) writeFileSync(golden, one.bytes);
      t.is(text(one), readFileSync(golden, 'utf8'), golden);
    }
  });

  test(`each unit that does something is a container, on each host: ${name}`, (t) => {
    const { services } = read();
    const found = Object.entries(services).map(([service, { command }]) => `${service} ${command}`);
    const member = ['etcd-1-host quorumgate-host', 'etcd-1-consul consul', 'etcd-1 etcd'];
    const server = ['consul-server-1-host quorumgate-host', 'consul-server-1 consul'];
    for (const one of name === 'members' ? member : [...member, ...server, 'etcd-1-assert etcd-assert']) {
      t.true(found.includes(one), one);
    }
    t.is(found.length, name === 'members' ? 7 : 8 + 4);
    for (const [service, { network_mode, depends_on = [], networks }] of Object.entries(services)) {
      const owner = service.replace(/^([a-z-]+-\d+).*/, '$1-host');
      if (service === owner) t.truthy(networks, service);
      else t.is(network_mode, `service:${owner}`, service);
      for (const other of depends_on) t.true(other in services, `${service} after ${other}`);
    }
  });

  test(`one build an image, and each volume is declared: ${name}`, (t) => {
    const { services, volumes } = read();
    const built = Object.values(services).filter(({ build }) => build !== undefined);
    t.is(built.length, name === 'members' ? 1 : 2);
    for (const { build } of built) t.true(files.some(({ path }) => path === build?.dockerfile));
    const used = Object.values(services).flatMap((one) => one.volumes.filter(({ type }) => type === 'volume'));
    t.deepEqual([...new Set(used.map(({ source }) => source))].sort(), Object.keys(volumes).sort());
  });

  for (const [program = '', ...args] of [['docker-compose'], ['docker', 'compose']]) {
    const there = spawnSync(program, [...args, 'version']).status === 0 ? test : test.skip;
    there(`${[program, ...args].join(' ')} takes the file: ${name}`, (t) => {
      const cwd = join(folder, 'compose');
      const { stderr, status } = spawnSync(program, [...args, 'config', '-q'], { cwd, encoding: 'utf8' });
      t.deepEqual({ stderr, status }, { stderr: '', status: 0 });
    });
  }

  for (const shell of [['dash'], ['bash', '--posix'], ['busybox', 'sh']]) {
    const [program = '', ...flags] = shell;
    const there = spawnSync(program, [...flags, '-c', 'exit 0']).status === 0 ? test : test.skip;
    there(`${shell.join(' ')} runs in containers what systemd runs for the units: ${name}`, (t) => {
      for (const { path } of scripts) {
        const file = join(folder, path);
        const { stderr, status } = spawnSync(program, [...flags, '-n', file], { encoding: 'utf8' });
        t.deepEqual({ stderr, status }, { stderr: '', status: 0 }, path);
        const unit = /container\/([a-z-]+)$/.exec(path)?.[1];
        if (unit === undefined) continue;
        const print = [...flags, '-c', `. "$1"; main printf '%s\\n'`, 'sh', file];
        // No socket as input: bash takes that for a remote shell, and reads its user's .bashrc.
        const stdio = ['ignore', 'pipe', 'pipe'] as const;
        const { stdout } = spawnSync(program, print, { encoding: 'utf8', env: VARIABLES, stdio: [...stdio] });
        t.is(stdout, `${expanded(unit)}\n`, path);
      }
    });
  }
}

test('sidekicks as a script are an artifact like others, put in place once, with the Node that runs it', (t) => {
  const spec = readFileSync(`${testdata}members.spec.yaml`, 'utf8').replace(
    'programs:',
    'programs:\n  sidekick: {url: "https://example.com/a/b.cjs?c=d"}',
  );
  const { files, diagnostics } = compile(spec, { file: 'x', assets });
  t.deepEqual(diagnostics, []);
  const read = (path: string) => files.filter((file) => file.path === path).map(text)[0] ?? '';
  const hash = sha256(new TextEncoder().encode(assets.sidekicks['etcd-sidekick']));
  const dockerfile = read('compose/etcd/Dockerfile');
  t.regex(dockerfile, /^# {3}artifacts\/etcd-sidekick\.cjs: https:\/\/example\.com\/a\/b\.cjs\?c=d$/m);
  t.true(dockerfile.includes(` && echo '${hash}  etcd-sidekick.cjs' | sha256sum -c -\n`), dockerfile);
  t.is(dockerfile.match(/libexec\/program sidekick/g)?.length, 1);
  const place = 'file:///opt/quorumgate/artifacts/etcd-sidekick.cjs';
  t.true(read('compose/etcd/programs').endsWith(`\nnode image\netcd-sidekick url ${place} ${hash}\n`));
});

/** Values that a shell would take for more than text, if it were let. */
const VARIABLES = {
  PATH: process.env.PATH ?? '',
  QG_NAME: 'a name*',
  QG_ADDRESS: '$(id)',
  QG_SCHEME: 'http',
  QG_DATA_DIR: '/d a',
  QG_PEER_PORT: '1',
  QG_CLIENT_PORT: '2',
  QG_METRICS_PORT: '3',
};

/** The command line of a unit as systemd puts it together, a word a line. */
function expanded(unit: string): string {
  const line = /^ExecStart=(.*)$/m.exec(assets.units[`${unit}.service`] ?? '')?.[1] ?? '';
  const value = (_: string, key: string) => VARIABLES[key as keyof typeof VARIABLES];
  const words = line.split(' ').map((word) => word.replace(/\$\{(\w+)\}/g, value));
  return words.join('\n');
}

test('every unit of ours that a container does can be done', (t) => {
  for (const unit of containerUnits) {
    const script = printUnitScript(unit, assets.units[`${unit}.service`] ?? '', undefined);
    t.regex(script, /^main\(\) \{$/m, unit);
  }
});

test('what a container would do otherwise than systemd is refused, not left out', (t) => {
  for (const line of ['/bin/a %n', '/bin/a "b c"', '/bin/a $B', '/bin/a *', '/bin/a ;', '']) {
    const unit = ['[Service]', `ExecStart=${line}`, ''].join('\n');
    t.throws(() => printUnitScript('x', unit, undefined), { message: /not known/ }, line);
  }
  const once = '[Service]\nType=oneshot\nExecStart=/bin/a\n';
  t.throws(() => printUnitScript('x', once, undefined), { message: /x\.service is a oneshot without RemainAfterExit/ });
  t.notThrows(() => printUnitScript('x', `${once}RemainAfterExit=yes\n`, undefined));
});
