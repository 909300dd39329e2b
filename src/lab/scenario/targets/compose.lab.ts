import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventually, labTest } from '../lab-testing.ts';
import { type Composed, withCompose } from './compose-testing.ts';

const KINDS = ['-host', '-consul', '-dns-udp', '-dns-tcp', '-register-server', '', '-register-client'];
const started = (composed: Composed, service: string) => composed.inspect(service, '{{.State.StartedAt}}');

/** Remains of a project in the engine. */
async function leftOver(composed: Composed): Promise<string> {
  const lists = [
    ['ps', '-aq'],
    ['volume', 'ls', '-q'],
    ['network', 'ls', '-q', '--filter', 'type=custom'],
  ];
  return (await Promise.all(lists.map((args) => composed.docker(...args)))).join('').trim();
}

for (const dialect of ['1.29', '2.26'] as const) {
  labTest(`Compose ${dialect}: up to one cluster, down to nothing, and up to another`, async (t) => {
    t.timeout(900_000);
    await withCompose({ dialect }, async (composed) => {
      const seen = new Set<string>();
      for (const round of ['first', 'second']) {
        await composed.must('up', '-d');
        const { predicted } = await composed.sound(t, round);
        seen.add(predicted);
        const machines = await Promise.all(
          composed.hosts.map(({ name }) => composed.exec(name, 'cat', '/etc/machine-id')),
        );
        t.is(new Set(machines.map((id) => id.trim())).size, 3, machines.join());
        for (const id of machines) t.regex(id, /^[0-9a-f]{32}\s*$/);
        // Names under Consul's domain resolve as on a host: etcdctl finds the members by their client records.
        const bySrv = ['--discovery-srv=mycluster.etcd3.service.dc1.consul', '--insecure-discovery'];
        const listed = await composed.exec('etcd-2', 'etcdctl', ...bySrv, 'member', 'list');
        t.is(listed.match(/, started, /g)?.length, 3, listed);
        const name = '_etcd-client._tcp.mycluster.etcd3.service.dc1.consul';
        for (const protocol of ['+notcp', '+tcp']) {
          const records = () => composed.exec('etcd-2', 'dig', '+short', protocol, '@127.0.0.1', name, 'SRV');
          const found = await eventually(records, (text) => text.trim().split('\n').length === 3);
          t.is(found.trim().split('\n').length, 3, `${protocol}: ${found}`);
        }
        await composed.must('down', '-v');
        t.is(await leftOver(composed), '', round);
      }
      t.is(seen.size, 2, 'each a cluster of its own');
    });
  });
}

const pair = (name: string) =>
  `{cert: /etc/etcd/${name}.crt, key: /etc/etcd/${name}.key, ca: /etc/etcd/${name}-ca.crt}`;
const tls = `{peer: ${pair('peer')}, client: ${pair('server')}}`;
const variants: Record<string, Record<string, string>> = {
  "TLS, and Consul's servers on hosts of their own": {
    tls,
    consul: '{servers: role, count: 3, join: [10.78.0.11, 10.78.0.12, 10.78.0.13]}',
  },
  'TLS, the sidekicks as a script, and etcd that asks DNS': {
    sidekick: '{url: "https://artifacts.example.com/etcd-sidekick.cjs"}',
    tls,
    etcd: '{version: 3.5.16, discovery: srv}',
  },
};
for (const [name, spec] of Object.entries(variants)) {
  labTest(`${name}: one cluster, and again when all were killed`, async (t) => {
    t.timeout(900_000);
    await withCompose({ dialect: '2.26', spec }, async (composed) => {
      await composed.must('up', '-d');
      const { predicted, members } = await composed.sound(t, 'up');
      const { address } = composed.memberHosts[0] ?? t.fail();
      for (const url of [`http://${address}:2379/version`, `https://${address}:2379/version`]) {
        const without = await composed.exec('etcd-2-dns-udp', 'curl', '-sk', '-m', '3', url);
        t.notRegex(without, /etcdserver/, url);
      }
      await composed.powerCut();
      await composed.must('up', '-d');
      const after = await composed.sound(t, 'power cut');
      t.is(after.predicted, predicted);
      t.deepEqual(after.members, members);
    });
  });
}

