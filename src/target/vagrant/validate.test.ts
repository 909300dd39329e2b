import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import test from 'ava';
import { compile } from '../../compile.ts';
import { loadAssets } from '../../io/assets.ts';

// Vagrant itself reads what is emitted; no provider has to be there for it.
const hasVagrant = spawnSync('vagrant', ['--version']).status === 0;
const reads = hasVagrant ? test : test.skip;
const assets = await loadAssets();
const testdata = new URL('testdata/', import.meta.url);
const specs = readdirSync(testdata).filter((name) => name.endsWith('.spec.yaml'));

/** The README's way: a Vagrantfile of the user's own that loads the emitted one. */
function validate(files: readonly { path: string; bytes: Uint8Array | string }[]) {
  const folder = mkdtempSync(join(tmpdir(), 'quorumgate-vagrant-'));
  try {
    const own = { path: '../Vagrantfile', bytes: "load File.join(__dir__, 'out/vagrant/Vagrantfile')\n" };
    for (const { path, bytes } of [...files, own]) {
      const file = join(folder, 'out', path);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, bytes);
    }
    const env = { ...process.env, VAGRANT_HOME: join(folder, 'home'), VAGRANT_CHECKPOINT_DISABLE: '1' };
    const args = ['validate', '--ignore-provider'];
    return spawnSync('vagrant', args, {
      cwd: folder,
      encoding: 'utf8',
      env: { ...env, QG_CLOUD_INIT: '1' },
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

for (const spec of specs) {
  reads(`vagrant validate: ${spec}`, (t) => {
    t.timeout(600_000);
    const { files } = compile(readFileSync(new URL(spec, testdata), 'utf8'), { file: spec, assets });
    const { status, stdout, stderr } = validate(files);
    t.is(status, 0, stdout + stderr);
    t.regex(stdout, /Vagrantfile validated successfully/);
  });
}

reads('vagrant validate finds a mistake', (t) => {
  t.timeout(600_000);
  const broken = "Vagrant.configure('2') { |config| config.vm.nonsense = 1 }\n";
  const { status, stderr } = validate([{ path: 'vagrant/Vagrantfile', bytes: broken }]);
  t.not(status, 0);
  t.regex(stderr, /nonsense/);
});
