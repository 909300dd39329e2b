import test from 'ava';
import { marked } from '../marked-testing.ts';
import { readSpec } from '../read.ts';
import { SMALLEST } from '../reference.ts';

/** Diagnostics of `consul.join`, each as `code: marked text`; Consul's servers are elsewhere unless said otherwise. */
const finds = test.macro<[entries: string, ...expected: string[]]>({
  exec(t, entries, ...expected) {
    t.deepEqual(problems(entries, 'existing'), expected);
  },
  title: (_, entries, ...expected) => `${expected.join(', ') || 'nothing'} in [${entries}]`,
});

function problems(entries: string, servers: string): string[] {
  const text = SMALLEST.replace(
    / {2}servers: members\n {2}join:\n.*\n/,
    `  servers: ${servers}\n  join: [${entries}]\n`,
  );
  return marked(readSpec(text, 'cluster.yaml', ['aws']).diagnostics);
}

const tagged = 'provider=aws tag_key=a tag_value=b';

test(finds, `10.0.0.5, consul.example.com, "10.0.0.6:8301", ${tagged}`);
test(finds, '"[::1]:8301"', 'join-ipv6: "[::1]:8301"');
test(finds, 'fe80::1', 'join-ipv6: fe80::1');
test(finds, '10.0.0.300', 'join-address: 10.0.0.300');
test(finds, '"host:99999"', 'join-address: "host:99999"');
test(finds, 'a b', 'join-address: a b');
test(finds, '5', 'wrong-type: 5');
test(finds, '5, "[::1]"', 'wrong-type: 5', 'join-ipv6: "[::1]"');

test(finds, 'provider=awss a=b', 'join-provider-unknown: provider=awss a=b');
test(finds, 'tag_key=x provider=aws', 'join-provider-form: tag_key=x provider=aws');
test(finds, 'provider=gce tag_value="a b"');
test(finds, "provider=gce tag_value='a b'", "join-provider-form: provider=gce tag_value='a b'");
test(finds, 'provider=os user_name=a password=b', 'join-secret: provider=os user_name=a password=*');

test(finds, 'provider=aws', 'join-aws-tags: provider=aws');
test(finds, 'provider=aws tag_key=x', 'join-aws-tags: provider=aws tag_key=x');
test(finds, 'provider=aws tag_key', 'join-provider-form: provider=aws tag_key');
test(finds, 'provider=aws tag_key=a tag_value=""', 'join-aws-tags: provider=aws tag_key=a tag_value=""');
test(finds, `${tagged} region=eu-west-1 addr_type=public_v4 service=ec2 endpoint=https://ec2.example.com`);
test(finds, `${tagged} addr_type=public`, `join-aws-option: ${tagged} addr_type=public`);
test(finds, `${tagged} regoin=eu-west-1`, `join-aws-option: ${tagged} regoin=eu-west-1`);
test(finds, `${tagged} addr_type=public_v6`, `join-ipv6: ${tagged} addr_type=public_v6`);
test(finds, `${tagged} secret_access_key=x=`, `join-secret: ${tagged} secret_access_key=**`);
test(finds, `${tagged} service=ecs ecs_cluster=x`);

test('servers on the hosts themselves are instances, not tasks', (t) => {
  for (const servers of ['members', 'role']) {
    t.deepEqual(problems(`${tagged} service=ecs`, servers), [`join-aws-ecs: ${tagged} service=ecs`]);
  }
});

test('the value of a secret is not repeated', (t) => {
  const text = SMALLEST.replace('tag_value=mycluster', 'tag_value="mycluster secret_access_key=S3cr3t');
  const [found] = readSpec(text, 'cluster.yaml', ['aws']).diagnostics;
  t.is(found?.code, 'join-secret');
  t.notRegex(JSON.stringify(found), /S3cr3t/);
});

test('a slip in an option is corrected', (t) => {
  const text = SMALLEST.replace('tag_value=mycluster', 'tag_value=mycluster addr_tpye=private_v4');
  const [found] = readSpec(text, 'cluster.yaml', ['aws']).diagnostics;
  t.regex(found?.suggestion ?? '', /tag_value=mycluster addr_type=private_v4$/);
});
