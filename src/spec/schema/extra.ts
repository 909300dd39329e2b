import { type Static, Type } from 'typebox';
import { HostPath, strict, Text } from './parts.ts';

const ACCOUNT = '^[a-z_][a-z0-9_-]{0,30}$';
const account = 'a name of lower-case letters, digits, `_` and `-`';

const text = (description: string) => Text({ pattern: '^[\\s\\S]*$', form: 'text', description });

const Place = (what: string, mode: string) => ({
  path: HostPath(`Path of the ${what}.`, '/etc/example.conf'),
  mode: Type.Optional(
    Text({
      pattern: '^0[0-7]{3}$',
      form: `four octal digits in quotes, for example \`"${mode}"\``,
      description: `Permissions, four octal digits in quotes; \`"${mode}"\` where left out.`,
      examples: [mode],
    }),
  ),
  user: Type.Optional(
    Text({
      pattern: '^([a-z_][a-z0-9_-]{0,30}|[0-9]{1,9})$',
      form: `${account}, or a number in quotes`,
      description: 'Its owner: `root`, a user of `extra`, or a number in quotes; `root` where left out.',
    }),
  ),
  group: Type.Optional(
    Text({
      pattern: '^([a-z_][a-z0-9_-]{0,30}|[0-9]{1,9})$',
      form: `${account}, or a number in quotes`,
      description: "Its group; that of the owner's name where left out.",
    }),
  ),
});

const User = Type.Object(
  {
    name: Text({ pattern: ACCOUNT, form: account, description: 'Name of the user.', examples: ['ops'] }),
    uid: Type.Optional(Type.Integer({ minimum: 1000, maximum: 59_999, description: 'Its number, where it matters.' })),
    groups: Type.Optional(
      Type.Array(Text({ pattern: ACCOUNT, form: account }), {
        minItems: 1,
        uniqueItems: true,
        description: 'Groups beside its own: of `groups`, or `adm`, `docker`, `sudo`, `systemd-journal`, `wheel`.',
        examples: [['sudo']],
      }),
    ),
    shell: Type.Optional(HostPath('Its shell; `/bin/bash` where left out.', '/bin/sh')),
    sudo: Type.Optional(Type.Boolean({ description: 'Whether it may do everything as root, without a password.' })),
    sshAuthorizedKeys: Type.Optional(
      Type.Array(
        Text({
          pattern:
            '^(ssh-ed25519|ssh-rsa|ecdsa-sha2-nistp(256|384|521)|sk-(ssh-ed25519|ecdsa-sha2-nistp256)@openssh\\.com) AAAA[A-Za-z0-9+/]+={0,3}( [ -~]*)?$',
          form: 'the line of a `.pub` file, `ssh-ed25519 AAAA… COMMENT`',
          maxLength: 2000,
        }),
        { minItems: 1, uniqueItems: true, description: 'Public keys that may log in as it.' },
      ),
    ),
  },
  { ...strict, description: 'A user of the host.' },
);

const DropIn = Type.Object(
  {
    name: Text({
      pattern: '^[A-Za-z0-9_.-]{1,100}\\.conf$',
      form: 'a file name that ends with `.conf`',
      description: 'File name, `NAME.conf`.',
      examples: ['10-limits.conf'],
    }),
    content: text('Its text.'),
  },
  { ...strict, description: 'An addition to the unit.' },
);

const Unit = Type.Object(
  {
    name: Text({
      pattern: '^[A-Za-z0-9_.@\\\\-]{1,200}\\.(service|socket|target|path|timer|mount|automount|slice|swap)$',
      form: 'the name of a unit of systemd, for example `example.service`',
      description: 'Name of the unit.',
      examples: ['example.service'],
    }),
    content: Type.Optional(text('Its text; left out for a unit that the image has.')),
    enabled: Type.Optional(
      Type.Boolean({ description: 'Whether it is started at each boot. It then has `[Install]`.' }),
    ),
    mask: Type.Optional(Type.Boolean({ description: 'Whether nothing may start it: a unit that the image has.' })),
    dropIns: Type.Optional(
      Type.Array(DropIn, { minItems: 1, description: 'Additions to the unit, as files in `NAME.d`.' }),
    ),
  },
  { ...strict, description: 'A unit of systemd.' },
);

