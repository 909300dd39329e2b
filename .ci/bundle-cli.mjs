// The command line and the library. The command line: an entry, the parts that several commands share, and those that one command loads.
import { execFile } from 'node:child_process';
import * as fs from 'node:fs/promises';
import { isBuiltin } from 'node:module';
import path from 'node:path';
import { promisify } from 'node:util';
// @ts-expect-error: it has no types
import ncc from '@vercel/ncc';
import { Ajv } from 'ajv';
import standalone from 'ajv/dist/standalone/index.js';
import * as esbuild from 'esbuild';

/** Big and needed by `npm run docs` only: stays outside, and is looked for when it is asked for. */
const OUTSIDE = ['@viz-js/viz'];

/**
 * @param {string} root @param {esbuild.BuildOptions} common @param {string[]} others what else of the product was made of
 * @returns {Promise<Map<string, string>>} texts by their name in cli/: the notices are those of the whole product
 */
export async function bundleCli(root, common, others) {
  const { outputFiles = [], metafile } = await esbuild.build({
    ...common,
    entryPoints: { index: 'src/cli/main.ts' },
    outdir: 'dist/cli',
    outExtension: { '.js': '.mjs' },
    // Beside the entry: modules find the files of dist/ from where they are.
    chunkNames: '[name]-[hash]',
    splitting: true,
    // Less to read at each start, and to fetch; functions keep their names, for what a bug's trace tells.
    minifyWhitespace: true,
    minifySyntax: true,
    minifyIdentifiers: true,
    keepNames: true,
    lineLimit: 120,
    format: 'esm',
    target: 'node20',
    external: OUTSIDE,
    plugins: [{ name: 'quick', setup: (build) => replaceSlow(build, root, common) }],
  });
  const files = new Map(outputFiles.map(({ path: file, text }) => [path.basename(file), text]));
  files.set('index.mjs', `#!/usr/bin/env node\n${files.get('index.mjs')}`);
  const { inputs = {}, outputs = {} } = metafile ?? {};
  const imports = Object.values(outputs).flatMap((output) => output.imports.filter(({ external }) => external));
  const left = imports.map((one) => one.path).filter((name) => !isBuiltin(name) && !OUTSIDE.includes(name));
  if (left.length > 0) throw new Error(`the CLI is not self-contained: ${left.join(', ')}`);
  for (const [name, text] of files) if (text.includes(root)) throw new Error(`${name} holds the path of this checkout`);
  const all = [...Object.keys(inputs), ...others];
  files.set('licenses.txt', await notices(root, all));
  files.set('packages.json', `${JSON.stringify([...packagesOf(all).keys()].sort(), undefined, 1)}\n`);
  return files;
}

/** Of a pure folder's own hashes: Node has the same, and in a tenth of the time. */
const NATIVE_HASH = `import { createHash } from 'node:crypto';
export const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex');
export const sha512 = (bytes) => createHash('sha512').update(bytes).digest('hex');
`;

/** Loops of pako, which run before V8 has looked at them, and what Node has in their place. */
const NATIVE_LOOPS = /** @type {const} */ ([
  [/let len = buf\.length; while \(--len >= 0\) \{ buf\[len\] = 0; \}/g, 'buf.fill(0);'],
  [
    /const crc32 = \(crc, buf, len, pos\) => \{.*?\n\};/s,
    `import { crc32 as native } from 'node:zlib';
// Signed, as pako compares it.
const crc32 = (crc, buf, len, pos) => native(buf.subarray(pos, pos + len), crc) | 0;`,
  ],
]);

/**
 * Puts what starts quickly in the place of three modules: none compiles schemas at each start, nor hashes, zeroes or sums in JavaScript. Node's
 * own modules are taken as they are: by `import` all that they have is looked at, and much of it is loaded for that alone.
 * @param {esbuild.PluginBuild} build @param {string} root @param {esbuild.BuildOptions} common */
