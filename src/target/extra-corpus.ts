import fc from 'fast-check';

// Wishes of sites, for specs of every kind. Test code.
const ED25519 = `ssh-ed25519 AAAAC3NzaC1lZDI1NTE5${'A'.repeat(48)} ann@example.com`;
const UNIT =
  '[Unit]\nDescription=a\n\n[Service]\nExecStart=/bin/true \\\n  "$HOME"\n\n[Install]\nWantedBy=multi-user.target\n';
/** Wishes of a site: on every host, or on those of a role. */
const wishes = fc.record(
  {
    users: fc.constantFrom(
      [{ name: 'ops', sudo: true, groups: ['sudo', 'site'], sshAuthorizedKeys: [ED25519] }],
      [{ name: 'ops' }, { name: 'core', uid: 1500, shell: '/bin/sh', sshAuthorizedKeys: [ED25519, `${ED25519}-2`] }],
    ),
    groups: fc.constant(['site', 'ops-2']),
    directories: fc.constantFrom(
      [{ path: '/srv/a' }],
      [
        { path: '/srv/a', mode: '0750', group: 'site' },
        { path: '/srv/a/b', user: '1000' },
      ],
    ),
    files: fc
      .tuple(fc.string({ unit: 'binary' }), fc.constantFrom('a: |\n b\n', '#!/bin/sh\necho "$1" \\\n', '', 'QG-END\n'))
      .map(([any, some]) => [
        { path: '/etc/site/a', content: some, mode: '0600' },
        { path: '/etc/site/b.conf', content: any.replace(/[^ -~\n\u00a1-\u00ff]/g, ''), user: '1000', group: 'site' },
      ]),
    units: fc.constantFrom(
      [
        { name: 'a.service', content: UNIT, enabled: true },
        { name: 'b@.service', content: UNIT },
      ],
      [
        {
          name: 'site.timer',
          content: '[Timer]\nOnBootSec=1\n',
          dropIns: [{ name: '10-a.conf', content: '[Timer]\nOnBootSec=2\n' }],
        },
        { name: 'unattended.service', mask: true },
        { name: 'chronyd.service', enabled: true },
      ],
    ),
    mounts: fc.constantFrom(
      [{ path: '/srv/data-1', device: '/dev/disk/by-label/data', type: 'ext4', options: ['noatime', 'nofail'] }],
      [{ path: '/srv/nfs', device: 'nfs.example.com:/a/b' }],
    ),
    cloudConfig: fc.constantFrom(
      { ntp: { enabled: true }, runcmd: [['echo', 'a'], 'echo b'], timezone: 'Europe/Berlin' },
      { write_files: [], packages: ['htop'], bootcmd: ['true'] },
    ),
    ignition: fc.constant({
      ignition: { version: '3.2.0' },
      storage: { links: [{ path: '/etc/localtime', target: '../usr/share/zoneinfo/UTC' }] },
    }),
    kernelArguments: fc.constant(['quiet', 'mitigations=auto,nosmt']),
  },
  { requiredKeys: ['groups'] },
);
/** Of wishes for one role: nothing that is there for all already. */
const more = { files: [{ path: '/etc/site/role', content: 'x' }] };
/** `extra` of a spec. */
export const extra = fc.option(
  fc.tuple(wishes, fc.boolean(), fc.boolean()).map(([all, both, plain]) => {
    const { kernelArguments: _, ignition: __, ...neutral } = all;
    return { all: plain ? neutral : all, ...(both && { etcd: more }) };
  }),
  { nil: undefined, freq: 2 },
);
