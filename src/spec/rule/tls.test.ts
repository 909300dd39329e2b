import test from 'ava';
import { clusterEnvironment } from '../../plan/environment.ts';
import { marked } from '../marked-testing.ts';
import { readSpec } from '../read.ts';

const spec = (more: string, clientCa: string, version: string) => `version: 1
cluster: {name: mycluster, size: 3}
targets: [aws]
address: {metadata: ec2}
consul: {servers: members, join: [provider=aws tag_key=etcd tag_value=mycluster]}
etcd: {version: ${version}}
tls:
  peer: {cert: /a, key: /b, ca: /c${more}}
  client: {cert: /e, key: /f, ca: ${clientCa}}
${version.startsWith('3.4.') ? 'allow: {etcd-unsupported: a, etcd-insecure: b, etcd-faulty: c}\n' : ''}`;

/** Each diagnostic as `code: marked text`, of one CA for both sides unless told otherwise. */
const finds = test.macro<[more: string, clientCa?: string, ...expected: string[]]>({
  exec(t, more, clientCa = '/c', ...expected) {
    for (const version of ['3.4.45', '3.5.33', '3.6.14', '3.7.3']) {
      const { diagnostics } = readSpec(spec(more, clientCa, version), 'cluster.yaml', ['aws']);
      const found = marked(diagnostics.filter(({ message }) => !message.includes('Allowed: ')));
      t.deepEqual(found, expected);
    }
  },
  title: (_, more, clientCa = '/c', ...expected) => `${expected.join(', ') || 'nothing'} in /c${more} and ${clientCa}`,
});

test(finds, '', '/g');
test(finds, '', '/c', 'tls-ca-shared: /c');
test(finds, '', '/x/../c', 'path-not-plain: /x/../c', 'tls-ca-shared: /x/../c');
for (const name of ['allowedHostname: a.example', 'allowedHostname: peers', 'allowedCommonName: "system:etcd@A+b_1"']) {
  test(finds, `, ${name}`);
  test(finds, `, ${name}`, '/g');
}
test(finds, ', allowedCommonName: a, allowedHostname: b', '/c', 'tls-peer-names: allowedCommonName');
// A list etcd takes for one name, up to 3.5.14; a line break would be a variable more.
for (const bad of ['a,b', '*.example', 'A.example', '-a', 'a b', 'a\\nETCD_X=y']) {
  test(finds, `, allowedHostname: "${bad}"`, '/c', `bad-format: "${bad}"`);
}
for (const bad of ['a,b', 'a b', '', 'a\\nETCD_X=y']) {
  test(finds, `, allowedCommonName: "${bad}"`, '/c', `bad-format: "${bad}"`);
}

test('the remedy names both ways, and etcd is told the one that was taken', (t) => {
  const [shared] = readSpec(spec('', '/c', '3.7.3'), 'cluster.yaml', ['aws']).diagnostics;
  t.regex(shared?.message ?? '', /every client for a member/);
  t.regex(shared?.remedy ?? '', /a CA of their own.*allowedHostname.*allowedCommonName/);
  const told = (more: string) => {
    const { spec: read } = readSpec(spec(more, '/g', '3.7.3'), 'cluster.yaml', ['aws']);
    return read && clusterEnvironment(read, 'etcd').match(/^ETCD_PEER_CERT_ALLOWED.*$/gm);
  };
  t.is(told(''), null);
  t.deepEqual(told(', allowedHostname: a.example'), ['ETCD_PEER_CERT_ALLOWED_HOSTNAME=a.example']);
  t.deepEqual(told(', allowedCommonName: "a:b"'), ['ETCD_PEER_CERT_ALLOWED_CN=a:b']);
});
