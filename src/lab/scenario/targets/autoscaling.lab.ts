import { createHash } from 'node:crypto';
import type { ExecutionContext } from 'ava';
import { loadAssets } from '../../../io/assets.ts';
import { lostWrites } from '../../chaos/check.ts';
import { startWriter } from '../../chaos/writer.ts';
import type { Launched } from '../../cluster/launch.ts';
import { readSeeds } from '../../cluster/seeds.ts';
import { bootableFrom } from '../../compile/compile-for-lab.ts';
import { isUp } from '../../host/inside.ts';
import { boot, type Lab } from '../../lab.ts';
import {
  assertHealed,
  assertSound,
  assertWhole,
  eventually,
  inLab,
  type labOptions,
  labSpec,
  labTest,
  memberIds,
  output,
  says,
} from '../lab-testing.ts';
import { BUCKET, type Cloud, commandsOf, startCloud } from './cloud-testing.ts';

const GROUP = 'mycluster';
const WARM_UP = 600;
const CA = '/etc/ssl/certs/quorumgate-lab.pem';
const text = labSpec({
  secrets: 'off',
  address: '{metadata: ec2}',
  consul: '{servers: members, join: [provider=aws tag_key=etcd tag_value=mycluster]}',
});

/** The one command of our document that begins so, with what a user fills in. */
function command(begin: string, filled: Record<string, string> = {}, document = 'src/target/aws/README.md'): string {
  const found = commandsOf(document).filter((line) => line.startsWith(`aws ${begin} `));
  if (found.length !== 1) throw new Error(`${found.length} commands \`${begin}\``);
  return Object.entries(filled).reduce((line, [hole, value]) => line.replace(hole, value), found[0] ?? '');
}

/** IDs of the group's instances, in the order in which they came. */
async function instancesOf(cloud: Cloud): Promise<string[]> {
  const { AutoScalingGroups } = await cloud.ask('aws autoscaling describe-auto-scaling-groups');
  return AutoScalingGroups[0].Instances.map(({ InstanceId }: { InstanceId: string }) => InstanceId);
}

async function network(cloud: Cloud): Promise<{ subnets: string; group: string }> {
  const { Vpc } = await cloud.ask('aws ec2 create-vpc --cidr-block 10.77.0.0/24');
  const subnets: string[] = [];
  for (const [zone, cidr] of Object.entries({ a: '10.77.0.96/28', b: '10.77.0.112/28', c: '10.77.0.128/28' })) {
    const { Subnet } = await cloud.ask(
      `aws ec2 create-subnet --vpc-id ${Vpc.VpcId} --cidr-block ${cidr} --availability-zone us-east-1${zone}`,
    );
    subnets.push(Subnet.SubnetId);
  }
  const made = `aws ec2 create-security-group --group-name mycluster --description mycluster --vpc-id ${Vpc.VpcId}`;
  return { subnets: subnets.join(','), group: (await cloud.ask(made)).GroupId };
}

/** The group, by the commands of our document: all of them but for the role's policy. */
async function makeGroup(cloud: Cloud, template: string): Promise<void> {
  for (const begin of ['iam create-role', 'iam create-instance-profile', 'iam add-role-to-instance-profile']) {
    await cloud.ask(command(begin));
  }
  const { subnets, group } = await network(cloud);
  const image = (await cloud.ask('aws ec2 describe-images --max-items 1')).Images[0].ImageId;
  await cloud.ask(command('ec2 create-launch-template'));
  const version = command('ec2 create-launch-template-version', { 'ami-…': image, 'sg-…': group });
  await cloud.ask(version);
  // EC2 adds what is given to the source version; moto 5.1.1 makes a version of it alone. So it gets the sum.
  const added = JSON.parse(/--launch-template-data '(.*)'/.exec(version)?.[1] ?? '{}');
  cloud.put('sum.json', JSON.stringify({ ...JSON.parse(template), ...added }));
  await cloud.ask(version.replace(/--launch-template-data .*/, '--launch-template-data file://sum.json'));
  const filled = { 'subnet-…,subnet-…,subnet-…': subnets, 'Version=2': 'Version=3' };
  await cloud.ask(command('autoscaling create-auto-scaling-group', filled));
  await cloud.ask(command('autoscaling suspend-processes'));
  // moto has no refresh; the command line knows what may be said of one.
  await cloud.ask(`${command('autoscaling start-instance-refresh')} --generate-cli-skeleton output`);
}

