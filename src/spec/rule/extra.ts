import { child } from '../pointer.ts';
import type { Problem } from '../problem.ts';
import { secretIn } from '../secret.ts';
import type { Draft, Rule } from './draft.ts';
import { holder, notPlain } from './file.ts';

type One = NonNullable<NonNullable<Draft['extra']>['all']>;
type Item<Key extends keyof One> = NonNullable<One[Key]> extends readonly (infer T)[] ? NonNullable<T> : never;

const ROLES = ['all', 'etcd', 'consul-server'] as const;
const extras = ({ extra }: Draft): [at: string, one: One][] =>
  ROLES.flatMap((role) => (extra?.[role] === undefined ? [] : [[`/extra/${role}`, extra[role]]]));

/** Every item of a list that is valid, with its place. */
const itemsOf = <Key extends keyof One>(draft: Draft, key: Key): [pointer: string, item: Item<Key>][] =>
  extras(draft).flatMap(([at, one]) => {
    const list: readonly unknown[] = Array.isArray(one[key]) ? one[key] : [];
    return list.flatMap((item, index) => (item === undefined ? [] : [[`${at}/${key}/${index}`, item as Item<Key>]]));
  });

/** Made anew at each start, or no disk at all. */
const VOLATILE = ['/run', '/var/run', '/tmp', '/var/tmp', '/proc', '/sys', '/dev'];

const places: Rule = (draft) =>
  (['files', 'directories', 'mounts'] as const).flatMap((key) =>
    itemsOf(draft, key).flatMap(([at, { path }]): Problem[] => {
      if (path === undefined) return [];
      const pointer = `${at}/path`;
      const folder = holder(VOLATILE, path);
      if (folder === undefined || key === 'mounts') return notPlain(path, pointer);
      return [{ code: 'extra-volatile', pointer, message: `\`${path}\` lies in \`${folder}\`.` }];
    }),
  );

/** Groups that images of every system have; cloud-init makes them where not. */
const KNOWN = ['adm', 'docker', 'sudo', 'systemd-journal', 'wheel'];

const unknown = (pointer: string, list: 'users' | 'groups', name: string): Problem => ({
  code: 'extra-owner',
  pointer,
  message: `There is no ${list === 'users' ? 'user' : 'group'} \`${name}\` under \`extra\`.`,
  detail: { list },
});

const owners: Rule = (draft) => {
  const users = ['root', ...itemsOf(draft, 'users').map(([, { name }]) => name)];
  const groups = [...users, ...KNOWN, ...itemsOf(draft, 'groups').map(([, name]) => name)];
  const isKnown = (names: readonly unknown[], name: string) => names.includes(name) || /^[0-9]+$/.test(name);
  const ofPlaces = (['files', 'directories'] as const).flatMap((key) =>
    itemsOf(draft, key).flatMap(([at, { user, group }]) => [
      ...(user === undefined || isKnown(users, user) ? [] : [unknown(`${at}/user`, 'users', user)]),
      ...(group === undefined || isKnown(groups, group) ? [] : [unknown(`${at}/group`, 'groups', group)]),
    ]),
  );
  const ofUsers = itemsOf(draft, 'users').flatMap(([at, { groups: others = [] }]) =>
    others.flatMap((name, index) =>
      name === undefined || groups.includes(name) ? [] : [unknown(`${at}/groups/${index}`, 'groups', name)],
    ),
  );
  return [...ofPlaces, ...ofUsers];
};

/** Whether the blob of a key is a list of strings, of which the first is the kind that stands before it (RFC 4253, 6.6). */
function isKey(line: string): boolean {
  const [kind = '', blob = ''] = line.split(' ');
  let bytes: string;
  try {
    bytes = atob(blob);
  } catch {
    return false;
  }
  const strings: string[] = [];
  for (let at = 0; at < bytes.length; ) {
    const length = [...bytes.slice(at, at + 4)].reduce((sum, one) => sum * 256 + one.charCodeAt(0), 0);
    at += 4 + length;
    if (at > bytes.length) return false;
    strings.push(bytes.slice(at - length, at));
  }
  return strings.length > 1 && strings[0] === kind;
}

