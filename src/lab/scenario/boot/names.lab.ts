import type { HostFile } from '../../host/host.ts';
import { start } from '../../lab.ts';
import { assertSound, etcdOf, eventually, inLab, labSpec, labTest, output, statusLine } from '../lab-testing.ts';

// Hosts that are called alike, and how a spec tells them apart.

const members = ['etcd-1', 'etcd-2', 'etcd-3'];

/** The host's name before it is learnt, as an image or a site gives it. */
const called = (command: string): HostFile[] => [
  {
    path: '/etc/systemd/system/quorumgate-host.service.d/site.conf',
    mode: 0o644,
    content: `[Service]\nExecStartPre=+/bin/sh -c '${command}'\n`,
  },
];
const FQDN = called('hostname etcd.az$$(hostname | tr -dc 0-9).example.com');

labTest('clones of one name are no cluster: each names the other within ten seconds of its agent', async (t) => {
  await inLab(
    { text: labSpec(), hostFiles: () => called('hostname fedora'), size: 3 },
    async (lab) => {
      const told = await eventually(
        () => Promise.all(members.map((host) => statusLine(lab, host, 'consul-rejoin'))),
        (lines) => lines.every((line) => line.includes('two hosts are called alike')),
        90,
      );
      for (const [index, host] of members.entries()) {
        const own = `address for fedora. Mine: ${lab.host(host).address}:8301 Theirs: 10.77.0.10`;
        t.true(told[index]?.includes(own), `${host}: ${told[index]}`);
        t.regex(told[index] ?? '', /name in the spec/);
        t.regex(await statusLine(lab, host, 'etcd'), /Consul has no leader: systemctl status consul-rejoin/);
        const seconds = await output(
          lab,
          host,
          'echo $(($(date +%s -d "$(journalctl -u consul-rejoin -o short-iso --no-pager | grep -m 1 "two hosts" | cut -d" " -f1)") - $(date +%s -d "$(journalctl -u consul -o short-iso --no-pager | grep -m 1 "Conflicting address" | cut -d" " -f1)")))',
        );
        t.true(Number(seconds) <= 10, `${host}: after ${seconds} s`);
      }
      t.deepEqual(await Promise.all(members.map((host) => etcdOf(lab, host))), ['', '', '']);
    },
    start,
  );
});

for (const [name, hostFiles, expected] of [
  ['hostname-address', called('hostname fedora'), /^fedora-10-77-0-101$/m],
  ['fqdn', FQDN, /^etcd-az1-example-com$/m],
] as const) {
  labTest(`hosts of one name, by \`name: ${name}\`: one cluster of three`, async (t) => {
    await inLab({ text: labSpec({ name }), hostFiles: () => [...hostFiles], size: 3 }, async (lab) => {
      await assertSound(t, lab);
      t.regex(await output(lab, 'etcd-1', '. /run/quorumgate/host.env; echo $QG_NAME'), expected);
      const { stdout } = await lab.etcdctl('etcd-2', ['member', 'list']);
      t.regex(stdout.replaceAll(', ', '\n'), expected);
    });
  });
}
