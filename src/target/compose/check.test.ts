import test from 'ava';
import { compile } from '../../compile.ts';
import { loadAssets } from '../../io/assets.ts';

const assets = await loadAssets();

function found(changes: Record<string, string>) {
  const keys = {
    address: '{cidr: 10.78.0.0/24}',
    consul: '{servers: members, join: [10.78.0.101]}',
    compose: '{base: localhost/base}',
    etcd: '{version: 3.7.3}',
    ...changes,
  };
  const lines = Object.entries(keys).map(([key, value]) => (value === '' ? '' : `${key}: ${value}\n`));
  const start = 'version: 1\ncluster: {name: mycluster, size: 3}\ntargets: [compose]\ntls: off\n';
  const { files, diagnostics } = compile(start + lines.join(''), { file: 'x', assets });
  if (diagnostics.length === 0) return files.length > 0 ? 'fine' : 'nothing';
  return diagnostics.map(({ code, pointer, place }) => `${code} ${pointer} ${place?.line}:${place?.column}`).join('; ');
}

test('what containers on one machine cannot do is refused at its place', (t) => {
  t.is(found({}), 'fine');
  t.is(found({ compose: '' }), 'compose-base /targets 3:10');
  t.is(found({ address: '{metadata: ec2}' }), 'network-missing /address/metadata 5:11');
  t.is(
    found({ address: '{cidr: 172.17.0.0/24}' }),
    'network-taken /address/cidr 5:17; join-elsewhere /consul/join 6:34',
  );
  t.is(found({ consul: '{servers: existing, join: [10.1.2.3]}' }), 'compose-consul /consul/servers 6:19');
  t.is(found({ etcd: '{version: 3.7.3, volume: {device: /dev/vdb}}' }), 'compose-volume /etcd/volume 8:24');
  t.is(found({ etcd: '{version: 3.7.3, volume: {mount: true}}' }), 'fine');
  const pod =
    '{version: 3.7.3, runtime: static-pod, image: "example.com/etcd@sha256:0000000000000000000000000000000000000000000000000000000000000000"}';
  t.regex(found({ etcd: pod }), /target-without-containers \/etcd\/runtime 8:33/);
  t.is(found({ consul: '{servers: members, join: [10.1.2.3]}' }), 'join-elsewhere /consul/join 6:34');
});

test('an image is named by its digest, or is on the engine', (t) => {
  const digest = `sha256:${'0'.repeat(64)}`;
  for (const base of ['localhost/base', 'localhost/a/b:1.2', `debian@${digest}`, `example.com:5000/a/b:1@${digest}`]) {
    t.is(found({ compose: `{base: "${base}"}` }), 'fine', base);
  }
  for (const base of [
    'debian',
    'debian:12',
    'example.com/a',
    `debian@${digest}0`,
    `DEBIAN@${digest}`,
    'localhost/',
    `a\\nRUN x@${digest}`,
  ]) {
    t.is(found({ compose: `{base: "${base}"}` }), 'bad-format /compose/base 7:17', base);
  }
  t.is(found({ compose: '{bas: localhost/base}' }).split(' ')[0], 'unknown-key');
});
