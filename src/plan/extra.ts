import { mountUnit } from '../format/mount-unit.ts';
import type { Spec } from '../spec/defaults.ts';
import type { RoleExtra } from '../spec/schema/extra.ts';
import type { Owner, Plan, PlanExtra, PlanFile, PlanFragment, PlanUnit, Role } from './plan.ts';

/** The parts of `extra` that hosts of a role have, with their places. */
export function extrasOf({ extra }: Pick<Spec, 'extra'>, role: Role): [pointer: string, extra: RoleExtra][] {
  const all = Object.entries({ all: extra?.all, [role]: extra?.[role] });
  return all.flatMap(([key, one]) => (one === undefined ? [] : [[`/extra/${key}`, one]]));
}

interface Wanted extends RoleExtra {
  at: string;
}

const ROOT: Owner = { user: 'root', group: 'root' };

/** A group of the owner's name: users have one. */
const ownerOf = ({ user = 'root', group = user }: { user?: string; group?: string }): Owner => ({ user, group });
const isRoots = ({ user, group }: Owner) => user === ROOT.user && group === ROOT.group;
const octal = (mode: string | undefined, fallback: number) =>
  mode === undefined ? fallback : Number.parseInt(mode, 8);

const filesOf = ({ at, files = [], units = [], users = [] }: Wanted): PlanFile[] => [
  ...files.map(({ path, content, mode, ...owner }, index): PlanFile => {
    const own = ownerOf(owner);
    const file = { path, mode: octal(mode, 0o644), content, pointer: `${at}/files/${index}` };
    return isRoots(own) ? file : { ...file, owner: own };
  }),
  ...units.flatMap(({ name, dropIns = [] }, index) =>
    dropIns.map((dropIn, which): PlanFile => {
      const path = `/etc/systemd/system/${name}.d/${dropIn.name}`;
      return { path, mode: 0o644, content: dropIn.content, pointer: `${at}/units/${index}/dropIns/${which}` };
    }),
  ),
  ...users.flatMap(({ name, sudo }, index): PlanFile[] => {
    const content = `${name} ALL=(ALL:ALL) NOPASSWD: ALL\n`;
    const path = `/etc/sudoers.d/quorumgate-${name}`;
    return sudo === true ? [{ path, mode: 0o440, content, pointer: `${at}/users/${index}` }] : [];
  }),
];

const unitsOf = ({ at, units = [], mounts = [] }: Wanted): PlanUnit[] => [
  ...mounts.map((mount, index) => ({ ...mountUnit(mount), enabled: true, pointer: `${at}/mounts/${index}` })),
  ...units.flatMap(({ name, content, enabled = false }, index) =>
    content === undefined ? [] : [{ name, content, enabled, pointer: `${at}/units/${index}` }],
  ),
];

const statesOf = ({ units = [] }: Wanted): PlanExtra['states'] =>
  units.flatMap(({ name, content, enabled, mask }): PlanExtra['states'] => {
    if (mask === true) return [{ name, state: 'masked' }];
    return content === undefined && enabled === true ? [{ name, state: 'enabled' }] : [];
  });

const fragments = (all: readonly Wanted[], key: 'cloudConfig' | 'ignition'): PlanFragment[] =>
  all.flatMap(({ at, [key]: value }) => (value === undefined ? [] : [{ value, pointer: `${at}/${key}` }]));

/** A plan with what the spec's `extra` wants on hosts of its role; the plan itself where that is nothing. */
export function withExtra(plan: Plan, spec: Pick<Spec, 'extra'>): Plan {
  const all = extrasOf(spec, plan.role).map(([at, extra]): Wanted => ({ ...extra, at }));
  if (all.length === 0) return plan;
  return {
    ...plan,
    files: [...plan.files, ...all.flatMap(filesOf)],
    units: [...plan.units, ...all.flatMap(unitsOf)],
    extra: {
      users: all.flatMap(({ users = [] }) =>
        users.map(({ name, uid, groups = [], shell = '/bin/bash', sshAuthorizedKeys: keys = [] }) => ({
          name,
          ...(uid === undefined ? {} : { uid }),
          groups,
          shell,
          keys,
        })),
      ),
      groups: [...new Set(all.flatMap(({ groups = [] }) => groups))],
      directories: all.flatMap(({ at, directories = [] }) =>
        directories.map(({ path, mode, ...owner }, index) => ({
          path,
          mode: octal(mode, 0o755),
          owner: ownerOf(owner),
          pointer: `${at}/directories/${index}`,
        })),
      ),
      states: all.flatMap(statesOf),
      kernelArguments: [...new Set(all.flatMap(({ kernelArguments = [] }) => kernelArguments))],
      cloudConfig: fragments(all, 'cloudConfig'),
      ignition: fragments(all, 'ignition'),
    },
  };
}
