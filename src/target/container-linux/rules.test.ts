import test from 'ava';
import fc from 'fast-check';
import { loadAssets } from '../../io/assets.ts';
import { buildPlans } from '../../plan/build.ts';
import { withOwnScript } from '../../plan/script.ts';
import { readSpec } from '../../spec/read.ts';
import { plannedTree, undeclared, unequal } from '../host-tree.ts';
import type { AnyIgnition } from '../interpret-ignition.ts';
import { specs } from '../spec-corpus.ts';
import { containerLinux, emitIgnition2 } from './emit.ts';
import { forOldSystemd, restartsOneshot } from './old-systemd.ts';
import { checkIgnition2 } from './rules.ts';

const assets = { ...(await loadAssets()), sidekicks: { 'etcd-sidekick': '#!/opt/quorumgate/bin/node\n' } };

const plans = fc.sample(specs, { numRuns: 40, seed: 4 }).flatMap((text) => {
  const { spec: read } = readSpec(text, 'x', ['aws']);
  if (read === undefined) return [];
  const { spec } = withOwnScript(read, assets);
  // Fragments of spec 3, and arguments of the kernel, are refused before.
  const isRefused = (containerLinux.check?.(spec) ?? []).some(({ code }) => /extra/.test(code));
  return isRefused ? [] : buildPlans(spec, assets);
});

for (const [name, platform] of [
  ['inline', 'qemu'],
  ['packed', 'ec2'],
  ['config.replace by URL', 'virtualbox'],
] as const) {
  test(`what is emitted ${name} keeps all of them, and comes to the plan`, (t) => {
    let count = 0;
    for (const plan of plans) {
      const { files, form } = emitIgnition2(plan, assets, {
        documents: { platform, baseUrl: 'https://x.example/a', timeout: 60 },
      });
      // Some are too large for what EC2 takes, packed or not.
      if (name === 'packed' && form?.startsWith('config.replace by URL')) continue;
      t.true(form?.startsWith(name), form);
      count += 1;
      const written = files.filter(({ path }) => path.endsWith('.ign'));
      t.is(written.length, name === 'config.replace by URL' ? 2 : 1);
      // A unit that the image has, as the spec says of it.
      const known = (plan.extra?.states ?? []).map(({ name: unit }) => `${unit}: enabled without [Install]`);
      for (const { bytes } of written) {
        const findings = checkIgnition2(JSON.parse(new TextDecoder().decode(bytes)));
        t.deepEqual(
          findings.filter((finding) => !known.includes(finding)),
          [],
        );
      }
      const tree = containerLinux.interpret(files).get(plan.role) ?? { files: new Map(), enabled: [] };
      t.deepEqual(undeclared(unequal(plannedTree(plan), tree), containerLinux.differs ?? []), []);
      const texts = [...tree.files].map(([path, { bytes }]) => [path, new TextDecoder().decode(bytes)] as const);
      t.deepEqual(
        texts.filter(([path, text]) => path.endsWith('.service') && restartsOneshot(text)),
        [],
      );
    }
    t.true(count > plans.length / 2, `${count} of ${plans.length}`);
  });
}

const sha512 = `sha512-${'0a'.repeat(64)}`;
const node = { filesystem: 'root', path: '/etc/a', mode: 420, overwrite: true };
const good: AnyIgnition = {
  ignition: { version: '2.2.0' },
  storage: { files: [{ ...node, contents: { source: 'data:,a' } }] },
  systemd: {
    units: [{ name: 'a.service', enabled: true, contents: '[Unit]\nA=b \\\n  c\n# d\n\n[Install]\nWantedBy=x\n' }],
  },
};
const file = (change: object) => ({ ...good, storage: { files: [{ ...node, ...change }] } });
const unit = (change: object) => ({ ...good, systemd: { units: [{ name: 'a.service', ...change }] } });
const stub = (replace: object, timeouts: object) => ({ ignition: { version: '2.2.0', config: { replace }, timeouts } });
const from = (contents: object) => file({ contents });

test('a good one keeps all of them', (t) => {
  t.deepEqual(checkIgnition2(good), []);
  t.deepEqual(checkIgnition2(from({ source: 'https://a/b', compression: 'gzip', verification: { hash: sha512 } })), []);
  t.deepEqual(checkIgnition2(unit({ contents: `[Unit]\nA=${'x'.repeat(2046)}\n` })), []);
});

