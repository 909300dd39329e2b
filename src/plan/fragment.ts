import { child } from '../spec/pointer.ts';
import type { PlanFragment } from './plan.ts';

/** Something on a host that has one owner. */
export interface Claim {
  kind: 'path' | 'mount' | 'unit' | 'user' | 'group';
  name: string;
  pointer: string;
}

type Mapping = Readonly<Record<string, unknown>>;
const isMapping = (value: unknown): value is Mapping =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The mappings of a list, each with its place; none where there is no such list. */
function each(holder: unknown, pointer: string, ...keys: string[]): [pointer: string, item: Mapping][] {
  let [at, value]: [string, unknown] = [pointer, holder];
  for (const key of keys) [at, value] = [child(at, key), isMapping(value) ? value[key] : undefined];
  if (!Array.isArray(value)) return [];
  return value.flatMap((item, index) => (isMapping(item) ? [[child(at, index), item]] : []));
}

const claim = (kind: Claim['kind'], items: readonly [string, Mapping][], key: string): Claim[] =>
  items.flatMap(([at, { [key]: name }]) => (typeof name === 'string' ? [{ kind, name, pointer: child(at, key) }] : []));

/** A list of names, or of mappings of which the keys are names, as cloud-init takes groups. */
function names(value: unknown, pointer: string): Claim[] {
  const list = Array.isArray(value) ? value : [];
  return list.flatMap((item, index): Claim[] =>
    (isMapping(item) ? Object.keys(item) : [String(item)]).map((name) => ({
      kind: 'group',
      name,
      pointer: child(pointer, index),
    })),
  );
}

function ofCloudConfig({ value, pointer }: PlanFragment): Claim[] {
  const mounts: unknown[] = Array.isArray(value['mounts']) ? value['mounts'] : [];
  const resolver = value['manage_resolv_conf'] === true;
  return [
    ...claim('path', each(value, pointer, 'write_files'), 'path'),
    ...claim('user', each(value, pointer, 'users'), 'name'),
    ...names(value['groups'], child(pointer, 'groups')),
    ...mounts.flatMap((mount, index): Claim[] => {
      const name: unknown = Array.isArray(mount) ? mount[1] : undefined;
      return typeof name === 'string' ? [{ kind: 'mount', name, pointer: child(child(pointer, 'mounts'), index) }] : [];
    }),
    ...(resolver
      ? [{ kind: 'path' as const, name: '/etc/resolv.conf', pointer: child(pointer, 'manage_resolv_conf') }]
      : []),
  ];
}

function ofIgnition({ value, pointer }: PlanFragment): Claim[] {
  return [
    ...['files', 'directories', 'links'].flatMap((key) => claim('path', each(value, pointer, 'storage', key), 'path')),
    ...claim('mount', each(value, pointer, 'storage', 'filesystems'), 'path'),
    ...claim('unit', each(value, pointer, 'systemd', 'units'), 'name'),
    ...claim('user', each(value, pointer, 'passwd', 'users'), 'name'),
    ...claim('group', each(value, pointer, 'passwd', 'groups'), 'name'),
  ];
}

/** Files, units, users and mounts of a fragment, as far as its format says them outright. */
export const claimsOf = {
  cloudConfig: (fragments: readonly PlanFragment[]) => fragments.flatMap(ofCloudConfig),
  ignition: (fragments: readonly PlanFragment[]) => fragments.flatMap(ofIgnition),
};

/** A fault of a fragment: where, what, and what to do. */
export interface Fault {
  pointer: string;
  on?: 'key';
  message: string;
  advice: string;
}

const LISTS = ['write_files', 'runcmd', 'bootcmd', 'users', 'groups', 'mounts', 'packages'];

