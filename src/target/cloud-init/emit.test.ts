import { gunzipSync } from 'node:zlib';
import test from 'ava';
import { compile } from '../../compile.ts';
import { loadAssets } from '../../io/assets.ts';
import { marked } from '../../spec/marked-testing.ts';
import { WITHOUT_PROGRAMS } from '../../spec/reference.ts';
import { noise } from '../noise.ts';
import { ROWS } from './rows.ts';

const loaded = await loadAssets();
const assetsWith = (length: number) => ({ ...loaded, sidekicks: { 'etcd-sidekick': `#!/x\n${noise(length)}` } });
const specWith = (target: string, more = '') =>
  `${WITHOUT_PROGRAMS.replace('targets: [aws]', `targets: [${target}]`).replace('metadata: ec2', 'cidr: 10.0.0.0/16')}${more}`;

function compiled(target: string, length: number, more = '') {
  const { files, diagnostics, report } = compile(specWith(target, more), { file: 'x', assets: assetsWith(length) });
  const found = (ending: string) => files.find(({ path }) => path.endsWith(ending))?.bytes ?? new Uint8Array();
  return {
    files,
    diagnostics,
    report: report.join('\n'),
    found,
    text: (ending: string) => new TextDecoder().decode(found(ending)),
  };
}

for (const { name, limit, encodings, metadata } of ROWS) {
  test(`${name}: plain text, as every field takes it, and its own limit`, (t) => {
    const { text, report, files, diagnostics } = compiled(name, 100);
    t.deepEqual(diagnostics, []);
    t.true(text('/user-data').startsWith('#cloud-config\n'));
    t.false(files.some(({ path }) => path.endsWith('user-data.yaml')));
    t.true(report.includes(`${name}/etcd: `));
    t.true(report.includes(limit.place));
  });

  test(`${name}: the address is not asked of a service that is not there`, (t) => {
    for (const service of ['ec2', metadata === 'gce' ? 'azure' : 'gce']) {
      const text = specWith(name).replace('cidr: 10.0.0.0/16', `metadata: ${service}`);
      const { diagnostics, files } = compile(text, { file: 'x', assets: assetsWith(1) });
      t.deepEqual(marked(diagnostics), [`metadata-elsewhere: ${service}`]);
      t.regex(diagnostics[0]?.remedy ?? '', metadata ? new RegExp(`metadata: ${metadata}}`) : /cidr.*interface/);
      t.deepEqual(files, []);
    }
  });

  if (metadata !== undefined)
    test(`${name}: the address may be asked of its own service, and of no other`, (t) => {
      const text = specWith(name).replace('cidr: 10.0.0.0/16', `metadata: ${metadata}`);
      const { diagnostics } = compile(text, { file: 'x', assets: assetsWith(1) });
      t.deepEqual(diagnostics, []);
      const elsewhere = text.replace(`targets: [${name}]`, 'targets: [aws]');
      t.deepEqual(marked(compile(elsewhere, { file: 'x', assets: assetsWith(1) }).diagnostics), [
        `metadata-elsewhere: ${metadata}`,
      ]);
    });

  if (Number.isFinite(limit.bytes) && encodings.length > 1) {
    test(`${name}: what is over as text comes compressed, in a form that cloud-init reads`, (t) => {
      const { found, text, diagnostics } = compiled(name, limit.bytes - 25_000);
      t.deepEqual(diagnostics, []);
      const bytes = found('/user-data');
      const packed = encodings[1] === 'gzip' ? bytes : Buffer.from(new TextDecoder().decode(bytes), 'base64');
      t.is(gunzipSync(packed).toString(), text('/user-data.yaml'));
    });
  }
}

test('bare metal is not measured against EC2', (t) => {
  const { report, diagnostics } = compiled('nocloud', 100_000);
  t.deepEqual(diagnostics, []);
  t.regex(report, /^nocloud\/etcd: 1\d\d,\d{3} bytes \(a seed of NoCloud, any size\), plain text/m);
});

test('a seed has a meta-data, and another document another instance', (t) => {
  const first = compiled('nocloud', 10).text('/meta-data');
  t.regex(first, /^instance-id: mycluster-etcd-[0-9a-f]{12}\n$/);
  t.is(compiled('nocloud', 10).text('/meta-data'), first);
  t.not(compiled('nocloud', 11).text('/meta-data'), first);
  t.deepEqual(
    compiled('hetzner', 10).files.filter(({ path }) => path.endsWith('meta-data')),
    [],
  );
});