function replaceSlow(build, root, common) {
  build.onLoad({ filter: /[\\/]src[\\/]format[\\/]hash\.ts$/ }, () => ({ contents: NATIVE_HASH, loader: 'js' }));
  build.onLoad({ filter: /[\\/]node_modules[\\/]pako[\\/]dist[\\/]pako\.esm\.mjs$/ }, async ({ path: file }) => {
    const text = await fs.readFile(file, 'utf8');
    const contents = NATIVE_LOOPS.reduce((before, [loop, native]) => {
      const after = before.replace(loop, native);
      if (after === before) throw new Error(`pako has no ${loop} any more`);
      return after;
    }, text);
    return { contents, loader: 'js' };
  });
  build.onResolve({ filter: /./ }, ({ path: name, importer }) => {
    if (!isBuiltin(name)) return undefined;
    // For commands that are programs of their own, of which there are none here.
    const isUnused = name.endsWith('child_process') && /[\\/]node_modules[\\/]commander[\\/]/.test(importer);
    return { path: name, namespace: isUnused ? 'unused' : 'node' };
  });
  build.onLoad({ filter: /./, namespace: 'unused' }, () => ({ contents: 'module.exports = {};' }));
  build.onLoad({ filter: /./, namespace: 'node' }, ({ path: name }) => ({
    contents: `module.exports = process.getBuiltinModule(${JSON.stringify(name)});`,
  }));
  replaceValidators(build, root, common);
}

/** @param {esbuild.PluginBuild} build @param {string} root @param {esbuild.BuildOptions} common */
function replaceValidators(build, root, common) {
  build.onLoad({ filter: /[\\/]src[\\/]spec[\\/]validators\.ts$/ }, async () => ({
    contents: await validators(root, common),
    loader: 'js',
    resolveDir: path.join(root, 'src/spec'),
  }));
}

/**
 * The library: one module with all that lands on hosts in it, that imports nothing, and its types.
 * @param {string} root @param {esbuild.BuildOptions} common @param {unknown} assets
 * @returns {Promise<{ files: Map<string, string>, inputs: string[] }>} texts by their name in lib/, and what it was made of
 */
export async function bundleLibrary(root, common, assets) {
  const { outputFiles = [], metafile } = await esbuild.build({
    ...common,
    entryPoints: ['src/library.ts'],
    outfile: 'index.mjs',
    platform: 'neutral',
    mainFields: ['module', 'main'],
    minify: true,
    lineLimit: 120,
    format: 'esm',
    target: 'es2022',
    define: { QUORUMGATE_ASSETS: JSON.stringify(assets) },
    plugins: [{ name: 'quick', setup: (build) => replaceValidators(build, root, common) }],
  });
  const imported = Object.values(metafile?.outputs ?? {}).flatMap((output) => output.imports.map((one) => one.path));
  if (imported.length > 0) throw new Error(`the library is not self-contained: ${imported.join(', ')}`);
  const files = new Map([
    ['index.mjs', outputFiles[0]?.text ?? ''],
    ['index.d.mts', await declarations(root)],
  ]);
  return { files, inputs: Object.keys(metafile?.inputs ?? {}) };
}

/** The types of a module whose exported functions name all of theirs, and no other module's. @param {string} root */
async function declarations(root) {
  const base = path.join(root, 'node_modules/.cache/quorumgate');
  await fs.mkdir(base, { recursive: true });
  const out = await fs.mkdtemp(path.join(base, 'types-'));
  try {
    // Alone, so that none of what it imports is looked at.
    const file = path.join(out, 'index.ts');
    await fs.copyFile(path.join(root, 'src/library.ts'), file);
    const tsc = path.join(root, 'node_modules/typescript/bin/tsc');
    const flags = ['--declaration', '--emitDeclarationOnly', '--noCheck', '--ignoreConfig', '--target', 'es2022'];
    await promisify(execFile)(process.execPath, [tsc, ...flags, '--types', '', file]);
    const code = await fs.readFile(path.join(out, 'index.d.ts'), 'utf8');
    if (/\bimport\b/.test(code)) throw new Error('src/library.ts: a type of another module is exported');
    return code;
  } finally {
    await fs.rm(out, { recursive: true });
  }
}

const EXPORTS = `export { READER, SCHEMAS } from './src/spec/validators.ts';
export { ANNOTATIONS } from './src/spec/schema/parts.ts';`;

/**
 * src/spec/validators.ts without TypeBox and ajv.
 * @param {string} root @param {esbuild.BuildOptions} common
 */
