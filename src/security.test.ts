import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import test from 'ava';

const root = fileURLToPath(new URL('../', import.meta.url));
const document = path.join(root, 'docs/security.md');

/** Why a unit has no sandbox. */
const OPEN: Readonly<Record<string, string>> = {
  'quorumgate-packages.service': 'a package manager writes everywhere, and runs the scripts of packages as root',
  'quorumgate-volume.service': 'what it mounts is for the whole machine, and it formats block devices',
  'static-pod/containerd.service': 'it makes containers: namespaces, mounts, cgroups and devices are its work',
  'static-pod/kubelet.service': 'it manages the machine for its pods: mounts, cgroups, devices, other processes',
};

const units = ['', 'static-pod/'].flatMap((folder) =>
  readdirSync(path.join(root, 'units', folder))
    .filter((name) => name.endsWith('.service'))
    .map((name) => `${folder}${name}`),
);

/** Its exposure, from 0 to 10, by this machine's systemd; undefined where that cannot look at a file. */
function exposureOf(unit: string): number | undefined {
  const args = ['security', '--offline=true', '--no-pager', path.join(root, 'units', unit)];
  const { stdout } = spawnSync('systemd-analyze', args, { encoding: 'utf8' });
  const [, level] = /Overall exposure level for .*: ([\d.]+) /.exec(stdout ?? '') ?? [];
  return level === undefined ? undefined : Number(level);
}

const version = /^systemd (\d+)/.exec(
  spawnSync('systemd-analyze', ['--version'], { encoding: 'utf8' }).stdout ?? '',
)?.[1];

const levels = new Map(units.map((unit) => [unit, exposureOf(unit)]));
// systemd 250 is the first that looks at files.
const measured = [...levels.values()].includes(undefined) ? test.skip : test;

measured('each unit is in a sandbox, or says why not; docs/security.md shows it', (t) => {
  for (const [unit, level = 10] of levels) {
    if (OPEN[unit] === undefined) t.true(level <= 2, `${unit}: ${level}`);
    else t.true(level > 5, `${unit} has a sandbox now`);
  }
  // Others count a little differently.
  if (version !== '252') return;
  const rows = [...levels].map(([unit, level]) => `| \`${unit}\` | ${level?.toFixed(1)} | ${OPEN[unit] ?? ''} |`);
  const head = ['| unit | systemd 252 | why so much |', '|---|---|---|'];
  const table = ['<!-- exposure: begin -->', ...head, ...rows, '<!-- exposure: end -->'].join('\n');
  const text = readFileSync(document, 'utf8');
  const made = text.replace(/<!-- exposure: begin -->[\s\S]*<!-- exposure: end -->/, table);
  if (process.env['UPDATE'] !== undefined) writeFileSync(document, made);
  else t.is(text, made);
});

interface Entry {
  version: string;
  integrity?: string;
  resolved?: string;
  license?: string;
}

const { packages } = JSON.parse(readFileSync(path.join(root, 'package-lock.json'), 'utf8')) as {
  packages: Record<string, Entry>;
};
const locked = Object.entries(packages).filter(([name]) => name !== '');

test('each package of the lock file has its SHA-512, and no address', (t) => {
  t.true(locked.length > 100);
  for (const [name, { integrity, resolved }] of locked) {
    t.regex(integrity ?? '', /^sha512-[\w+/]{86}==$/, name);
    t.is(resolved, undefined, name);
  }
});

const PERMISSIVE = [
  '0BSD',
  'Apache-2.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'BlueOak-1.0.0',
  'ISC',
  'MIT',
  'PSF-2.0',
  'Zlib',
];

test('npm run sbom lists what the product holds, each with a permissive licence', (t) => {
  const { stdout, status } = spawnSync('npm', ['run', '--silent', 'sbom'], { cwd: root, encoding: 'utf8' });
  t.is(status, 0);
  const { bomFormat, components } = JSON.parse(stdout) as {
    bomFormat: string;
    components: {
      group?: string;
      name: string;
      version: string;
      licenses?: { license?: { id: string }; expression?: string }[];
      hashes?: unknown[];
    }[];
  };
  t.is(bomFormat, 'CycloneDX');
  const names = JSON.parse(readFileSync(path.join(root, 'dist/cli/packages.json'), 'utf8')) as string[];
  t.true(names.length > 10, String(names));
  const held = locked
    .filter(([name]) => names.includes(name))
    .map(([name, one]) => `${name.replace(/^.*node_modules\//, '')} ${one.version}`);
  t.deepEqual(
    components.map((one) => [one.group, one.name].filter(Boolean).join('/').concat(` ${one.version}`)).sort(),
    held.sort(),
  );
  for (const { name, licenses = [], hashes = [] } of components) {
    t.true(hashes.length > 0, name);
    const said = licenses.map(({ license, expression = '' }) => license?.id ?? expression).join(' AND ');
    for (const one of said.replace(/[()]/g, '').split(' AND ')) t.true(PERMISSIVE.includes(one), `${name}: ${said}`);
  }
});
