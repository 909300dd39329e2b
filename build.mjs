#!/usr/bin/env node
// Builds dist/. The same sources give the same bytes, whatever the directory, time zone, locale or umask.
//   node build.mjs               everything
//   node build.mjs --sidekicks   what is committed: sidekick/, schema.json, manifest.json
//   node build.mjs --ignored     what is not: cli/, lib/, man/, units/, templates/
//   --out DIR                    to another folder
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import * as fs from 'node:fs/promises';
import { isBuiltin } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import * as esbuild from 'esbuild';
import { gzip } from 'pako';
import { minify } from 'terser';
import { bundleCli, bundleLibrary } from './.ci/bundle-cli.mjs';

const root = path.dirname(fileURLToPath(import.meta.url));

export const common = /** @satisfies {esbuild.BuildOptions} */ ({
  absWorkingDir: root,
  bundle: true,
  write: /** @type {false} */ (false),
  metafile: /** @type {true} */ (true),
  platform: /** @type {'node'} */ ('node'),
  charset: /** @type {'ascii'} */ ('ascii'),
  legalComments: /** @type {'none'} */ ('none'),
  logLevel: /** @type {'warning'} */ ('warning'),
  // Nothing of tsconfig.json changes what is emitted, so its edits change no byte.
  tsconfigRaw: '{}',
});

/** @typedef {Map<string, { bytes: Uint8Array, mode: number }>} Files by their path in dist/ */

/**
 * @param {{ out?: string, only?: 'sidekicks' | 'ignored' }} [options]
 * @returns {Promise<string[]>} what was built, relative to `out`
 */
export async function build({ out = path.join(root, 'dist'), only } = {}) {
  const target = path.resolve(out);
  /** @type {Files} */
  const files = new Map();
  if (only !== 'ignored') {
    add(files, 'sidekick/etcd-sidekick.cjs', await bundleSidekick());
    add(files, 'schema.json', await schema());
    add(files, 'manifest.json', manifest(files));
  }
  if (only !== 'sidekicks') {
    for (const folder of ['units', 'templates']) await addFolder(files, folder);
    const library = await bundleLibrary(root, common, await assets(files));
    const cli = await bundleCli(root, common, library.inputs);
    add(files, 'man/quorumgate.1', manPage());
    for (const [name, text] of cli) add(files, `cli/${name}`, text, name === 'index.mjs' ? 0o755 : 0o644);
    for (const [name, text] of library.files) add(files, `lib/${name}`, text);
  }
  await writeAll(target, files);
  return [...files.keys()].sort();
}

/** What lands on hosts, as the compiler takes it. @param {Files} files */
async function assets(files) {
  const { assetsOf } = await evaluate("export { assetsOf } from './src/plan/assets.ts';");
  const texts = new Map([...files].map(([name, { bytes }]) => [name, Buffer.from(bytes).toString()]));
  if (!texts.has('sidekick/etcd-sidekick.cjs')) texts.set('sidekick/etcd-sidekick.cjs', await bundleSidekick());
  return assetsOf((/** @type {string} */ folder, /** @type {RegExp} */ wanted) =>
    [...texts]
      .map(([name, text]) => [path.posix.dirname(name), path.posix.basename(name), text])
      .filter(([at, name = '']) => at === folder && wanted.test(name))
      .map(([, name, text]) => [name, text]),
  );
}

/** @param {Files} files @param {string} name @param {string | Uint8Array} content @param {number} [mode] */
function add(files, name, content, mode = 0o644) {
  files.set(name, { bytes: Buffer.from(content), mode });
}

/**
 * Properties that never leave the sidekick's memory: neither in files nor in requests. They are named shorter, which
 * user-data has no room not to do. Another build may name them otherwise: src/build.test.ts looks that none is written.
 */
