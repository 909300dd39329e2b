import test from 'ava';
import { loadAssets } from '../io/assets.ts';
import { buildPlans } from '../plan/build.ts';
import type { Plan } from '../plan/plan.ts';
import { readSpec } from '../spec/read.ts';
import { WITHOUT_PROGRAMS } from '../spec/reference.ts';
import { aws } from './aws/emit.ts';
import { containerLinux } from './container-linux/emit.ts';
import { fedoraCoreos } from './fedora-coreos/emit.ts';
import { flatcar } from './flatcar/emit.ts';
import { noise } from './noise.ts';
import type { Emitted, Target } from './target.ts';

/** Each target's forms, while a spec grows byte by byte. */
const assets = await loadAssets();
const BASE = 'https://artifacts.example.com/boot';

interface Growing {
  plan: Plan;
  emit(target: Target, grown: Plan): Emitted;
}

function growing(documents: object): Growing {
  const programs = { sidekick: { url: 'https://x/y', sha256: '0a'.repeat(32) } };
  const text = `${WITHOUT_PROGRAMS}programs: ${JSON.stringify(programs)}\ndocuments: ${JSON.stringify(documents)}\n`;
  const { spec, diagnostics } = readSpec(text, 'x', ['aws']);
  const [plan] = spec === undefined ? [] : buildPlans(spec, assets);
  if (spec === undefined || plan === undefined) throw new Error(JSON.stringify(diagnostics));
  const emit = (target: Target, larger: Plan) => {
    const [document] = target.emit([larger], assets, spec).documents;
    if (document === undefined) throw new Error('no document');
    return document;
  };
  return { plan, emit };
}

/** The plan and one more file of `bytes` incompressible bytes, and a second that makes up for the steps of base64. */
function grown(plan: Plan, bytes: number, fine = 0): Plan {
  const file = (path: string, content: string) => ({ path, mode: 0o644, content, pointer: '' });
  return { ...plan, files: [...plan.files, file('/etc/a', noise(bytes)), file('/etc/b', 'x'.repeat(fine))] };
}

/** The most bytes that keep the form. */
function last(emit: (bytes: number) => Emitted, form: string, start: number): number {
  let [low, high] = [start, start + 40_000];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (emit(middle).form === form) low = middle;
    else high = middle;
  }
  return low;
}

// Of the places that the spec can name the one where a member begins with the first form.
for (const [target, platform, forms] of [
  [aws, 'ec2', ['gzip', 'gzip, the rest fetched by a unit']],
  [containerLinux, 'azure', ['inline', 'packed, unpacked by a unit', 'config.replace by URL']],
  [flatcar, 'hetzner', ['inline', 'config.replace with gzip', 'config.replace by URL']],
  [fedoraCoreos, 'hetzner', ['inline', 'config.replace with gzip', 'config.replace by URL']],
] as const) {
  test(`${target.name}: byte by byte each larger size takes the next form, and just where the one before is over`, (t) => {
    const { plan, emit } = growing({ baseUrl: BASE, platform });
    const at = (bytes: number) => emit(target, grown(plan, bytes));
    t.is(at(0).form, forms[0]);
    // A document has one of its forms: the first where there is no limit, the one before the last where nothing is fetched.
    const [unlimited, alone] = [growing({ platform: 'qemu' }), growing({ platform })];
    let from = 0;
    for (const [index, form] of forms.slice(0, -1).entries()) {
      const sizeOf = (bytes: number) =>
        (index === 0 && target !== aws ? unlimited : alone).emit(target, grown(plan, bytes)).size;
      const end = last(at, form, from);
      const taken = new Set<string | undefined>();
      for (let bytes = end - 5; bytes <= end + 5; bytes += 1) {
        const { form: actual, size, limit } = at(bytes);
        // Not always the longer text: gzip sometimes shortens it more.
        t.is(actual, forms[index + (sizeOf(bytes) > limit.bytes ? 1 : 0)], `${bytes} bytes: ${sizeOf(bytes)}`);
        t.true(size <= limit.bytes, `${form}: ${size}`);
        t.true(Math.abs(sizeOf(bytes) - limit.bytes) < 20, `${form}: ${sizeOf(bytes)}`);
        taken.add(actual);
      }
      t.deepEqual([...taken], forms.slice(index, index + 2));
      from = end + 10;
    }
    t.is(at(80_000).form, forms.at(-1));
  });
}

test('aws: the limit falls exactly between 16,384 and 16,385', (t) => {
  const alone = growing({});
  const { plan, emit } = growing({ baseUrl: BASE });
  const found = new Map<number, Plan>();
  // gzip grows in steps: look near the limit for the texts that come to just these two sizes.
  const near = last((bytes) => alone.emit(aws, grown(plan, bytes)), 'gzip', 0);
  t.is(near, 40_000 - 1, 'without a place to fetch from there is one form');
  const end = last((bytes) => emit(aws, grown(plan, bytes)), 'gzip', 0);
  for (let bytes = end - 30; bytes < end + 30; bytes += 1) {
    for (let fine = 0; fine < 4; fine += 1) {
      const one = grown(plan, bytes, fine);
      found.set(alone.emit(aws, one).size, one);
    }
  }
  const [fits, over] = [found.get(16_384), found.get(16_385)];
  if (fits === undefined || over === undefined) throw new Error(`hit: ${[...found.keys()].sort().join(' ')}`);
  t.like(emit(aws, fits), { form: 'gzip', size: 16_384 });
  t.like(emit(aws, over), { form: 'gzip, the rest fetched by a unit' });
  t.is(emit(aws, over).uploads?.length, 1);
  t.true(alone.emit(aws, over).size > alone.emit(aws, over).limit.bytes);
});

test('each Ignition target: EC2 too takes 16,384 bytes and not one more', (t) => {
  for (const [target, form] of [
    [containerLinux, 'packed, unpacked by a unit'],
    [flatcar, 'config.replace with gzip'],
    [fedoraCoreos, 'config.replace with gzip'],
  ] as const) {
    const alone = growing({});
    const { plan, emit } = growing({ baseUrl: BASE });
    const end = last((bytes) => emit(target, grown(plan, bytes)), form, 0);
    const before = emit(target, grown(plan, end));
    t.like(before, { form });
    t.true(before.size > 16_384 - 8 && before.size <= 16_384, `${target.name}: ${before.size}`);
    const after = alone.emit(target, grown(plan, end + 1));
    t.true(after.size > 16_384 && after.size <= 16_384 + 8, `${target.name}: ${after.size}`);
  }
});

test('a stub by URL fits the narrowest place, with the longest URL', (t) => {
  const baseUrl = `https://${'x'.repeat(292)}`;
  for (const target of [flatcar, fedoraCoreos, containerLinux]) {
    const { plan, emit } = growing({ platform: 'virtualbox', baseUrl, timeout: 3600 });
    const { form, size, limit } = emit(target, plan);
    t.is(form, 'config.replace by URL');
    t.is(limit.bytes, 1_024);
    t.true(size <= 1_024, `${target.name}: ${size}`);
  }
});

test('base64 counts where the place counts base64', (t) => {
  const { plan, emit } = growing({ platform: 'openstack' });
  const { files, size, form } = emit(flatcar, plan);
  t.is(form, 'inline');
  t.is(size, Buffer.from(files[0]?.bytes ?? []).toString('base64').length);
});
