import test from 'ava';
import { loadAssets } from '../io/assets.ts';
import type { Spec } from '../spec/defaults.ts';
import { readSpec } from '../spec/read.ts';
import { WITHOUT_PROGRAMS } from '../spec/reference.ts';
import { targets } from '../target/index.ts';
import type { Target } from '../target/target.ts';
import { buildPlans } from './build.ts';

const assets = await loadAssets();
const PROXY = 'environment: {httpProxy: "http://p.example:3128", noProxy: [.example.com, 10.0.0.0/8]}\n';
const CONTENT =
  '[Service]\nEnvironment=http_proxy=http://p.example:3128\nEnvironment=no_proxy=.example.com,10.0.0.0/8\n';

function specOf(text: string): Spec {
  const { spec, diagnostics } = readSpec(text, 'x', ['aws']);
  if (spec === undefined) throw new Error(JSON.stringify(diagnostics));
  return spec;
}
const proxied = (text: string) =>
  (buildPlans(specOf(text), assets)[0]?.files ?? [])
    .filter(({ content }) => content.includes('p.example'))
    .map(({ path, content }) => `${path.replace('/etc/systemd/system/', '')}: ${content}`);
const hash = '0'.repeat(64);

test('the units that fetch or install get the proxy, and no other file has a word of it', (t) => {
  const program = `programs: {node: image, sidekick: {url: "https://x/a.cjs", sha256: "${hash}"}}\n`;
  t.deepEqual(proxied(`${WITHOUT_PROGRAMS}${program}${PROXY}`), [
    `quorumgate-packages.service.d/proxy.conf: ${CONTENT}`,
    `quorumgate-program@.service.d/proxy.conf: ${CONTENT}`,
  ]);
  t.deepEqual(proxied(`${WITHOUT_PROGRAMS}${program.replace('node', 'socat: image, node')}${PROXY}`), [
    `quorumgate-program@.service.d/proxy.conf: ${CONTENT}`,
  ]);
  t.deepEqual(proxied(`${WITHOUT_PROGRAMS}programs: {node: package}\n${PROXY}`), [
    `quorumgate-packages.service.d/proxy.conf: ${CONTENT}`,
  ]);
  t.deepEqual(proxied(WITHOUT_PROGRAMS), []);
});

test('images of pods are pulled by it too', (t) => {
  const text = WITHOUT_PROGRAMS.replace('3.7.3', `3.7.3\n  runtime: static-pod\n  image: "a.b/c@sha256:${hash}"`);
  const found = proxied(`${text}programs: {containerd: image, node: image, socat: image}\n${PROXY}`);
  t.deepEqual(found, [`containerd.service.d/proxy.conf: ${CONTENT}`]);
});

/** All that a target writes of a spec, as text. */
function written(name: string, text: string): string {
  const spec = specOf(text);
  const target = targets.find((one) => one.name === name) as Target;
  const loud = { ...assets, sidekicks: { 'etcd-sidekick': 'x'.repeat(10) } };
  const { documents, shared = [] } = target.emit(buildPlans(spec, loud), loud, spec);
  const files = [...documents.flatMap((document) => document.files), ...shared];
  return files.map(({ bytes }) => new TextDecoder().decode(bytes)).join('\n');
}

test('what does not fit is fetched by the proxy, by a unit and by Ignition', (t) => {
  const far =
    'documents: {platform: virtualbox, baseUrl: "https://x.example"}\nprograms: {node: image, socat: image}\n';
  t.regex(written('flatcar', `${WITHOUT_PROGRAMS}${far}${PROXY}`), /"proxy":\{"httpProxy":"http:\/\/p.example:3128",/);
  t.notRegex(written('flatcar', `${WITHOUT_PROGRAMS}${far}`), /proxy/);
  const check = targets.find(({ name }) => name === 'container-linux')?.check;
  const codes = (text: string) => check?.(specOf(text)).map(({ code }) => code);
  t.deepEqual(codes(`${WITHOUT_PROGRAMS}${far}${PROXY}`), ['target-without-proxy']);
  t.deepEqual(codes(`${WITHOUT_PROGRAMS}${far}`), []);
});

test('an image is built by the proxy, and does not keep it', (t) => {
  const compose = 'compose: {base: localhost/x}\n';
  const text = `${WITHOUT_PROGRAMS.replace('metadata: ec2', 'cidr: 192.168.56.0/24').replace(/- provider=.*/, '- 192.168.56.101')}${compose}`;
  const loud = written('compose', text + PROXY);
  t.regex(loud, /args:\n +http_proxy: http:\/\/p\.example:3128\n +no_proxy: /);
  t.false(loud.includes('Environment=http_proxy'));
  t.false(written('compose', text).includes('args:'));
});