/** Boots the hosts that the group's instances are. */
async function bootGroup(cloud: Cloud, options: Awaited<ReturnType<typeof labOptions>>): Promise<Lab> {
  // The lab's own addresses are left out: Consul has to find them.
  const { files, spec } = await bootableFrom({ ...options, join: ({ consul }) => consul.join });
  for (const { path, bytes } of files) cloud.put(`out/${path}`, bytes);
  const template = files.find(({ path }) => path === 'aws/etcd/launch-template.json')?.bytes;
  await makeGroup(cloud, Buffer.from(template ?? []).toString());
  const launched: Launched[] = [];
  for (const id of await instancesOf(cloud)) launched.push(await cloud.launched(id, GROUP));
  const ca = { path: CA, mode: 0o644, content: cloud.ca };
  const lab = await boot(files, spec, { ...options, launched, hostFiles: () => [ca] });
  await cloud.connect(lab);
  return lab;
}

const compiledIn = (lab: Lab, path: string) => Buffer.from(readSeeds(lab.layout).compiled.get(path) ?? []);

/** User-data as EC2 gives it back, of the template and of each instance, and as cloud-init has it, is what was compiled. */
async function assertUserData(t: ExecutionContext, cloud: Cloud, lab: Lab): Promise<void> {
  const compiled = compiledIn(lab, 'aws/etcd/user-data');
  const hash = createHash('sha256').update(compiled).digest('hex');
  const { LaunchTemplateVersions } = await cloud.ask(
    `aws ec2 describe-launch-template-versions --launch-template-name ${GROUP} --versions 1 3`,
  );
  for (const { LaunchTemplateData } of LaunchTemplateVersions) {
    t.true(Buffer.from(LaunchTemplateData.UserData, 'base64').equals(compiled));
    t.is(LaunchTemplateData.MetadataOptions.HttpTokens, 'required');
  }
  for (const { name, instance } of lab.hosts) {
    const { UserData } = await cloud.ask(
      `aws ec2 describe-instance-attribute --attribute userData --instance-id ${instance?.id}`,
    );
    t.true(Buffer.from(UserData.Value, 'base64').equals(compiled), name);
    t.is(await output(lab, name, 'cat /var/lib/cloud/data/instance-id'), instance?.id ?? '');
    t.is(await output(lab, name, 'sha256sum </var/lib/cloud/instance/user-data.txt'), `${hash}  -`);
  }
}

/** Each host asked, with keys of its own; all together asked for what the policy allows, all of it and nothing else. */
function assertCalls(t: ExecutionContext, cloud: Cloud, lab: Lab): void {
  const { Statement } = JSON.parse(compiledIn(lab, 'aws/iam-policy.json').toString());
  const calls = cloud.calls().filter(({ instance }) => instance !== undefined);
  t.deepEqual([...new Set(calls.map(({ action }) => action))].sort(), Statement[0].Action);
  const asked = new Set(calls.map(({ instance }) => instance));
  for (const { name, instance } of lab.hosts) t.true(asked.has(instance?.id), name);
}

const READABLE =
  '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::my-bucket/*"}]}';