const Mount = Type.Object(
  {
    path: HostPath('Where it is mounted.', '/srv/data'),
    device: Text({
      pattern: '^(/dev/[A-Za-z0-9_.:/+=@\\\\-]+|[A-Za-z0-9.-]+:/[A-Za-z0-9_./-]*|[a-z0-9_.-]+)$',
      form: 'a device (`/dev/…`, also `/dev/disk/by-label/NAME`), `HOST:/PATH`, or a word such as `tmpfs`',
      maxLength: 300,
      description: 'The device, `HOST:/PATH`, or a word such as `tmpfs`. It has a filesystem already.',
      examples: ['/dev/disk/by-label/data'],
    }),
    type: Type.Optional(
      Text({
        pattern: '^[a-z0-9._-]{1,40}$',
        form: 'the name of a filesystem, for example `ext4`',
        description: 'Its filesystem; found out where left out.',
        examples: ['ext4'],
      }),
    ),
    options: Type.Optional(
      Type.Array(Text({ pattern: '^[A-Za-z0-9_.:/=+@-]+$', form: 'an option of mount(8)', maxLength: 200 }), {
        minItems: 1,
        uniqueItems: true,
        description: 'Options of mount(8).',
        examples: [['noatime']],
      }),
    ),
  },
  { ...strict, description: 'A filesystem that is mounted.' },
);

/** A fragment in a format of another's: which keys it may have, only that one's reader knows. */
const Fragment = (description: string) =>
  Type.Unsafe<Readonly<Record<string, unknown>>>(Type.Object({}, { additionalProperties: true, description }));

const keys = {
  users: Type.Optional(
    Type.Array(User, {
      minItems: 1,
      description: 'Users, with the keys that may log in.',
      examples: [[{ name: 'ops' }], [{ name: 'core' }]],
    }),
  ),
  groups: Type.Optional(
    Type.Array(Text({ pattern: ACCOUNT, form: account }), {
      minItems: 1,
      uniqueItems: true,
      description: 'Groups.',
      examples: [['ops']],
    }),
  ),
  directories: Type.Optional(
    Type.Array(Type.Object(Place('directory', '0755'), { ...strict, description: 'A directory.' }), {
      minItems: 1,
      description: 'Directories.',
      examples: [[{ path: '/srv/a' }], [{ path: '/srv/b' }]],
    }),
  ),
  files: Type.Optional(
    Type.Array(
      Type.Object({ ...Place('file', '0644'), content: text('Its text.') }, { ...strict, description: 'A file.' }),
      {
        minItems: 1,
        description: 'Files.',
        examples: [[{ path: '/etc/a', content: 'a' }], [{ path: '/etc/b', content: 'b' }]],
      },
    ),
  ),
  units: Type.Optional(
    Type.Array(Unit, {
      minItems: 1,
      description: "Units of systemd, and drop-ins of units that are not quorumgate's.",
      examples: [[{ name: 'a.timer', mask: true }], [{ name: 'b.timer', mask: true }]],
    }),
  ),
  mounts: Type.Optional(
    Type.Array(Mount, {
      minItems: 1,
      description: 'Filesystems that are mounted, each by a unit of systemd.',
      examples: [[{ path: '/srv/a', device: '/dev/vdb' }], [{ path: '/srv/b', device: '/dev/vdb' }]],
    }),
  ),
  kernelArguments: Type.Optional(
    Type.Array(Text({ pattern: '^[!-~]+$', form: 'one argument without spaces', maxLength: 200 }), {
      minItems: 1,
      uniqueItems: true,
      description: 'Arguments of the kernel; only for Ignition of spec 3.',
      examples: [['quiet']],
    }),
  ),
  cloudConfig: Type.Optional(
    Fragment('Keys of cloud-config, for targets of cloud-init: lists are appended to ours, mappings are joined.'),
  ),
  ignition: Type.Optional(
    Fragment(
      'A configuration of Ignition (what Butane prints), for targets of Ignition, which merge it by their own rules.',
    ),
  ),
};

const Role = (description: string, more: object = {}) =>
  Type.Optional(Type.Object(keys, { ...strict, minProperties: 1, description, ...more }));

/** Wishes of a site for its hosts. */
export const Extra = Type.Object(
  {
    all: Role('On every host.'),
    etcd: Role('On the members; as `extra.all`, and beside it.', { like: 'all' }),
    'consul-server': Role('On hosts of that role; as `extra.all`, and beside it.', { like: 'all' }),
  },
  {
    ...strict,
    minProperties: 1,
    description: 'Your own: users with SSH keys, files, units, mounts and fragments (docs/extra.md).',
  },
);

export type RoleExtra = NonNullable<Static<typeof Extra>['all']>;
