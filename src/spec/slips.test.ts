import test from 'ava';
import { render } from '../diagnostic/render.ts';
import { readSpec } from './read.ts';

const TARGETS = ['aws', 'flatcar', 'fedora-coreos', 'vagrant', 'compose'];
const SPEC = `version: 1
cluster: {name: mycluster, size: 3}
targets: [aws]
address: {metadata: ec2}
consul: {servers: members, join: [provider=aws tag_key=etcd tag_value=mycluster]}
etcd: {version: 3.7.3}
tls: off
`;

/** Names and habits of other tools: what is meant is said. */
for (const [from, to, said] of [
  ['[aws]', '[ec2]', /did you mean `aws`\?/],
  ['[aws]', '[fcos]', /did you mean `fedora-coreos`\?/],
  ['[aws]', '[coreos]', /did you mean `fedora-coreos`\?/],
  ['[aws]', '[libvirt]', /did you mean `vagrant`\?/],
  ['[aws]', '[docker]', /did you mean `compose`\?/],
  ['3.7.3', 'v3.7.3', /Write `3\.7\.3`\.\n {2}did you mean `3\.7\.3`\?/],
  ['3.7.3', '" 3.7.3"', /did you mean `3\.7\.3`\?/],
  ['tag_key', 'tagkey', /did you mean `provider=aws tag_key=etcd tag_value=mycluster`\?/],
  ['tag_value', 'tag-value', /did you mean `provider=aws tag_key=etcd tag_value=mycluster`\?/],
  ['tls: off', 'tls: true', /Name the files: `tls: \{peer: .*docs\/tls\.md/],
  ['metadata: ec2', 'metadata: alibaba', /name the network or the interface/],
] as const)
  test(`${to} for ${from}`, (t) => {
    const { diagnostics } = readSpec(SPEC.replace(from, to), 'cluster.yaml', TARGETS);
    t.is(diagnostics.length, 1);
    t.regex(render(diagnostics, 'text'), said);
  });
