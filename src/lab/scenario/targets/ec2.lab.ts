import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ExecutionContext } from 'ava';
import { readSeeds } from '../../cluster/seeds.ts';
import type { Lab } from '../../lab.ts';
import { hostPaths, namespaceOf } from '../../machine/layout.ts';
import { IMDS_ADDRESS } from '../../network/imds.ts';
import { type Instance, readInstance, resourceId, writeInstance } from '../../network/instance.ts';
import { BRIDGE, batch, SWITCH } from '../../network/network.ts';
import { assertSound, assertWhole, inLab, labSpec, labTest, memberIds, output, says } from '../lab-testing.ts';

const text = labSpec({ address: '{metadata: ec2}' });
const targets = ['ec2'];
const SEMAPHORE = 'test -e /var/lib/cloud/instance/sem/config_write_files && cat /var/lib/cloud/data/instance-id';

function instanceOf({ layout }: Lab, host: string): Instance {
  const instance = readInstance(hostPaths(layout, host).base);
  if (instance === undefined) throw new Error(`${host} is no instance`);
  return instance;
}

/** Every host is what EC2 makes of the user-data: by cloud-init's own source, with the name and address it was told. */
async function assertInstances(t: ExecutionContext, lab: Lab): Promise<void> {
  const userData = readSeeds(lab.layout).compiled.get('aws/etcd/user-data') ?? '';
  const hash = createHash('sha256').update(userData).digest('hex');
  for (const { name, address } of lab.hosts) {
    const own = `ip-${address.replaceAll('.', '-')}`;
    t.is(await output(lab, name, 'uname -n'), own);
    t.is(await output(lab, name, 'cat /run/quorumgate/host.env'), `QG_NAME=${own}\nQG_ADDRESS=${address}`);
    t.regex(await output(lab, name, 'cat /var/lib/cloud/instance/datasource'), /^DataSourceEc2/, name);
    t.is(await output(lab, name, 'sha256sum </var/lib/cloud/instance/user-data.txt'), `${hash}  -`, name);
    t.is(await output(lab, name, SEMAPHORE), instanceOf(lab, name).id);
    const bare = `curl -s -o /dev/null -w '%{http_code}' http://${IMDS_ADDRESS}/latest/user-data`;
    t.is(await output(lab, name, bare), '401', 'IMDSv1 is off');
  }
}

async function metadata({ layout }: Lab, what: 'add' | 'del'): Promise<void> {
  await batch(namespaceOf(layout, BRIDGE), [`addr ${what} ${IMDS_ADDRESS}/32 dev ${SWITCH}`]);
}

for (const image of ['bookworm', 'trixie'] as const) {
  labTest(`ec2 on ${image}: user-data from IMDSv2 through cloud-init's Ec2 source is one cluster`, async (t) => {
    t.timeout(600_000);
    await inLab({ text, targets, image }, async (lab) => {
      await assertSound(t, lab);
      await assertWhole(t, lab);
      await assertInstances(t, lab);
    });
  });
}

labTest('ec2: a metadata service that is away, a disk in another instance, an instance replaced', async (t) => {
  t.timeout(900_000);
  const up = async (lab: Lab) => t.is((await lab.wait({ timeoutSeconds: 180 })).outcome, 'up');
  await inLab({ text, targets }, async (lab) => {
    const first = await memberIds(lab);

    // From before its first boot until a minute after; a host that runs asks again just then.
    await lab.kill('etcd-3');
    await metadata(lab, 'del');
    await lab.start('etcd-3', { wipe: true });
    await lab.exec('etcd-2', ['systemctl', 'restart', '--no-block', 'quorumgate-host.service']);
    const line = /waiting: no address from metadata ec2 yet/;
    t.regex(await says(lab, 'etcd-2', line, 'quorumgate-host.service'), line);
    await sleep(60_000);
    const { seen } = await lab.wait({ timeoutSeconds: 0 });
    t.is(seen.find(({ host }) => host.name === 'etcd-3')?.step, 'cloud-init');
    await metadata(lab, 'add');
    await up(lab);
    const second = await assertWhole(t, lab);
    t.is(second.get('etcd-2'), first.get('etcd-2'));
    t.not(second.get('etcd-3'), first.get('etcd-3'), 'a wiped disk is a new member');
    const told = (await lab.facts()).find(({ host }) => host === 'etcd-3')?.cloudInit;
    t.is(told?.status, 'done');
    t.deepEqual(told?.errors, []);

    // The disk of one instance as that of another: all of cloud-init's first boot again, and the same member.
    const { base } = hostPaths(lab.layout, 'etcd-1');
    await writeInstance(base, { ...instanceOf(lab, 'etcd-1'), id: resourceId('i', 'another') });
    await lab.fault.reboot('etcd-1');
    await up(lab);
    t.is(await output(lab, 'etcd-1', 'ls /var/lib/cloud/instances | wc -l'), '2');
    t.is((await assertWhole(t, lab)).get('etcd-1'), first.get('etcd-1'));

    await lab.fault.replace('etcd-2', { sameAddress: true });
    await up(lab);
    const third = await assertWhole(t, lab);
    t.deepEqual([...third.keys()].sort(), ['etcd-1', 'etcd-3', 'etcd-4']);
    t.not(third.get('etcd-4'), first.get('etcd-2'));
    await assertInstances(t, lab);
  });
});
