import test from 'ava';
import { compile } from '../../compile.ts';
import { loadAssets } from '../../io/assets.ts';

const assets = await loadAssets();

function found(address: string, join: string, servers = 'servers: members') {
  const spec = `version: 1
cluster: {name: mycluster, size: 3}
targets: [vagrant]
address: {${address}}
consul: {${servers}, join: [${join}]}
etcd: {version: 3.7.3}
tls: off
`;
  const { files, diagnostics } = compile(spec, { file: 'x', assets });
  if (diagnostics.length === 0) return files.length > 0 ? 'fine' : 'nothing';
  return diagnostics.map(({ code, pointer, place }) => `${code} ${pointer} ${place?.line}:${place?.column}`).join('; ');
}

test('the address has to be given by network', (t) => {
  t.is(found('interface: eth1', '192.168.56.101'), 'network-missing /address/interface 4:11');
  t.is(found('metadata: ec2', '192.168.56.101'), 'network-missing /address/metadata 4:11');
  t.is(found('cidr: 192.168.56.0/24', '192.168.56.101'), 'fine');
});

test('the network holds all members, and no NAT address', (t) => {
  t.is(found('cidr: 192.168.56.0/25', '192.168.56.101'), 'fine');
  t.is(found('cidr: 192.168.56.0/26', '192.168.56.1'), 'network-small /address/cidr 4:17');
  for (const [cidr, first] of [
    ['10.0.0.0/16', '10.0.0.101'],
    ['10.0.2.0/25', '10.0.2.101'],
    ['192.168.0.0/16', '192.168.0.101'],
    ['172.17.4.0/24', '172.17.4.101'],
  ]) {
    t.is(found(`cidr: ${cidr}`, `${first}`), 'network-taken /address/cidr 4:17', cidr);
  }
  t.is(found('cidr: 10.0.3.0/24', '10.0.3.101'), 'fine');
});

test("Consul's servers are among the boxes", (t) => {
  const cidr = 'cidr: 192.168.56.0/24';
  t.is(found(cidr, '"192.168.56.103:8301"'), 'fine');
  t.is(found(cidr, 'consul.example, 192.168.56.102'), 'fine');
  t.is(found(cidr, '192.168.56.104'), 'join-elsewhere /consul/join 5:34');
  t.is(found(cidr, '192.168.56.101', 'servers: role'), 'join-elsewhere /consul/join 5:31');
  t.is(found(cidr, '192.168.56.11', 'servers: role'), 'fine');
  t.is(found(cidr, '10.1.2.3', 'servers: existing'), 'fine');
  t.is(found(cidr, '192.168.56.101, provider=aws tag_key=a tag_value=b'), 'join-elsewhere /consul/join/1 5:51');
});

test('the remedy names the addresses', (t) => {
  const spec = 'version: 1\ncluster: {name: a, size: 3}\ntargets: [vagrant]\naddress: {cidr: 192.168.56.0/24}\n';
  const rest = 'consul: {servers: members, join: [10.0.0.1]}\netcd: {version: 3.7.3}\ntls: off\n';
  const [one] = compile(spec + rest, { file: 'x', assets }).diagnostics;
  t.is(one?.remedy, 'Write `join: [192.168.56.101, 192.168.56.102, 192.168.56.103]`.');
});