export const inner = [
  ...['answering', 'asksDns', 'attempt', 'candidates', 'cause', 'cloned', 'dead', 'known', 'launchedAt', 'membership'],
  ...['probe', 'retired', 'unfit', 'untouched', 'wal', 'decision', 'indexes', 'look', 'modified', 'via'],
  ...['clientPort', 'clientTls', 'clusterId', 'dataDirectory', 'datacenter', 'discovery', 'domain', 'metricsPort'],
  ...['peerPort', 'peerUrls', 'replaceDeadAfter', 'why', 'absent', 'answers', 'leftOut', 'patience', 'proven'],
  ...['operatorKeys', 'stranger', 'strangers'],
];

async function bundleSidekick() {
  const { VERSIONS } = await evaluate("export { VERSIONS } from './src/version/facts.ts';");
  const result = await esbuild.build({
    ...common,
    entryPoints: ['src/sidekick/main.ts'],
    outfile: 'etcd-sidekick.cjs',
    format: 'cjs',
    target: `node${VERSIONS.nodeTooOld.before}`,
    minify: true,
    sourcemap: false,
    plugins: [{ name: 'values', setup: takeValues }],
    mangleProps: new RegExp(`^(${inner.join('|')})$`),
    // Without it V8 keeps 30 MB of what answers were made of (fuzz/wire.ts, 2026-11-28).
    banner: { js: '#!/opt/quorumgate/bin/node --max-semi-space-size=1' },
  });
  // A second look at what esbuild has put into one file, which it does not try itself.
  const { code: text = '' } = await minify(onlyOutput(result), {
    ecma: 2020,
    toplevel: true,
    compress: { passes: 4, pure_getters: true, unsafe_arrows: true, unsafe_methods: true, keep_fargs: false },
    format: { ascii_only: true },
  });
  checkSidekick(text, result.metafile);
  return `${text}\n`;
}

/**
 * Puts values in the place of what one module takes of the table of versions: the table itself stays here.
 * @param {esbuild.PluginBuild} build
 */
function takeValues(build) {
  build.onLoad({ filter: /[\\/]sidekick[\\/]host[\\/]fitness\.ts$/ }, async ({ path: file }) => {
    const values = await evaluate("export * from './src/sidekick/host/refused.ts';");
    const text = await fs.readFile(file, 'utf8');
    const contents = text.replace(/\brefused\.(\w+)/g, (_, name) => {
      const value = values[name];
      return value instanceof RegExp ? String(value) : JSON.stringify(value);
    });
    return { contents, loader: 'ts' };
  });
}

/**
 * What a module of the sources exports.
 * @param {string} contents
 */
async function evaluate(contents) {
  const result = await esbuild.build({
    ...common,
    stdin: { contents, resolveDir: root },
    format: 'esm',
    target: 'node20',
  });
  return import(`data:text/javascript;base64,${Buffer.from(onlyOutput(result)).toString('base64')}`);
}

/**
 * It lands on a host alone: no module beside it, and no third party's code, whose notice would be missing.
 * @param {string} text @param {esbuild.Metafile} metafile
 */
function checkSidekick(text, metafile) {
  const imported = Object.values(metafile.outputs).flatMap((output) => output.imports.map((module) => module.path));
  // Calls that esbuild did not resolve: a require or import of anything but a built-in module's literal name.
  const called = [...text.matchAll(/\b(?:require|import)\(([^)]*)\)/g)].map(([, argument = '']) => argument);
  const bad = [
    ...imported.filter((module) => !isBuiltin(module)),
    ...called.filter((argument) => !isBuiltin(argument.replace(/^(["'`])(.*)\1$/, '$2'))),
    ...Object.keys(metafile.inputs).filter((input) => !input.startsWith('src/sidekick/')),
  ];
  if (bad.length > 0) throw new Error(`src/sidekick: not self-contained: ${[...new Set(bad)].join(', ')}`);
}

const EXPORTS = `export { SpecSchema } from './src/spec/schema/schema.ts';
export { gaps } from './src/spec/schema/gaps.ts';
export { published } from './src/spec/schema/published.ts';
export { targets } from './src/target/index.ts';`;

async function schema() {
  const { SpecSchema, gaps, published, targets } = await evaluate(EXPORTS);
  const missing = gaps(SpecSchema);
  if (missing.length > 0) throw new Error(`src/spec/schema/schema.ts: ${missing.join(', ')}`);
  const names = targets.map((/** @type {{ name: string }} */ { name }) => name);
  const plain = JSON.parse(JSON.stringify(published(SpecSchema, names)));
  return `${JSON.stringify(sorted(plain), undefined, 2)}\n`;
}

/** @param {unknown} value @returns {unknown} */
function sorted(value) {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, item]) => [key, sorted(item)]));
}

