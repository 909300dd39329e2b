import { assertSound, assertWhole, inLab, labTest, output } from '../lab-testing.ts';

// Whatever reads what is compiled, in one cluster: cloud-init by NoCloud and by an instance's metadata, and Ignition.
labTest('a member read by NoCloud, one by IMDSv2, one by Ignition: one cluster', async (t) => {
  t.timeout(900_000);
  await inLab({ targets: ['aws', 'ec2', 'flatcar'], timeoutSeconds: 900 }, async (lab) => {
    await assertSound(t, lab);
    await assertWhole(t, lab);
    const source = (host: string) => output(lab, host, 'cat /var/lib/cloud/instance/datasource');
    t.regex(await source('etcd-1'), /^DataSourceNoCloud/);
    t.regex(await source('etcd-2'), /^DataSourceEc2/);
    const seed = '/var/lib/cloud/seed/nocloud/user-data';
    const schema = await output(
      lab,
      'etcd-1',
      `zcat ${seed} >/root/x && cloud-init schema --config-file /root/x; echo $?`,
    );
    t.regex(schema, /^Valid cloud-config.*\n0$/);
    t.notRegex(schema, /deprecat|warning/i);
    t.is(await output(lab, 'etcd-3', 'command -v node apt-get cloud-init'), '');
    t.regex(await output(lab, 'etcd-3', 'cat /etc/.ignition-result.json'), /"userConfigProvided": true/);
  });
});
