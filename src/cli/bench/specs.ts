// Compiles as many specs of one target as it is told with the compiler of a tree, and prints what that cost (main.ts).
import path from 'node:path';

const [tree = '', target = '', count = '0'] = process.argv.slice(2);
const from = <Module>(name: string) => import(path.join(tree, 'src', name)) as Promise<Module>;
const { compile } = await from<typeof import('../../compile.ts')>('compile.ts');
const { loadAssets } = await from<typeof import('../../io/assets.ts')>('io/assets.ts');
const assets = await loadAssets(tree);

/** One that every target takes; each has a name of its own. */
const specOf = (index: number) => `version: 1
cluster: {name: c${index}, size: 3}
targets: [${target}]
address: {cidr: 192.168.56.0/24}
consul: {servers: members, join: [192.168.56.101, 192.168.56.102, 192.168.56.103]}
etcd: {version: 3.7.3}
tls: off
programs:
  consul: {url: "https://example.com/consul.zip", sha256: ${'a'.repeat(64)}}
  etcd: {url: "https://example.com/etcd.tar.gz", sha256: ${'b'.repeat(64)}}
  node: {url: "https://example.com/node.tar.gz", sha256: ${'c'.repeat(64)}}
  sidekick: {url: "https://example.com/etcd-sidekick.cjs"}
compose: {base: localhost/base}
`;

const [start, before] = [performance.now(), process.cpuUsage()];
for (let index = 0; index < Number(count); index++) {
  const { files, diagnostics } = compile(specOf(index), { file: 'cluster.yaml', assets });
  if (files.length === 0) throw new Error(JSON.stringify(diagnostics));
}
const { user, system } = process.cpuUsage(before);
process.stdout.write(JSON.stringify({ cpu: (user + system) / 1000, wall: performance.now() - start }));