/** Faults that keep two cloud-configs from being one, or that boots would not tell of. */
export function cloudConfigFaults({ value, pointer }: PlanFragment): Fault[] {
  const fault = (key: string, message: string, advice: string): Fault => ({
    pointer: child(pointer, key),
    message,
    advice,
  });
  return [
    ...LISTS.filter((key) => value[key] !== undefined && !Array.isArray(value[key])).map((key) =>
      fault(key, `\`${key}\` is no list.`, 'Write a list: lists are appended to ours.'),
    ),
    ...['merge_how', 'merge_type']
      .filter((key) => value[key] !== undefined)
      .map((key) =>
        fault(key, `\`${key}\` says how to merge.`, 'Remove it: the fragment is merged here, lists by appending.'),
      ),
    ...each(value, pointer, 'write_files').flatMap(([at, { permissions }]): Fault[] =>
      permissions === undefined || (typeof permissions === 'string' && /^0?[0-7]{3,4}$/.test(permissions))
        ? []
        : [
            {
              pointer: child(at, 'permissions'),
              message: '`permissions` is no octal number in quotes.',
              advice: 'Write four octal digits in quotes, for example `"0644"`.',
            },
          ],
    ),
  ];
}

const SECTIONS = ['ignition', 'storage', 'systemd', 'passwd', 'networkd', 'kernelArguments'];
const UNIT_KEYS = ['name', 'enabled', 'enable', 'mask', 'contents', 'dropins'];

/** Faults of which Ignition's own validator warns at most, or that would take our part away. */
export function ignitionFaults({ value, pointer }: PlanFragment): Fault[] {
  const about = isMapping(value['ignition']) ? value['ignition'] : {};
  const isVersion3 = String(about['version']).startsWith('3.');
  const strange = Object.keys(value).filter((key) => !SECTIONS.includes(key));
  const nodes = ['files', 'directories'].flatMap((key) => each(value, pointer, 'storage', key));
  const units = each(value, pointer, 'systemd', 'units').flatMap(([at, unit]) =>
    Object.keys(unit)
      .filter((key) => !UNIT_KEYS.includes(key) || (key === 'enable' && isVersion3))
      .map((key): Fault => {
        const message = `A unit has no key \`${key}\`: Ignition passes over it.`;
        return {
          pointer: child(at, key),
          on: 'key',
          message,
          advice: key === 'enable' ? 'Write `enabled`.' : 'Remove it.',
        };
      }),
  );
  return [
    ...(typeof about['version'] === 'string'
      ? []
      : [
          {
            pointer,
            on: 'key' as const,
            message: 'It has no `ignition.version`.',
            advice: 'Add it, for example `ignition: {version: 3.3.0}`.',
          },
        ]),
    ...(about['config'] === undefined
      ? []
      : [
          {
            pointer: child(child(pointer, 'ignition'), 'config'),
            message: '`ignition.config` brings another document.',
            advice: 'Put what it brings here: it would take the place of ours, or be fetched at boot.',
          },
        ]),
    ...strange.map((key) => ({
      pointer: child(pointer, key),
      message: `Ignition has no section \`${key}\`, and would pass over it.`,
      advice:
        key === 'variant' ? 'Give what `butane` prints of it: JSON is YAML.' : `Use one of: ${SECTIONS.join(', ')}.`,
    })),
    ...nodes.flatMap(([at, { mode }]): Fault[] =>
      mode === undefined || (typeof mode === 'number' && mode <= 0o777 && (mode & 0o444) !== 0)
        ? []
        : [
            {
              pointer: child(at, 'mode'),
              message: `\`mode\` is \`${String(mode)}\`, of which Ignition takes the decimal value.`,
              advice: 'Write the decimal number: 420 is 0644, 493 is 0755.',
            },
          ],
    ),
    ...each(value, pointer, 'storage', 'files').flatMap(([at, { contents }]): Fault[] => {
      const { source, verification } = isMapping(contents) ? contents : {};
      if (typeof source !== 'string' || !/^(https?|s3|tftp|arn|gs):/.test(source)) return [];
      if (isMapping(verification) && typeof verification['hash'] === 'string') return [];
      const message = 'A file is fetched without a hash.';
      return [
        { pointer: child(child(at, 'contents'), 'source'), message, advice: 'Add `verification: {hash: sha512-…}`.' },
      ];
    }),
    ...units,
  ];
}