const keys: Rule = (draft) =>
  itemsOf(draft, 'users').flatMap(([at, { name, sshAuthorizedKeys = [] }]) =>
    sshAuthorizedKeys.flatMap((key, index): Problem[] => {
      if (key === undefined || isKey(key)) return [];
      const message = `Key ${index + 1} of user \`${name}\` is not what it says it is.`;
      return [{ code: 'extra-key', pointer: `${at}/sshAuthorizedKeys/${index}`, message }];
    }),
  );

const units: Rule = (draft) =>
  itemsOf(draft, 'units').flatMap(([pointer, { name, content, enabled, mask, dropIns }]): Problem[] => {
    const problem = (message: string, advice: string): Problem[] => [
      { code: 'extra-unit', pointer, message: `Unit \`${name}\` ${message}.`, detail: { advice } },
    ];
    if (mask === true && (content !== undefined || enabled === true || dropIns !== undefined)) {
      return problem('is masked, and more is said of it', 'Remove `mask`, or what stands beside it.');
    }
    if (content === undefined && enabled !== true && mask !== true && dropIns === undefined) {
      return problem(
        'is named, and nothing is said of it',
        'Add `content`, `enabled: true`, `mask: true` or `dropIns`.',
      );
    }
    return [];
  });

const roles: Rule = ({ extra, consul }) => {
  if (extra?.['consul-server'] === undefined || consul?.servers === undefined || consul.servers === 'role') return [];
  const message = `There are no hosts of role \`consul-server\` with \`servers: ${consul.servers}\`.`;
  return [{ code: 'extra-role-unneeded', pointer: '/extra/consul-server', on: 'key', message }];
};

/** Keys of cloud-config and of Ignition that hold a password, or what stands for one. */
const PASSWORDS = /^(?:password|passwd|plain_text_passwd|hashed_passwd|passwordHash|chpasswd)$/;

/** Text that stands in another form: a `data:` URL, base64. */
function plainText(value: string): string {
  const [, base64] = /^(?:data:[^,]*;base64,)?([A-Za-z0-9+/\s]{40,}={0,2})\s*$/.exec(value) ?? [];
  try {
    if (base64 !== undefined) return atob(base64.replace(/\s/g, ''));
    return value.startsWith('data:') ? decodeURIComponent(value) : '';
  } catch {
    return '';
  }
}

function walk(value: unknown, pointer: string, key: string): Problem[] {
  const secret = (what: string): Problem => ({ code: 'spec-secret', pointer, message: `There is ${what} in it.` });
  if (PASSWORDS.test(key) && value !== undefined) return [secret('a password, or its hash,')];
  if (typeof value === 'object' && value !== null)
    return Object.entries(value).flatMap(([name, inner]) => walk(inner, child(pointer, name), name));
  if (typeof value !== 'string') return [];
  const what = secretIn(plainText(value));
  if (what !== undefined) return [secret(what)];
  if (!/^(yes|no|on|off)$/i.test(value)) return [];
  return [{ code: 'extra-fragment-word', pointer, message: `\`${value}\` is text.` }];
}

/** `passwd` is also the name of Ignition's whole section on users. */
const fragments: Rule = (draft) =>
  extras(draft).flatMap(([at, { cloudConfig, ignition }]) => [
    ...Object.entries(cloudConfig ?? {}).flatMap(([key, value]) => walk(value, child(`${at}/cloudConfig`, key), key)),
    ...Object.entries(ignition ?? {}).flatMap(([key, value]) => walk(value, child(`${at}/ignition`, key), '')),
  ]);

/** Whatever can be told of `extra` without knowing what is ours on a host. */
export const extra: Rule = (...given) =>
  [places, owners, keys, units, roles, fragments].flatMap((rule) => rule(...given));
