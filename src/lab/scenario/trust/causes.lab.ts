import type { ExecutionContext } from 'ava';
import { ownFiles, readSeeds } from '../../cluster/seeds.ts';
import { put } from '../../host/host.ts';
import type { Lab } from '../../lab.ts';
import { run } from '../../machine/command.ts';
import { hostPaths, namespaceOf } from '../../machine/layout.ts';
import { assertHealed, assertWhole, eventually, labSpec, memberIds, output, statusLine } from '../lab-testing.ts';
import { SCHEME, tagOf } from '../secured-testing.ts';
import {
  assertServing,
  assertUntouched,
  holds,
  members,
  recheck,
  rowsIn,
  runsNone,
  someoneSays,
  statuses,
  whileWriting,
  wipeData,
} from './trust-testing.ts';

const { row } = rowsIn(async () => ({ text: labSpec({ etcd: '{version: 3.5.16, replaceDeadAfter: 10}' }) }));

/** How many members clients find. */
async function clientRecords(lab: Lab): Promise<number> {
  const name = `${tagOf('client')}._tcp.mycluster.etcd3.service.dc1.consul`;
  const found = await output(lab, 'etcd-1', `dig +short @127.0.0.1 ${name} SRV`);
  return found.split('\n').filter((line) => /^\d/.test(line)).length;
}

/** All stay in DNS, also after each has looked again. */
async function assertFound(t: ExecutionContext, lab: Lab): Promise<void> {
  await recheck(lab);
  await eventually(
    () => clientRecords(lab),
    (count) => count === 3,
    10,
  );
  await holds(15, async () => {
    const count = await clientRecords(lab);
    t.is(count, 3, `${count} of 3 in DNS\n${await statuses(lab)}`);
  });
}

/** A restart of etcd, until clients find it again. */
async function restart(t: ExecutionContext, lab: Lab): Promise<void> {
  await output(lab, 'etcd-2', 'systemctl restart etcd');
  const client = () => statusLine(lab, 'etcd-2', 'etcd-register-client');
  const said = await eventually(client, (line) => line.includes('registered'));
  t.regex(said, /registered etcd-2-client/);
}

const etcdctl = async (t: ExecutionContext, lab: Lab, ...args: string[]) => {
  const { exitCode, stderr } = await lab.etcdctl('etcd-1', args);
  t.is(exitCode, 0, `${args.join(' ')}: ${stderr}`);
};

row('W11: etcd with authentication on: clients find it, data starts, the cause is named, off heals', async (t, lab) => {
  const before = await memberIds(lab);
  await etcdctl(t, lab, 'user', 'add', 'root', '--new-user-password=secret');
  await etcdctl(t, lab, 'user', 'grant-role', 'root', 'root');
  await etcdctl(t, lab, 'auth', 'enable');
  await assertFound(t, lab);
  await restart(t, lab);
  await assertFound(t, lab);
  await assertUntouched(t, lab);
  await wipeData(lab, 'etcd-3');
  const said = await someoneSays(lab, 'etcd-3', /authenticat|auth disable|\bauth\b/i);
  t.regex(said, /authenticat|auth disable|\bauth\b/i);
  t.notRegex(said, /quorumgate reset/, 'nothing is lost');
  await etcdctl(t, lab, '--user=root:secret', 'auth', 'disable');
  await assertHealed(t, lab, before, ['etcd-3']);
});

row('W11: an alarm NOSPACE: reads keep their client records, the cause is named', async (t, lab) => {
  const before = await memberIds(lab);
  const [id = ''] = before.values();
  const alarm = JSON.stringify({ action: 'ACTIVATE', memberID: BigInt(`0x${id}`).toString(), alarm: 'NOSPACE' });
  const own = '/run/quorumgate/etcd';
  const shown = SCHEME === 'http' ? [] : ['-k', '--cert', `${own}/server.crt`, '--key', `${own}/server.key`];
  const url = `${SCHEME}://127.0.0.1:2379/v3/maintenance/alarm`;
  const raised = await lab.exec('etcd-1', ['curl', '-sf', ...shown, '-d', alarm, url]);
  t.is(raised.exitCode, 0, raised.stderr);
  const kept = await lab.etcdctl('etcd-2', ['get', 'x']);
  t.is(kept.exitCode, 0, 'it can be read');
  await assertFound(t, lab);
  await restart(t, lab);
  t.regex(await someoneSays(lab, 'etcd-2', /NOSPACE|quota|space/i), /NOSPACE|quota|space/i);
  await assertFound(t, lab);
  await etcdctl(t, lab, 'alarm', 'disarm');
  await assertServing(t, lab, before);
});

/** One line of a host's settings, changed as by user-data of another spec. */
async function withSetting(lab: Lab, change: string, use: () => Promise<void>): Promise<void> {
  const file = '/etc/quorumgate/cluster.env';
  await output(lab, 'etcd-2', `cp ${file} /root/; sed -i '${change}' ${file}; systemctl restart --no-block etcd`);
  try {
    await use();
  } finally {
    await output(lab, 'etcd-2', `cp /root/cluster.env ${file}; systemctl restart --no-block etcd`);
  }
}

const tlsFiles = ['CERT', 'KEY', 'TRUSTED_CA'].flatMap((name) => [`ETCD_${name}_FILE=/x`, `ETCD_PEER_${name}_FILE=/x`]);
const TO_TLS = `s|^QG_SCHEME=.*|QG_SCHEME=https\\n${tlsFiles.join('\\n')}|`;
for (const [key, change, seconds] of [
  ['peerPort', 's/^QG_PEER_PORT=.*/QG_PEER_PORT=2390/', 30],
  ['discovery', 's/^QG_DISCOVERY=.*/QG_DISCOVERY=srv/', 30],
  ['tls', SCHEME === 'http' ? TO_TLS : 's|^QG_SCHEME=.*|QG_SCHEME=http|; /^ETCD_.*_FILE=/d', 30],
] as const) {
  row(`W11: ${key} changed for one host with data: found by name, nothing lost, back is back`, async (t, lab) => {
    const before = await memberIds(lab);
    await whileWriting(t, lab, async () => {
      await withSetting(lab, change, async () => {
        const named = new RegExp(`\\b${key}\\b`);
        t.regex(await someoneSays(lab, 'etcd-2', named, seconds), named, 'it names the key of the spec');
        t.true(await runsNone(lab, ['etcd-2']));
      });
      await assertServing(t, lab, before);
    });
    await assertUntouched(t, lab);
  });
}

row('W11: an address that changed, as DHCP does: the same member at the new one', async (t, lab) => {
  const before = await memberIds(lab);
  const host = lab.host('etcd-3');
  await whileWriting(t, lab, async () => {
    await lab.kill('etcd-3');
    const namespace = namespaceOf(lab.layout, 'etcd-3');
    await run('ip', ['-n', namespace, 'addr', 'flush', 'dev', 'eth0']);
    await run('ip', ['-n', namespace, 'addr', 'add', '10.77.0.133/24', 'dev', 'eth0']);
    host.address = '10.77.0.133';
    // With certificates for that address, as an operator brings them.
    for (const file of ownFiles(readSeeds(lab.layout), { name: 'etcd-33' }))
      put(hostPaths(lab.layout, 'etcd-3').root, file);
    await lab.start('etcd-3');
    await assertServing(t, lab, before, 120);
  });
  await assertWhole(t, lab);
  const { stdout } = await lab.etcdctl('etcd-1', ['member', 'list']);
  t.regex(stdout, new RegExp(`${SCHEME}://10\\.77\\.0\\.133:2380`));
  await assertUntouched(t, lab, members);
});