// Numbers of the traps: shared facts on boot configs, part (b).
const traps: [trap: string, config: object, finding: string][] = [
  [
    'T1: gzip in a data URL',
    from({ source: 'data:;base64,H4sI', compression: 'gzip' }),
    '/etc/a: compression of a data URL',
  ],
  [
    'T3: a stub that has to be unpacked',
    { ...good, ignition: { version: '2.2.0', config: { replace: { source: 'data:,', compression: 'gzip' } } } },
    'ignition.config.replace: compression of a document',
  ],
  [
    'T5: sha256',
    from({ source: 'https://a/b', verification: { hash: `sha256-${'0a'.repeat(32)}` } }),
    '/etc/a: hash is not sha512',
  ],
  ['T9: enable for enabled', unit({ enable: true, contents: '[Install]\n' }), 'unit: unknown key enable'],
  ['T9: content for contents', file({ content: 'a' }), 'node: unknown key content'],
  [
    'T11: a unit twice',
    { ...good, systemd: { units: [{ name: 'a.service' }, { name: 'a.service' }] } },
    'a.service: twice',
  ],
  ['T11: a file twice', { ...good, storage: { files: [node, node] } }, '/etc/a: twice'],
  ['T12: overwrite left to the default', file({ overwrite: undefined }), '/etc/a: overwrite is not said'],
  ['T13: append as 3.x has it', file({ append: [] }), '/etc/a: append is a list in 3.x alone'],
  ['T13: append and overwrite', file({ append: true }), '/etc/a: append and overwrite'],
  ['T14: mode as text', file({ mode: '0644' }), '/etc/a: mode is no integer'],
  ['T14: mode in octal digits', file({ mode: 755 }), '/etc/a: mode 755 is no plausible mode'],
  ['T14: mode left out', file({ mode: undefined }), '/etc/a: mode is no integer'],
  ['T15: 0644 read by YAML 1.2', file({ mode: 644 }), '/etc/a: mode 644 is no plausible mode'],
  ['T18: a line of 2,049 bytes', unit({ contents: `[Unit]\nA=${'x'.repeat(2047)}\n` }), 'a.service: line too long'],
  [
    'T19: a comment inside a line',
    unit({ contents: '[Unit]\nA=b \\\n# c\n  d\n' }),
    'a.service: comment inside a continued line',
  ],
  ['T19: a line without =', unit({ contents: '[Unit]\nA\n' }), 'a.service: line without ='],
  [
    'T20: nothing to enable',
    unit({ enabled: true, contents: '[Unit]\nA=b\n' }),
    'a.service: enabled without [Install]',
  ],
  ['T21: a unit that is not there', unit({ enabled: true }), 'a.service: enabled without [Install]'],
  [
    'T22: an enabled template',
    unit({ name: 'a@b.service', enabled: true, contents: '[Unit]\n\n[Install]\n' }),
    'a@b.service: enabled template',
  ],
  ['T23: enabled: false', unit({ enabled: false }), 'a.service: enabled: false does nothing: mask'],
  ['T25: mask with contents', unit({ mask: true, contents: '[Unit]\n' }), 'a.service: mask loses the contents'],
  [
    'T29: a unit that waits for others',
    unit({ contents: '[Service]\nExecStart=/bin/sh -c "systemctl start etcd"\n' }),
    'a.service: waits for a unit',
  ],
  [
    'T41: a stub without a hash',
    stub({ source: 'https://a/b' }, { httpTotal: 60 }),
    'ignition.config.replace: fetched without a hash',
  ],
  [
    'T41: a stub without an end',
    stub({ source: 'https://a/b', verification: { hash: sha512 } }, { httpResponseHeaders: 10 }),
    'ignition.config.replace: fetched without an end to the trying',
  ],
  ['T42: an archive alone', file({ path: '/opt/a.tar.gz' }), '/opt/a.tar.gz: an archive that nothing unpacks'],
  ['T41: fetched without a hash', from({ source: 'https://a/b' }), '/etc/a: fetched without a hash'],
  ['T43: a read-only place', file({ path: '/usr/local/bin/a' }), '/usr/local/bin/a: on a read-only file system'],
  ['T44: a place that is lost', file({ path: '/run/a' }), '/run/a: lost when the host starts'],
  ['T45: links', { ...good, storage: { links: [] } }, 'storage: unknown key links'],
  ['T46: an owner twice', file({ user: { id: 0, name: 'root' } }), '/etc/a: owner by id and name'],
  ['T47: a version too new', { ...good, ignition: { version: '2.4.0' } }, 'version: 2.4.0'],
  ['T55: CRLF', unit({ contents: '[Unit]\r\nA=b\r\n' }), 'a.service: carriage return'],
  [
    'T57: a unit that is a file too',
    { ...file({ path: '/etc/systemd/system/a.service' }), systemd: good.systemd },
    '/etc/systemd/system/a.service: twice',
  ],
  ['T47: httpHeaders of 2.4', stub({ source: 'data:,' }, { httpHeaders: [] }), 'timeouts: unknown key httpHeaders'],
  ['no filesystem', file({ filesystem: undefined }), '/etc/a: filesystem is not root'],
  ['a name that is no unit', unit({ name: 'a' }), 'a: no unit by its name'],
  [
    'old systemd: oneshot with Restart=',
    unit({ contents: '[Service]\nType=oneshot\nRestart=on-failure\n' }),
    'a.service: oneshot with Restart=',
  ],
  ['a section of 3.x', { ...good, kernelArguments: {} }, 'config: unknown key kernelArguments'],
];

