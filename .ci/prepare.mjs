// Makes a fresh clone ready: Node's version, packages, build. Plain Node, because nothing else is there yet.
//   node .ci/prepare.mjs             builds all of dist/
//   node .ci/prepare.mjs --ignored   leaves what is committed in dist/ as it is: the tests compare it with the sources
// The lab installs what it needs of apt by itself and says so: its list is src/lab/machine/preconditions.ts. READERS is that of the tests.
import { spawnSync } from 'node:child_process';
import {
  accessSync,
  constants,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));

/** @returns {string} */
const oldestNode = () =>
  JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')).engines.node.replace('>=', '');

/** @param {string} version of Node */
export function isTooOld(version) {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [least = 0, then = 0] = oldestNode().split('.').map(Number);
  return major < least || (major === least && minor < then);
}

/** @param {{ only?: 'ignored' }} [options] */
export function prepare({ only } = {}) {
  if (isTooOld(process.versions.node)) {
    throw new Error(`Node ${oldestNode()} or newer is needed, this is ${process.versions.node}`);
  }
  if (!installed()) {
    console.log('prepare: npm ci (node_modules/ is missing or is not what package-lock.json says)');
    // Under npm the very npm that runs is known; NODE_ENV=production would leave out what builds and tests.
    const npm = process.env['npm_execpath'];
    const ci = ['ci', '--include=dev', '--no-fund', '--no-audit', '--loglevel=error'];
    if (npm?.endsWith('.js')) run(process.execPath, [npm, ...ci]);
    else run('npm', ci);
  }
  if (outdated()) {
    console.log('prepare: node build.mjs (dist/ is missing or older than the sources)');
    run(process.execPath, ['build.mjs', ...(only === undefined ? [] : [`--${only}`])]);
  }
  if (only === undefined) return;
  installReaders();
  unpackPromtool();
  buildSingleExecutable();
}

/** Programs that tests hand output to, or that scripts of hosts call, with the Debian package of each. Without one its tests are skipped. */
const READERS = {
  busybox: 'busybox',
  'docker-compose': 'docker-compose',
  'ignition-validate': 'ignition',
  kubectl: 'kubernetes-client',
  'mkfs.xfs': 'xfsprogs',
  socat: 'socat',
  vagrant: 'vagrant',
};

function installReaders() {
  const missing = Object.entries(READERS).filter(([program]) => !onPath(program));
  if (missing.length === 0 || process.platform !== 'linux' || process.getuid?.() !== 0 || !onPath('apt-get')) return;
  const packages = missing.map(([, name]) => name);
  console.log(`prepare: apt-get install ${packages.join(' ')} (reads or runs what is emitted, in tests)`);
  try {
    run('apt-get', ['-qq', 'install', '-y', '--no-install-recommends', ...packages]);
  } catch (error) {
    console.log(`prepare: without it: ${error instanceof Error ? error.message : error}`);
  }
}

/** Prometheus' reader of alert rules, alone: its package would start a server. */
function unpackPromtool() {
  const name = 'node_modules/.cache/quorumgate/promtool';
  if (time(name) !== undefined || process.platform !== 'linux' || !onPath('apt-get') || !onPath('dpkg-deb')) return;
  console.log('prepare: apt-get download prometheus (19 MB; its promtool reads the alert rules, in tests)');
  const work = mkdtempSync(path.join(tmpdir(), 'quorumgate-promtool-'));
  const file = path.join(root, name);
  try {
    // Not as apt's own user, who may not write there.
    run('apt-get', ['-qq', '-o', 'APT::Sandbox::User=root', 'download', 'prometheus'], work);
    const [deb = ''] = readdirSync(work);
    run('dpkg-deb', ['-x', deb, 'tree'], work);
    mkdirSync(path.dirname(file), { recursive: true });
    cpSync(path.join(work, 'tree/usr/bin/promtool'), `${file}.new`);
    renameSync(`${file}.new`, file);
  } catch (error) {
    console.log(`prepare: without it: ${error instanceof Error ? error.message : error}`);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** For the tests that run it, and for hosts of the lab that have no Node. */
function buildSingleExecutable() {
  if (process.platform !== 'linux' || !['x64', 'arm64'].includes(process.arch)) return;
  const bundle = readFileSync(path.join(root, 'dist/sidekick/etcd-sidekick.cjs'));
  const file = path.join(root, `dist/sea/etcd-sidekick-${process.arch}`);
  if (existsSync(file) && readFileSync(file).includes(bundle)) return;
  console.log(`prepare: npm run build:sea -- --arch ${process.arch} (fetches a Node of 50 MB from npm, once)`);
  try {
    run(process.execPath, ['.ci/build-sea.mjs', '--arch', process.arch]);
  } catch (error) {
    console.log(`prepare: without it: ${error instanceof Error ? error.message : error}`);
  }
}

/** Why no lab can run on this machine; undefined when one can. */
export function noLab() {
  if (process.platform !== 'linux') return `the lab needs Linux, this is ${process.platform}`;
  if (process.getuid?.() !== 0) return 'the lab needs root';
  if (!onPath('apt-get')) return 'the lab builds its hosts with apt, which is not here';
  return undefined;
}

/** @param {string} command @param {string[]} args @param {string} [cwd] */
function run(command, args, cwd = root) {
  const { status, signal, error } = spawnSync(command, args, { cwd, stdio: ['ignore', 'inherit', 'inherit'] });
  if (error !== undefined) throw error;
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${status ?? signal}`);
}

/** Compares versions, not times: npm writes its own list last, so it is there only after a whole installation. */
function installed() {
  const wanted = lockedPackages('package-lock.json');
  const present = lockedPackages('node_modules/.package-lock.json');
  if (wanted === undefined) throw new Error('package-lock.json is missing');
  if (present === undefined) return false;
  return Object.entries(wanted).every(([name, { version, optional }]) => {
    if (name === '') return true;
    return present[name]?.version === version || (optional === true && present[name] === undefined);
  });
}

/** @param {string} file @returns {Record<string, { version?: string, optional?: boolean }> | undefined} */
function lockedPackages(file) {
  try {
    return JSON.parse(readFileSync(path.join(root, file), 'utf8')).packages;
  } catch {
    return undefined;
  }
}

function outdated() {
  const built = time('dist/cli/index.mjs');
  if (built === undefined) return true;
  const folders = ['src', 'units', 'templates'].flatMap((folder) =>
    readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' }).map((name) => path.join(folder, name)),
  );
  const sources = [...folders, 'build.mjs', '.ci/bundle-cli.mjs', 'package.json', 'package-lock.json'];
  return sources.some((name) => !name.endsWith('.test.ts') && (time(name) ?? Number.POSITIVE_INFINITY) > built);
}

/** @param {string} name */
function time(name) {
  return statSync(path.join(root, name), { throwIfNoEntry: false })?.mtimeMs;
}

/** @param {string} program */
function onPath(program) {
  return (process.env['PATH'] ?? '').split(path.delimiter).some((folder) => {
    try {
      accessSync(path.join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  prepare(process.argv.includes('--ignored') ? { only: 'ignored' } : {});
}
