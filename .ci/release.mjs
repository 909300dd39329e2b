// `npm run release [-- --out DIR]`: all that a release is, from a clean clone, into an empty folder: the package, the sidekicks as executables for x64 and arm64
// and as the script, an index of them that `quorumgate lock` reads, the SBOM, and SHA256SUMS. Put on any web server it serves `sidekick: release`.
//   --executables DIR   take etcd-sidekick-x64 and -arm64 from there, instead of building them, which fetches 105 MB once
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { build } from '../build.mjs';
import { buildSea } from './build-sea.mjs';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const text = /** @type {'string'} */ ('string');
const { out = 'release', executables } = parseArgs({
  options: { out: { type: text }, executables: { type: text } },
}).values;
const folder = path.resolve(root, out);

/** @param {string} program @param {string[]} args */
const run = (program, ...args) =>
  execFileSync(program, args, { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
/** @param {Uint8Array} bytes */
const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex');
/** @param {string} name */
const hashOf = (name) => sha256(fs.readFileSync(path.join(folder, name)));

/** What would be in it and in no commit. */
function assertClean() {
  const changed = run('git', 'status', '--porcelain').trim();
  if (changed !== '') throw new Error(`a release is made of what is committed; this is not:\n${changed}`);
  if (fs.existsSync(folder) && fs.readdirSync(folder).length > 0) throw new Error(`${folder} is not empty`);
}

/** As an index of releases: docs/artifacts.md. @param {string} version */
function index(version) {
  const architectures = [
    ['amd64', 'x64'],
    ['arm64', 'arm64'],
  ];
  const releases = architectures.map(([arch, name]) => ({
    program: 'sidekick',
    version,
    arch,
    url: `etcd-sidekick-${name}`,
    sha256: hashOf(`etcd-sidekick-${name}`),
  }));
  return `${JSON.stringify({ format: 1, releases }, undefined, 2)}\n`;
}

try {
  assertClean();
  const { version } = JSON.parse(fs.readFileSync(path.join(root, 'package.json'), 'utf8'));
  await build();
  if (run('git', 'status', '--porcelain').trim() !== '')
    throw new Error('dist/ is not what its sources make: commit what `node build.mjs` writes');
  fs.mkdirSync(folder, { recursive: true });
  run('npm', 'pack', '--silent', '--pack-destination', folder);
  if (executables === undefined) await buildSea(['x64', 'arm64'], folder);
  else
    for (const name of ['x64', 'arm64'])
      fs.copyFileSync(path.join(executables, `etcd-sidekick-${name}`), path.join(folder, `etcd-sidekick-${name}`));
  fs.copyFileSync(path.join(root, 'dist/sidekick/etcd-sidekick.cjs'), path.join(folder, 'etcd-sidekick.cjs'));
  fs.writeFileSync(path.join(folder, 'sbom.cdx.json'), run(process.execPath, 'node_modules/.bin/tsx', '.ci/sbom.ts'));
  fs.writeFileSync(path.join(folder, 'index.json'), index(version));
  const names = fs
    .readdirSync(folder)
    .filter((name) => name !== 'SHA256SUMS')
    .sort();
  fs.writeFileSync(path.join(folder, 'SHA256SUMS'), names.map((name) => `${hashOf(name)}  ${name}\n`).join(''));
  for (const name of [...names, 'SHA256SUMS'])
    console.log(`${path.join(out, name)}: ${fs.statSync(path.join(folder, name)).size} bytes`);
} catch (error) {
  console.error(`release: ${error instanceof Error ? error.message : error}`);
  process.exitCode = 1;
}
