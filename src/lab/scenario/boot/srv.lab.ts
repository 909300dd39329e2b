import type { HostFile } from '../../host/host.ts';
import { start } from '../../lab.ts';
import { assertSound, assertWhole, CURL, eventually, inLab, labSpec, labTest, output, says } from '../lab-testing.ts';
import { tagOf } from '../secured-testing.ts';

const srv = labSpec({ etcd: '{version: 3.5.16, discovery: srv, replaceDeadAfter: 10}' });

labTest('discovery: srv: one cluster, rebooted, wiped', async (t) => {
  t.timeout(600_000);
  await inLab({ text: srv }, async (lab) => {
    await assertSound(t, lab);
    t.regex(
      await output(lab, 'etcd-1', 'cat /run/etcd/decision.env'),
      /^ETCD_DISCOVERY_SRV=mycluster\.etcd3\.service/m,
    );
    await lab.fault.reboot('etcd-2');
    t.is((await lab.wait({ timeoutSeconds: 120 })).outcome, 'up');
    await lab.fault.wipe('etcd-3');
    t.is((await lab.wait({ timeoutSeconds: 120 })).outcome, 'up');
    await assertSound(t, lab);
    await assertWhole(t, lab);
  });
});

labTest('discovery: srv: five members', async (t) => {
  t.timeout(600_000);
  await inLab({ text: srv, size: 5 }, async (lab) => {
    await assertSound(t, lab);
    await assertWhole(t, lab);
  });
});

/** Between the gate and etcd, once, DNS comes to name somebody more. */
const phantom = {
  ID: 'phantom',
  Name: 'etcd3',
  Tags: [`${tagOf('server')}._tcp.mycluster`],
  Address: '10.77.0.77',
  Port: 2380,
  Meta: { state: 'empty' },
};
const slip: HostFile = {
  path: '/etc/systemd/system/etcd.service.d/slip.conf',
  mode: 0o644,
  content: `[Service]
ExecStartPre=/bin/sh -c 'test -e /var/lib/etcd/once && exit 0; : >/var/lib/etcd/once; curl -s -H "X-Consul-Token: $$(cat /run/quorumgate/token)" -X PUT -d "$PHANTOM" http://127.0.0.1:8500/v1/agent/service/register; sleep 2'
Environment='PHANTOM=${JSON.stringify(phantom)}'
`,
};

labTest('discovery: srv: etcd that DNS has led astray is stopped, its data set aside', async (t) => {
  t.timeout(600_000);
  await inLab(
    { text: srv, hostFiles: ({ name }) => (name === 'etcd-2' ? [slip] : []) },
    async (lab) => {
      const journal = () =>
        output(lab, 'etcd-2', 'journalctl -b -o cat --no-pager -u etcd -u etcd-assert').catch(() => '');
      const seen = await eventually(journal, (text) => text.includes('moved the data here aside'), 120);
      t.regex(seen, /etcd ran in cluster [0-9a-f]{16}, predicted was [0-9a-f]{16}: stopped it/);
      t.regex(seen, /moved the data here aside: it is of cluster [0-9a-f]{16}, which was not the predicted one/);
      const doubt = /waiting: DNS names .*10\.77\.0\.77/;
      t.regex(await says(lab, 'etcd-2', doubt), doubt);
      t.regex(await output(lab, 'etcd-2', 'ls /var/lib/etcd'), /^member\.[0-9a-f]{16}$/m, 'nothing is deleted');
      await output(lab, 'etcd-2', `${CURL} -X PUT http://127.0.0.1:8500/v1/agent/service/deregister/phantom`);
      t.is((await lab.wait({ timeoutSeconds: 120 })).outcome, 'up');
      await assertSound(t, lab);
    },
    start,
  );
});

labTest('a host that turns out to run an etcd that loses data: refused at boot', async (t) => {
  t.timeout(600_000);
  await inLab({}, async (lab) => {
    // Debian carries none of these: the real etcd, saying another version.
    const wrapper = '#!/bin/sh\\n[ "$1" != --version ] || { echo "etcd Version: 3.5.1"; exit; }\\nexec $0.real "$@"\\n';
    const bin = '/opt/quorumgate/bin/etcd';
    await output(lab, 'etcd-3', `mv ${bin} ${bin}.real; printf '${wrapper}' >${bin}; chmod 755 ${bin}`);
    await output(lab, 'etcd-3', 'systemctl restart --no-block etcd');
    const refused = /refusing: this host has etcd 3\.5\.1, which can lose data/;
    t.regex(await says(lab, 'etcd-3', refused), refused);
    t.is(await output(lab, 'etcd-3', 'pgrep -x etcd.real'), '');
    await output(lab, 'etcd-3', `mv ${bin}.real ${bin}; systemctl restart --no-block etcd`);
    t.is((await lab.wait({ timeoutSeconds: 120 })).outcome, 'up');
    await assertSound(t, lab);
  });
});