/** The sidekicks as a host finds them in a bucket where our document puts them, once everybody may read it. */
async function assertBucket(t: ExecutionContext, cloud: Cloud, lab: Lab): Promise<void> {
  // With checks on, moto answers nobody who has no keys.
  await cloud.uncheck();
  await cloud.ask('aws s3 mb s3://my-bucket');
  // The lab's hosts have it by hash from the lab: then `compile` writes no file of it.
  const { sidekicks } = await loadAssets();
  const script = sidekicks['etcd-sidekick'] ?? '';
  cloud.put('out/upload/etcd-sidekick.cjs', script);
  await cloud.ask(command('s3 cp out/upload/etcd-sidekick.cjs', {}, 'docs/artifacts.md'));
  const url = `https://${BUCKET}/quorumgate-0.1.0/etcd-sidekick.cjs`;
  const get = (then: string) => output(lab, lab.hosts[0]?.name ?? '', `curl -sS --cacert ${CA} ${url} ${then}`);
  t.is(await get("-o /dev/null -w '%{http_code}'"), '403');
  await cloud.ask(`aws s3api put-bucket-policy --bucket my-bucket --policy '${READABLE}'`);
  const hash = createHash('sha256').update(script).digest('hex');
  t.is(await get('| sha256sum'), `${hash}  -`);
}

/** All hosts are up, and are the members; within the warm-up, or the group would end the next one too early. */
async function assertAllUp(t: ExecutionContext, lab: Lab, since: number): Promise<void> {
  const { outcome, seen } = await lab.wait({ timeoutSeconds: WARM_UP / 2 });
  t.is(outcome, 'up', JSON.stringify(seen.filter(({ up }) => !up)));
  await assertWhole(t, lab);
  const seconds = (performance.now() - since) / 1000;
  t.true(seconds < WARM_UP);
  t.log(`whole again after ${seconds.toFixed(0)} s`);
}

/** The group's one instance that is no host yet, as a host. */
async function bootNew(cloud: Cloud, lab: Lab): Promise<string> {
  const known = lab.hosts.map(({ instance }) => instance?.id);
  const [id = ''] = (await instancesOf(cloud)).filter((one) => !known.includes(one));
  return lab.launch(await cloud.launched(id, GROUP));
}

/** EC2 presses the button of an instance that it terminates, and then its disk is gone. */
async function terminate(lab: Lab, host: string): Promise<void> {
  await lab.exec(host, ['systemctl', 'poweroff']);
  await eventually(
    async () => isUp(lab.host(host)),
    (up) => !up,
  );
  await lab.remove(host);
}

const terminates = (id: string | undefined, more: 'no-should' | 'should') =>
  `aws autoscaling terminate-instance-in-auto-scaling-group --instance-id ${id} --${more}-decrement-desired-capacity`;

/** With a minimum of 90 %, which is what a group does that is told nothing: one ends while another is launched, one after the other. */
async function refreshByDefault(t: ExecutionContext, cloud: Cloud, lab: Lab): Promise<void> {
  for (const { name, instance } of [...lab.hosts]) {
    const since = performance.now();
    await cloud.ask(terminates(instance?.id, 'no-should'));
    await Promise.all([terminate(lab, name), bootNew(cloud, lab)]);
    await assertAllUp(t, lab, since);
  }
}

/** Three healthy members; of the instances that are launched and not in, whichever comes first takes a place. The one that is left waits. */
async function assertSpare(t: ExecutionContext, lab: Lab): Promise<void> {
  const rows = await eventually(
    async () => (await lab.cluster()).rows.filter(({ healthy, started }) => healthy && started),
    (healthy) => healthy.length === 3,
    WARM_UP / 2,
  );
  const left = lab.hosts.filter(({ name }) => !rows.some(({ host }) => host === name));
  t.deepEqual([rows.length, left.length], [3, 1]);
  const extra = /its 3 members \(.*\); this host is extra/;
  t.regex(await says(lab, left[0]?.name ?? '', extra), extra);
}

