import test from 'ava';
import { SMALLEST } from '../../spec/reference.ts';
import { inFolder } from '../folder-testing.ts';

test('explain: with a spec the line, the documents and the sizes', (t) => {
  const { run } = inFolder(t, { 'cluster.yaml': SMALLEST });
  const { status, stdout } = run('explain', '/etc/quorumgate/consul.d/agent.json', 'cluster.yaml');
  t.is(status, 0);
  t.regex(stdout, /^\/etc\/quorumgate\/consul\.d\/agent\.json: a file\n/);
  t.regex(stdout, /^ {2}asked for by {2}cluster\.yaml:8: consul:$/m);
  t.regex(stdout, /^ {2}in aws\/etcd +an entry of write_files/m);
  for (const line of stdout.split('\n')) t.true(line.length <= 121, line);
});

test('explain: without a spec what can be said; several things of one name are all told', (t) => {
  const { run, told } = inFolder(t, {});
  t.regex(run('explain', 'size-even').stdout, /^ {2}wrong +cluster: \{name: mycluster, size: 4\}$/m);
  t.regex(run('explain', 'etcd.replaceDeadAfter').stdout, /^ {2}default +60$/m);
  t.regex(run('explain', '--', '--force-new-cluster').stdout, /it loses acknowledged writes/);
  t.like(told('explain', 'etcd.service'), { exitCode: 0, explained: { 0: { kind: 'unit', name: 'etcd.service' } } });
});

test('explain: what is nothing fails, with what was meant', (t) => {
  const { run, told } = inFolder(t, { 'cluster.yaml': SMALLEST });
  const { status, stderr } = run('explain', 'peerPort');
  t.is(status, 1);
  t.regex(stderr, /^error: there is no diagnostic.*`peerPort`\.\n {2}remedy: Did you mean `etcd\.peerPort`\?/);
  t.is(run('explain', '/etc/passwd', 'cluster.yaml').status, 1);
  const wrong = inFolder(t, { 'a.yaml': SMALLEST.replace('size: 3', 'size: 4') });
  const shown = wrong.run('explain', 'cluster.size', 'a.yaml');
  t.is(shown.status, 0);
  t.regex(shown.stdout, /^ {2}set by +a\.yaml:4: size: 4$/m);
  t.regex(shown.stderr, /^a\.yaml has errors/);
  t.like(wrong.told('explain', 'etcd.service', 'a.yaml'), { diagnostics: { 0: { code: 'size-even' } } });
  t.like(told('explain', 'x.y', 'none.yaml'), { exitCode: 1, diagnostics: { 0: { code: 'spec-unreadable' } } });
});
