import { assertSound, inLab, labSpec, labTest, output } from '../lab-testing.ts';

const KEY = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl ops@example.com';

const UNIT = `[Unit]
RequiresMountsFor=/srv/my-scratch
[Service]
ExecStart=/bin/sh -c 'cat /etc/site/target >/srv/my-scratch/seen; exec sleep infinity'
[Install]
WantedBy=multi-user.target
`;

const extra = {
  all: {
    users: [{ name: 'ops', uid: 1700, groups: ['site', 'adm'], sudo: true, sshAuthorizedKeys: [KEY] }],
    groups: ['site'],
    directories: [{ path: '/srv/app', mode: '0750', user: 'ops' }],
    files: [{ path: '/etc/site/target', content: 'hello\n', mode: '0640', group: 'site' }],
    units: [
      { name: 'site.service', content: UNIT, enabled: true },
      { name: 'broken.service', content: '[Service]\nExecStart=/nonexistent\n[Install]\nWantedBy=site.target\n' },
      { name: 'apt-daily.timer', mask: true },
    ],
    mounts: [{ path: '/srv/my-scratch', device: 'tmpfs', type: 'tmpfs', options: ['size=1m', 'mode=0755'] }],
    cloudConfig: { runcmd: ['touch /srv/fragment'] },
  },
};

/** Nobody answers there: what goes by it does not arrive, and what is exempt does. */
const environment = { httpProxy: 'http://10.77.0.1:3128', noProxy: ['10.77.0.1'] };

labTest("a site's own users, files, units and mounts are there, and a proxy where something is fetched", async (t) => {
  t.timeout(400_000);
  const text = labSpec({ extra: JSON.stringify(extra), environment: JSON.stringify(environment) });
  await inLab({ text }, async (lab) => {
    for (const { name: host } of lab.hosts) {
      const on = (command: string) => output(lab, host, command);
      t.regex(await on('id ops'), /^uid=1700\(ops\) .*(adm\).*site\)|site\).*adm\))/, host);
      t.is(await on('cat ~ops/.ssh/authorized_keys'), KEY, host);
      t.is(await on("stat -c '%a %U:%G' /etc/site/target /srv/app"), '640 root:site\n750 ops:ops', host);
      t.is(await on("stat -c '%a %U' /etc/sudoers.d/quorumgate-ops"), '440 root', host);
      t.is(await on('systemctl is-active site.service srv-my\\\\x2dscratch.mount'), 'active\nactive', host);
      t.is(await on('findmnt -n -o FSTYPE /srv/my-scratch; cat /srv/my-scratch/seen'), 'tmpfs\nhello', host);
      t.is(await on('systemctl is-enabled site.service apt-daily.timer'), 'enabled\nmasked', host);
      t.is(await on('ls /srv/fragment'), '/srv/fragment', host);
      t.regex(
        await on('systemctl show -P Environment quorumgate-program@etcd.service'),
        /http_proxy=http:\/\/10\.77\.0\.1:3128/,
      );
      for (const program of ['etcd', 'consul']) {
        const variables = await on(`tr '\\0' '\\n' </proc/$(pgrep -xo ${program})/environ`);
        t.regex(variables, /^PATH=/m, `${host}: ${program}`);
        t.notRegex(variables, /proxy/i, `${host}: ${program}`);
      }
    }
    await assertSound(t, lab);
  });
});