/** With a minimum of 100 % and a maximum of 110 %: one more is launched, and when it is warm an old one ends. */
async function refreshLaunchingFirst(t: ExecutionContext, cloud: Cloud, lab: Lab): Promise<void> {
  const larger = `--auto-scaling-group-name ${GROUP} --max-size 4 --desired-capacity 4`;
  for (const { name, instance } of [...lab.hosts]) {
    const since = performance.now();
    await cloud.ask(`aws autoscaling update-auto-scaling-group ${larger}`);
    await bootNew(cloud, lab);
    // While it warms up, the place of the one that ended is taken.
    await assertSpare(t, lab);
    const seconds = (performance.now() - since) / 1000;
    t.true(seconds < WARM_UP);
    t.log(`one more than whole after ${seconds.toFixed(0)} s`);
    await cloud.ask(terminates(instance?.id, 'should'));
    await terminate(lab, name);
  }
  await assertAllUp(t, lab, performance.now());
}

/** All are replaced, nobody is left of those before, and nothing is lost of what a client wrote meanwhile. */
async function assertReplaced(
  t: ExecutionContext,
  cloud: Cloud,
  lab: Lab,
  refresh: typeof refreshByDefault,
): Promise<void> {
  const before = await memberIds(lab);
  const writer = startWriter(lab, 'refresh-');
  try {
    await eventually(
      async () => writer.soFar().acknowledged.length,
      (many) => many > 20,
    );
    await refresh(t, cloud, lab);
    const names = lab.hosts.map(({ name }) => name);
    await assertHealed(t, lab, before, names);
    t.deepEqual(
      [...before.keys()].filter((name) => names.includes(name)),
      [],
    );
  } finally {
    await writer.stop();
  }
  const written = writer.soFar();
  t.log(`${written.acknowledged.length} writes, the longest gap ${written.longestGap.toFixed(1)} s`);
  t.deepEqual(await lostWrites(lab, written), []);
  await assertUserData(t, cloud, lab);
  assertCalls(t, cloud, lab);
}

async function inGroup(use: (cloud: Cloud, lab: Lab) => Promise<void>): Promise<void> {
  const cloud = await startCloud();
  try {
    await inLab(
      { text, targets: ['ec2'] },
      (lab) => use(cloud, lab),
      (options) => bootGroup(cloud, options),
    );
  } finally {
    cloud.end();
  }
}

async function assertUp(t: ExecutionContext, lab: Lab): Promise<void> {
  const { outcome, seen } = await lab.wait({ timeoutSeconds: 180 });
  t.is(outcome, 'up', JSON.stringify(seen.filter(({ up }) => !up)));
  await assertSound(t, lab);
}

labTest(
  'ec2: a group waits for its policy and finds itself by tags; a refresh ends one while another is launched',
  async (t) => {
    t.timeout(1_800_000);
    await inGroup(async (cloud, lab) => {
      for (const { name } of lab.hosts) {
        // moto denies in the words of IAM, which are not those of EC2: Consul reads its code alone.
        const denied = /discover-aws: DescribeInstancesInput failed[\s\S]*status code: 403/;
        const journal = () => output(lab, name, 'journalctl -u consul | grep -A 3 discover');
        t.regex(await eventually(journal, (said) => denied.test(said)), denied);
      }
      t.is((await lab.wait({ timeoutSeconds: 0 })).outcome, 'timeout');
      await cloud.ask(command('iam put-role-policy'));
      await assertUp(t, lab);
      await assertUserData(t, cloud, lab);
      assertCalls(t, cloud, lab);
      await assertReplaced(t, cloud, lab, refreshByDefault);
    });
  },
);

labTest('ec2: a refresh that launches first; what is in a bucket', async (t) => {
  t.timeout(1_800_000);
  await inGroup(async (cloud, lab) => {
    await cloud.ask(command('iam put-role-policy'));
    await assertUp(t, lab);
    await assertReplaced(t, cloud, lab, refreshLaunchingFirst);
    await assertBucket(t, cloud, lab);
  });
});