for (const [trap, config, finding] of traps) {
  test(trap, (t) => t.deepEqual(checkIgnition2(config as AnyIgnition), [finding]));
}

/** The traps that no rule of a document is about: where they are held instead. */
const elsewhere: [traps: readonly number[], why: string][] = [
  [[2, 59, 60], 'what is written is JSON in a file of its target, and `interpret.ts` reads it as that: emit.test.ts'],
  [[4], 'nothing that is fetched is compressed, so there is one hash; another is refused: equivalence.test.ts'],
  [[6, 49], 'how a limit counts, and the stub for the narrowest place: size.test.ts, limits.test.ts'],
  [[7, 8], 'the shortest form, and a plus sign: format/data-url.test.ts'],
  [[10], 'these rules give a list, and it has to be empty'],
  [[16, 17, ...range(30, 39)], 'YAML and cloud-init; this is JSON for Ignition'],
  [[24], 'presets act at the first boot: no document can change it; README.md says so'],
  [[26, 27, 28], 'the order of units, without cloud-init here: plan/graph.test.ts, plan/units.test.ts'],
  [[40], 'a spec holds no secret: emit.test.ts looks for keys'],
  [[48, 50, 51], "vagrant-ignition and NoCloud: no target's, and the lab's"],
  [[52], 'no time and no system in gzip: format/gzip.ts; goldens hold the tree beside the bytes'],
  [[53], 'all or nothing is written: io/write.test.ts'],
  [[54], 'units are word for word, and what is put around a command keeps it: below'],
  [[56], 'a key twice: spec/yaml.test.ts'],
  [[58], 'nothing is merged: one document, or one in place of another'],
];

function range(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}

test('each trap of the facts has a rule, or a reason', (t) => {
  const ruled = traps.flatMap(([trap]) => [...trap.matchAll(/\bT(\d+)/g)].map(([, number]) => Number(number)));
  const reasoned = elsewhere.flatMap(([numbers]) => numbers);
  t.deepEqual(
    [...new Set([...ruled, ...reasoned])].sort((a, b) => a - b),
    range(1, 60),
  );
  t.deepEqual(
    reasoned.filter((number) => ruled.includes(number)),
    [],
    'one or the other',
  );
});

test('a unit for old systemd tries again by itself', (t) => {
  const given = '[Service]\nType=oneshot\nExecStart=/bin/sh /a %i\nRestart=on-failure\nRestartSec=5\nUMask=0077\n';
  const wanted = "[Service]\nType=oneshot\nExecStart=/bin/sh -c 'until /bin/sh /a %%i; do sleep 5; done'\nUMask=0077\n";
  t.is(forOldSystemd(given), wanted.replace('%%i', '%i'));
  const daemon = given.replace('oneshot', 'exec');
  t.is(forOldSystemd(daemon), daemon);
});
