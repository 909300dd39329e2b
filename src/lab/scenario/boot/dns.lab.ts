import type { ExecutionContext } from 'ava';
import type { Lab } from '../../lab.ts';
import { eventually, inLab, labSpec, labTest, output } from '../lab-testing.ts';

/** In plain: members are found by name, and spoken to without a certificate. */
const text = labSpec({ secrets: 'off' });
const domain = 'mycluster.etcd3.service.dc1.consul';
const name = `_etcd-server._tcp.${domain}`;

/** Every SRV record, over every path that a resolver may take. */
async function assertRecords(t: ExecutionContext, lab: Lab): Promise<void> {
  const { size } = lab.state.cluster;
  const count = (text: string) => text.split('\n').filter((line) => /\bIN\s+SRV\b/.test(line) && !line.startsWith(';'));
  for (const { name: host } of lab.hosts) {
    for (const flags of ['+noedns +ignore', '+edns=0 +ignore', '+tcp +noedns', '+tcp +edns=0', '+noedns', '+edns=0']) {
      const answer = await output(lab, host, `dig @127.0.0.1 ${flags} +tries=1 +time=5 ${name} SRV`);
      const isCut = /flags:[^;]*\btc\b/.test(answer);
      const found = count(answer).length;
      if (flags.includes('+ignore')) t.true(found === size || isCut, `${host} ${flags}: ${answer}`);
      else t.is(found, size, `${host} ${flags}: ${answer}`);
    }
    const started = async () =>
      (await output(lab, host, `ETCDCTL_API=3 etcdctl --discovery-srv ${domain} member list`))
        .split('\n')
        .filter((line) => line.includes('started')).length;
    t.is(await eventually(started, (found) => found === size, 5), size, host);
  }
}

/** Names of both kinds, through the host's own resolver. */
async function assertNames(t: ExecutionContext, lab: Lab, consul: boolean): Promise<void> {
  for (const { name: host } of lab.hosts) {
    const ordinary = await output(lab, host, 'getent ahostsv4 ordinary.test');
    t.regex(ordinary, /^10\.77\.0\.1\b/, `${host}, Consul ${consul ? 'runs' : 'is stopped'}`);
    // The members that serve, by the name that Kubernetes can take.
    if (consul) t.regex(await output(lab, host, `getent ahostsv4 ${domain}`), /^10\.77\.0\./, host);
  }
}

for (const size of [3, 5]) {
  labTest(`records over UDP and TCP, with and without EDNS, ${size} members`, async (t) => {
    t.timeout(300_000);
    await inLab({ text, size }, (lab) => assertRecords(t, lab));
  });
}

const everywhere = (lab: Lab, command: string) =>
  Promise.all(lab.hosts.map(({ name: host }) => output(lab, host, command)));

// A unit that wants Consul would start it again: it is kept from starting.
const holdConsul = `mkdir -p /run/systemd/system/consul.service.d
  printf '[Unit]\\nConditionPathExists=/run/go\\n' >/run/systemd/system/consul.service.d/hold.conf
  systemctl daemon-reload; systemctl stop consul.service`;
const freeConsul = `rm /run/systemd/system/consul.service.d/hold.conf
  systemctl daemon-reload; systemctl --no-block start consul.service`;

for (const image of ['bookworm', 'trixie'] as const) {
  labTest(`names of both kinds resolve, and etcd lives, without Consul (${image})`, async (t) => {
    t.timeout(300_000);
    await inLab({ text, image }, async (lab) => {
      await assertNames(t, lab, true);
      await everywhere(lab, holdConsul);
      await assertNames(t, lab, false);
      await lab.etcdctl('etcd-1', ['put', 'before', 'kept']);
      const from = performance.now();
      await everywhere(lab, 'systemctl restart --no-block etcd.service');
      await everywhere(lab, 'while systemctl show -P SubState etcd.service | grep -q stop; do sleep 0.1; done');
      const read = async () => (await lab.etcdctl('etcd-2', ['get', 'before', '--print-value-only'])).stdout.trim();
      t.is(await eventually(read, (value) => value === 'kept', 30), 'kept');
      t.log(`serves again ${((performance.now() - from) / 1000).toFixed(1)} s after the restart`);
      t.deepEqual(await everywhere(lab, 'pgrep -x consul'), ['', '', ''], 'Consul was stopped all the while');
      await everywhere(lab, freeConsul);
      const targets = () => everywhere(lab, 'systemctl is-active etcd-cluster.target');
      t.deepEqual(await eventually(targets, (states) => states.every((state) => state === 'active'), 60), [
        'active',
        'active',
        'active',
      ]);
    });
  });
}

labTest(
  'a site writes another resolver while hosts run, with options of its own: no look-up fails, and agents ask it',
  async (t) => {
    await inLab({ text }, async (lab) => {
      const other = lab.host('etcd-2').address;
      await output(lab, 'etcd-2', `socat -u UDP-RECV:53,bind=${other} CREATE:/asked >/dev/null 2>&1 &`);
      const before = await output(lab, 'etcd-1', 'systemctl show -P MainPID consul');
      await output(lab, 'etcd-1', `printf 'nameserver ${other}\\noptions rotate timeout:2\\n' >/etc/resolv.conf`);
      const first = () => output(lab, 'etcd-1', 'grep -m 1 nameserver /etc/resolv.conf');
      t.is(await eventually(first, (line) => line.includes('127.0.0.1'), 10), 'nameserver 127.0.0.1');
      const failed = `n=0; for i in $(seq 40); do getent ahostsv4 ${domain} >/dev/null || n=$((n+1)); done; echo $n`;
      t.is(await output(lab, 'etcd-1', failed), '0', await output(lab, 'etcd-1', 'cat /etc/resolv.conf'));
      const asked = async () => {
        await output(lab, 'etcd-1', 'dig @127.0.0.1 +tries=1 +time=1 later.test || true');
        return output(lab, 'etcd-2', 'grep -ac later /asked || true');
      };
      t.not(await eventually(asked, (count) => Number(count) > 0, 20), '0', 'the agent asks it');
      t.is(await output(lab, 'etcd-1', 'systemctl show -P MainPID consul'), before, 'it goes on meanwhile');
    });
  },
);