export async function validators(root, common) {
  const { outputFiles = [] } = await esbuild.build({
    ...common,
    stdin: { contents: EXPORTS, resolveDir: root },
    format: 'esm',
    target: 'node20',
  });
  const sources = Buffer.from(outputFiles[0]?.text ?? '').toString('base64');
  const { ANNOTATIONS, READER, SCHEMAS } = await import(`data:text/javascript;base64,${sources}`);
  const ajv = new Ajv({ ...READER, inlineRefs: false, code: { source: true, esm: true } }).addVocabulary(ANNOTATIONS);
  const names = Object.keys(SCHEMAS);
  // Under its name: an `$id` would be told apart from it.
  const silent = new Set([...ANNOTATIONS, '$id', '$schema', 'title', 'description', 'examples']);
  for (const name of names) ajv.addSchema({ ...parted(SCHEMAS[name], silent), $id: name });
  const code = standalone.default(ajv, Object.fromEntries(names.map((name) => [`check_${name}`, name])));
  // Read where something is wrong, or asked about.
  const getters = names.map((name) => {
    const json = JSON.stringify(JSON.stringify(SCHEMAS[name]));
    return `get ${name}() { return (read.${name} ??= JSON.parse(${json})); }`;
  });
  const text = `const read = {};
export const SCHEMAS = { ${getters.join(', ')} };
${code}
const CHECKS = { ${names.map((name) => `${name}: check_${name}`).join(', ')} };
export function check(name, value) { return CHECKS[name](value) ? [] : (CHECKS[name].errors ?? []); }
`;
  return (await esbuild.transform(text, { format: 'esm', minify: true })).code;
}

/** Keywords that hold schemas by a name, and those that hold one. */
const BY_NAME = new Set(['properties', 'patternProperties']);
const ONE = new Set(['items', 'additionalProperties', 'then', 'else']);
/** Characters of a part. */
const LEAST = 60;

/**
 * A schema that judges the same, its larger parts under `$defs`: of each ajv makes one function for all places that have it, which V8
 * compiles when it is called. As one function the spec's is 300 kB, compiled as a whole.
 * @param {object} schema @param {Set<string>} silent keywords that judge nothing
 * @returns {object}
 */
function parted(schema, silent) {
  /** @type {Map<string, string>} */
  const parts = new Map();
  /** @param {object} one @returns {object} */
  const judging = (one) =>
    Object.fromEntries(
      Object.entries(one)
        .filter(([key]) => !silent.has(key))
        .map(([key, value]) => {
          // By their type ajv knows how to look for two that are equal.
          if (key === 'items' && 'uniqueItems' in one) return [key, judging(value)];
          if (ONE.has(key)) return [key, part(value)];
          if (!BY_NAME.has(key)) return [key, value];
          return [key, Object.fromEntries(Object.entries(value).map(([name, item]) => [name, part(item)]))];
        }),
    );
  /** @param {object | boolean} one @returns {object | boolean} */
  const part = (one) => {
    if (typeof one === 'boolean') return one;
    const { default: preset, ...rest } = /** @type {{ default?: unknown }} */ (judging(one));
    const text = JSON.stringify(rest);
    const before = preset === undefined ? {} : { default: preset };
    if (text.length < LEAST) return { ...rest, ...before };
    if (!parts.has(text)) parts.set(text, `p${parts.size}`);
    return { ...before, $ref: `#/$defs/${parts.get(text)}` };
  };
  const whole = part(schema);
  return Object.assign(whole, {
    $defs: Object.fromEntries([...parts].map(([text, name]) => [name, JSON.parse(text)])),
  });
}

/** The folders of packages that parts were taken from, each with one of its files. @param {string[]} inputs @returns {Map<string, string>} */
function packagesOf(inputs) {
  return new Map(
    inputs.flatMap((input) => {
      const [, name] = /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(input) ?? [];
      return name === undefined ? [] : [[name, input]];
    }),
  );
}

/**
 * The notices of the packages that parts were taken from, as ncc collects them. It wants a file, in the tree so that packages resolve,
 * and in a folder that no other build or test looks into.
 * @param {string} root @param {string[]} inputs
 */
async function notices(root, inputs) {
  const packages = packagesOf(inputs);
  const base = path.join(root, 'node_modules/.cache/quorumgate');
  await fs.mkdir(base, { recursive: true });
  const folder = await fs.mkdtemp(path.join(base, 'build-'));
  // Modules are sorted by their paths from the working directory.
  const before = process.cwd();
  try {
    process.chdir(folder);
    const entry = path.join(folder, 'index.mjs');
    const lines = [...packages.values()]
      .sort()
      .map((input, index) => `export * as p${index} from ${JSON.stringify(path.join(root, input))};\n`);
    await fs.writeFile(entry, lines.join(''));
    const { assets } = await ncc(entry, { cache: false, esm: true, license: 'licenses.txt', quiet: true });
    const text = assets['licenses.txt']?.source?.toString() ?? '';
    const missing = [...packages.keys()]
      .map((one) => one.replace(/^.*node_modules\//, ''))
      .filter((name) => !text.includes(name));
    if (missing.length > 0 || packages.size === 0) throw new Error(`ncc collected no licence of ${missing.join(', ')}`);
    return text;
  } finally {
    process.chdir(before);
    await fs.rm(folder, { recursive: true, force: true });
  }
}