labTest('whatever container is killed, the host heals without a hand', async (t) => {
  t.timeout(1_200_000);
  await withCompose({ dialect: '2.26' }, async (composed) => {
    await composed.must('up', '-d');
    const { predicted, members } = await composed.sound(t, 'up');
    for (const kind of KINDS) {
      const service = `etcd-2${kind}`;
      const before = await started(composed, service);
      process.kill(Number(await composed.inspect(service, '{{.State.Pid}}')), 'SIGKILL');
      const again = await eventually(
        () => started(composed, service),
        (at) => at !== before,
        30,
      );
      t.not(again, before, service);
      t.deepEqual(await composed.sound(t, `${service} was killed`).then((view) => view.members), members, service);
    }
    // Of all members at once.
    for (const { name } of composed.hosts) {
      process.kill(Number(await composed.inspect(name, '{{.State.Pid}}')), 'SIGKILL');
    }
    t.deepEqual((await composed.sound(t, 'every etcd was killed')).predicted, predicted);
  });
});

labTest('a wiped member joins anew; restarts, stops and a power cut keep the cluster', async (t) => {
  t.timeout(1_200_000);
  await withCompose({ dialect: '2.26' }, async (composed) => {
    await composed.must('up', '-d');
    let { predicted, members } = await composed.sound(t, 'up');
    const wipe = async (services: string[], volumes: string[]) => {
      await composed.must('rm', '-sf', ...services.map((one) => `etcd-2${one}`));
      await composed.docker('volume', 'rm', ...volumes.map((one) => `compose_etcd-2-${one}`));
      await composed.must('up', '-d');
      const after = await composed.sound(t, `wiped: ${volumes.join(', ')}`);
      t.is(after.predicted, predicted);
      t.not(after.members.get('etcd-2'), members.get('etcd-2'), 'another member');
      t.is(after.members.get('etcd-1'), members.get('etcd-1'));
      members = after.members;
    };
    await wipe(['', '-register-server', '-register-client'], ['etcd']);
    await wipe([...KINDS].reverse(), ['etcd', 'consul', 'machine', 'run']);

    const kept = async (why: string) => {
      const after = await composed.sound(t, why);
      t.is(after.predicted, predicted, why);
      t.deepEqual(after.members, members, why);
    };
    await composed.must('restart');
    await kept('restart');
    await composed.must('stop');
    await composed.must('start');
    await kept('stop and start');
    await composed.must('down');
    await composed.must('up', '-d');
    await kept('down, which keeps the volumes, and up');
    // Docker starts containers in any order then: those that join another's network may come too early, which fails them.
    for (const time of ['first', 'second', 'third']) {
      await composed.powerCut();
      await composed.must('up', '-d');
      await kept(`${time} power cut and up`);
    }

    // A Consul that hangs: etcd does not mind. Left like that, for the lab to take down.
    await composed.docker('pause', await composed.container('etcd-2-consul'));
    const { healthy } = await eventually(
      () => composed.look(),
      ({ one }) => !one,
      15,
    );
    t.deepEqual(healthy, ['etcd-1', 'etcd-2', 'etcd-3']);
  });
});

labTest('an artifact that is not there, or not the one, is in no image', async (t) => {
  t.timeout(300_000);
  await withCompose({ dialect: '1.29' }, async (composed) => {
    const artifact = join(composed.folder, 'artifacts/etcd.tar.gz');
    writeFileSync(artifact, 'something else');
    const wrong = await composed.compose('build');
    t.not(wrong.exitCode, 0);
    t.regex(wrong.stdout + wrong.stderr, /etcd\.tar\.gz: FAILED/);
    rmSync(artifact);
    const missing = await composed.compose('up', '-d');
    t.not(missing.exitCode, 0);
    t.regex(missing.stdout + missing.stderr, /artifacts\/etcd\.tar\.gz/);
    t.is((await composed.docker('images', '-q', 'localhost/quorumgate-mycluster-etcd')).trim(), '');
  });
});
