import test from 'ava';
import { loadAssets } from '../io/assets.ts';
import { readSpec } from '../spec/read.ts';
import { WITHOUT_PROGRAMS } from '../spec/reference.ts';
import { buildPlans } from './build.ts';

const assets = await loadAssets();
const sha = 'a'.repeat(64);

function member(programs: string) {
  const { spec, diagnostics } = readSpec(`${WITHOUT_PROGRAMS}programs: {${programs}}\n`, 'x', ['aws']);
  if (spec === undefined) throw new Error(diagnostics[0]?.message);
  const plan = buildPlans(spec, assets).find(({ role }) => role === 'etcd');
  const content = (path: string) => plan?.files.find((file) => file.path === path)?.content;
  return { content, units: plan?.units.map(({ name }) => name) ?? [] };
}

test('sidekicks that come inline are a file, and need Node', (t) => {
  const { content, units } = member('sidekick: inline');
  t.is(content('/opt/quorumgate/bin/etcd-sidekick'), assets.sidekicks['etcd-sidekick']);
  t.is(content('/etc/quorumgate/programs'), 'consul image\netcd image\nsocat package\nnode package\n');
  t.true(units.includes('quorumgate-packages.service'));
});

test('a single executable is fetched like a program; no file, no Node, no package for it', (t) => {
  const { content, units } = member(`socat: image, sidekick: {url: "https://x/y", sha256: ${sha}}`);
  t.is(content('/opt/quorumgate/bin/etcd-sidekick'), undefined);
  t.is(
    content('/etc/quorumgate/programs'),
    `consul image\netcd image\nsocat image\netcd-sidekick url https://x/y ${sha}\n`,
  );
  t.false(units.includes('quorumgate-packages.service'));
  t.is(content('/opt/quorumgate/libexec/packages'), undefined);
});
