import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import test from 'ava';
import fc from 'fast-check';
import { readDataUrl } from '../format/data-url.ts';
import { loadAssets } from '../io/assets.ts';
import { buildPlans } from '../plan/build.ts';
import type { Plan } from '../plan/plan.ts';
import { withOwnScript } from '../plan/script.ts';
import { readSpec } from '../spec/read.ts';
import { fedoraCoreos } from './fedora-coreos/emit.ts';
import { flatcar } from './flatcar/emit.ts';
import { type AnyIgnition, interpretIgnition } from './interpret-ignition.ts';
import { noise } from './noise.ts';
import { specs } from './spec-corpus.ts';
import type { Emitted } from './target.ts';

/** Configurations as flatcar and fedora-coreos share them, handed to the real readers where they are (Debian: package `ignition`). */
const loaded = await loadAssets();
const assetsWith = (length: number) => ({ ...loaded, sidekicks: { 'etcd-sidekick': `#!/bin/node\n${noise(length)}` } });

function plansOf(text: string, length = 0): { plans: Plan[]; emit(target: typeof flatcar): Emitted[] } {
  const assets = assetsWith(length);
  const read = readSpec(text, 'x', ['aws']).spec;
  if (read === undefined) throw new Error(`no spec: ${text}`);
  const { spec } = withOwnScript(read, assets);
  const plans = buildPlans(spec, assets);
  return { plans, emit: (target) => target.emit(plans, assets, spec).documents };
}

const text = ({ files }: Emitted) => new TextDecoder().decode(files[0]?.bytes);

/** The document itself and, when it is a stub, what it stands for. */
function layers(emitted: Emitted): string[] {
  const document = text(emitted);
  if (emitted.uploads !== undefined) return [document, new TextDecoder().decode(emitted.files[1]?.bytes)];
  const replace = (JSON.parse(document) as AnyIgnition).ignition.config?.replace;
  if (replace === undefined) return [document];
  return [document, new TextDecoder().decode(readDataUrl({ source: '', ...replace } as { source: string }))];
}

function validate(document: string): string {
  const { stdout, stderr, status } = spawnSync('ignition-validate', ['-'], { input: document, encoding: 'utf8' });
  return `${stdout}${stderr}${status === 0 ? '' : `exit ${status}`}`;
}
const validated = spawnSync('ignition-validate', ['-version']).error === undefined ? test : test.skip;

validated('ignition-validate has not a line to say about 300 specs', (t) => {
  const documents = new Set<string>();
  const forms = new Set<string | undefined>();
  for (const [index, spec] of fc.sample(specs, { numRuns: 300, seed: 4 }).entries()) {
    for (const emitted of plansOf(spec, [0, 8_000, 40_000][index % 3]).emit(flatcar)) {
      const [outer = '', inner = outer] = layers(emitted);
      documents.add(inner);
      forms.add(emitted.form);
      // A stub that holds it all is like any other; one by URL has a URL, a hash and seconds of its own.
      if (index < 20 || emitted.uploads !== undefined) documents.add(outer);
    }
  }
  t.true(documents.size >= 300);
  t.deepEqual([...forms].sort(), ['config.replace by URL', 'config.replace with gzip', 'inline']);
  for (const document of documents) t.is(validate(document), '', document);
});

validated('ignition-validate would have a line to say', (t) => {
  const [inner = ''] = layers(plansOf(sample()).emit(flatcar)[0] as Emitted).slice(-1);
  t.regex(validate(inner.replace('"enabled":true', '"enable":true')), /Unused key enable/);
  t.regex(validate(inner.replace('ExecStart=', `# ${'x'.repeat(2049)}\\nExecStart=`)), /line too long|max 2048/);
});

const specSamples = () => fc.sample(specs, { numRuns: 20, seed: 1 });

function sample(): string {
  return fc.sample(specs, { numRuns: 1, seed: 1 })[0] ?? '';
}

test('fedora-coreos and flatcar take the same document', (t) => {
  const { emit } = plansOf(sample());
  t.deepEqual(emit(fedoraCoreos).map(text), emit(flatcar).map(text));
});