/** The help of all commands as a man page: the sources print it, by the loader that runs them elsewhere. */
function manPage() {
  const args = ['--import=tsx', path.join(root, 'src/cli/reference/man-main.ts')];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: root, encoding: 'utf8' });
  if (status !== 0) throw new Error(`the man page: ${stderr}`);
  return stdout;
}

/** @param {Files} files */
function manifest(files) {
  const entries = [...files].sort(([a], [b]) => (a < b ? -1 : 1));
  const rows = entries.map(([name, { bytes }]) => ({
    path: name,
    size: bytes.length,
    gzip: gzip(bytes, { level: 9, memLevel: 9 }).length,
    sha256: createHash('sha256').update(bytes).digest('hex'),
  }));
  return `${JSON.stringify({ files: rows }, undefined, 2)}\n`;
}

/** @param {esbuild.BuildResult} result */
function onlyOutput({ outputFiles = [] }) {
  const [output, ...others] = outputFiles;
  if (output === undefined || others.length > 0) throw new Error('esbuild: one output expected');
  return output.text;
}

/** @param {Files} files @param {string} folder */
async function addFolder(files, folder) {
  const base = path.join(root, folder);
  const entries = await fs.readdir(base, { recursive: true, withFileTypes: true });
  const names = entries.filter((entry) => entry.isFile()).map((entry) => path.join(entry.parentPath, entry.name));
  if (names.length === 0) throw new Error(`${folder}/: empty`);
  for (const name of names.sort()) {
    const relative = path.relative(base, name).split(path.sep).join('/');
    add(files, `${folder}/${relative}`, await fs.readFile(name));
  }
}

/** Each file is replaced at once, so that a program running from dist/ never reads half of one; what was built before
 * and no longer is, goes. @param {string} out @param {Files} files */
async function writeAll(out, files) {
  for (const [name, { bytes, mode }] of files) {
    const target = path.join(out, name);
    const temporary = `${target}.${process.pid}.tmp`;
    await fs.mkdir(path.dirname(target), { recursive: true });
    try {
      await fs.writeFile(temporary, bytes);
      await fs.chmod(temporary, mode);
      await fs.rename(temporary, target);
    } finally {
      await fs.rm(temporary, { force: true });
    }
  }
  const folders = new Set(
    [...files.keys()].filter((name) => name.includes('/')).map((name) => name.split('/')[0] ?? ''),
  );
  for (const folder of folders) {
    const base = path.join(out, folder);
    for (const entry of await fs.readdir(base, { recursive: true, withFileTypes: true })) {
      const name = path.join(entry.parentPath, entry.name);
      const relative = path.relative(out, name).split(path.sep).join('/');
      const another = relative.endsWith('.tmp'); // of a build that runs beside this one
      if (entry.isFile() && !another && !files.has(relative)) await fs.rm(name, { force: true });
    }
  }
}

if (process.argv[1] !== undefined && (await fs.realpath(process.argv[1])) === fileURLToPath(import.meta.url)) {
  const options = {
    sidekicks: { type: /** @type {'boolean'} */ ('boolean') },
    ignored: { type: /** @type {'boolean'} */ ('boolean') },
    out: { type: /** @type {'string'} */ ('string') },
  };
  const { sidekicks, ignored, out } = parseArgs({ options }).values;
  const only = sidekicks ? 'sidekicks' : ignored ? 'ignored' : undefined;
  const names = await build({ ...(out && { out }), ...(only && { only }) });
  console.log(`built ${names.length} files in ${out ?? 'dist'}/`);
}