test('parts add up to about the document, largest first', (t) => {
  for (const { parts, size, uploads } of specSamples().flatMap((spec) => plansOf(spec).emit(flatcar))) {
    if (uploads !== undefined) continue;
    const sum = parts.reduce((total, { bytes }) => total + bytes, 0);
    t.true(Math.abs(sum - size) < size / 5, `${sum} of ${size}`);
    t.deepEqual(
      parts.map(({ bytes }) => bytes),
      parts.map(({ bytes }) => bytes).sort((a, b) => b - a),
    );
  }
});

const ENGINE = '/usr/lib/dracut/modules.d/30ignition/ignition';
const engine = existsSync(ENGINE) && process.getuid?.() === 0 ? test : test.skip;

engine('the real engine leaves just the tree that the interpreter reads, and labels all of it', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'quorumgate-ignition-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  // It writes a user's keys as that user.
  chmodSync(folder, 0o755);
  const names = fc.sample(specs, { numRuns: 6, seed: 2 });
  // The engine would fetch the file behind a URL.
  const whole = names.flatMap((spec) => plansOf(spec).emit(flatcar)).filter(({ uploads }) => uploads === undefined);
  t.true(whole.length >= 3);
  for (const [index, document] of whole.map(text).entries()) {
    const root = join(folder, String(index), 'root');
    const at = (name: string) => join(folder, String(index), name);
    mkdirSync(join(root, 'etc/selinux'), { recursive: true });
    writeFileSync(join(root, 'etc/selinux/config'), 'SELINUXTYPE=targeted\n');
    // A system has it.
    writeFileSync(join(root, 'etc/group'), 'sudo:x:27:\n');
    writeFileSync(at('config.ign'), document);
    // The engine names on its standard input what is to be labelled.
    writeFileSync(at('setfiles'), '#!/bin/sh\nexec tr "\\0" "\\n" >>"$LABELS"\n');
    chmodSync(at('setfiles'), 0o755);
    for (const stage of ['fetch', 'files']) {
      const files = [`--config-cache=${at('cache')}`, `--neednet=${at('neednet')}`, `--state-file=${at('state')}`];
      const { status, stdout } = spawnSync(
        ENGINE,
        ['--platform=file', `--stage=${stage}`, `--root=${root}`, ...files, '--log-to-stdout'],
        {
          encoding: 'utf8',
          env: { PATH: `${at('')}:/usr/sbin:/usr/bin`, IGNITION_CONFIG_FILE: at('config.ign'), LABELS: at('labels') },
        },
      );
      t.is(status, 0, stdout);
    }
    const tree = interpretIgnition(document);
    const found = readdirSync(root, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => `/${relative(root, join(entry.parentPath, entry.name))}`);
    const wanted = [...tree.files].filter(([, { bytes }]) => bytes !== undefined).map(([path]) => path);
    const preset = '/etc/systemd/system-preset/20-ignition.preset';
    const byUseradd = /^\/etc\/(passwd|group|shadow|gshadow|subuid|subgid|\.pwd\.lock)-?$|^\/(home|var)\//;
    const others = found.filter((path) => !/ignition-result|selinux/.test(path) && !byUseradd.test(path));
    t.deepEqual(others.sort(), [...wanted, preset].sort());
    for (const [path, { mode, bytes, owner }] of tree.files) {
      const { mode: actual, uid, gid } = statSync(join(root, path));
      t.is(actual & 0o7777, mode, path);
      t.is(uid === 0 && gid === 0, owner === 'root', `${path} is of ${owner}`);
      if (bytes !== undefined) t.deepEqual(new Uint8Array(readFileSync(join(root, path))), bytes, path);
    }
    const lines = readFileSync(join(root, preset), 'utf8').trim().split('\n');
    t.deepEqual(lines.sort(), tree.enabled.map((name) => `enable ${name}`).sort());
    const labelled = readFileSync(at('labels'), 'utf8').split('\n');
    for (const path of ['opt', 'etc/quorumgate']) {
      t.true(
        labelled.some((one) => one === join(root, path) || one.startsWith(join(root, path, ''))),
        path,
      );
    }
  }
});
