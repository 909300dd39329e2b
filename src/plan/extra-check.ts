import { parseUnitFile, type UnitFile, UnitFileError, unitValues } from '../format/unit-file.ts';
import type { Spec } from '../spec/defaults.ts';
import type { Problem } from '../spec/problem.ts';
import { TAKEN } from '../spec/rule/port.ts';
import { extrasOf } from './extra.ts';
import { type Claim, claimsOf, cloudConfigFaults, ignitionFaults } from './fragment.ts';
import type { Plan } from './plan.ts';
import { unitRows } from './units.ts';

const isExtra = (pointer: string) => pointer.startsWith('/extra/');

/** Folders that are ours as a whole. */
const OWNED = [
  '/etc/quorumgate',
  '/opt/quorumgate',
  '/run/quorumgate',
  '/run/consul',
  '/run/etcd',
  '/var/lib/quorumgate',
  '/var/lib/quorumgate-etcd',
  '/var/lib/etcd',
  '/var/lib/consul',
  '/etc/resolv.conf',
];
/** Folders and files of programs that run pods. */
const OF_PODS = ['/var/lib/kubelet', '/var/lib/containerd', '/etc/kubernetes'];

const USERS = ['etcd', 'consul', 'nobody'];
const UNITS = new Set(unitRows.map(({ name }) => name));

const isOurUnit = (name: string) => UNITS.has(name.replace(/@[^.]*\./, '@.')) || /^quorumgate[-.]/.test(name);
const isInside = (path: string, folder: string) => path === folder || path.startsWith(`${folder}/`);

/** The unit that a file belongs to, as its text or as an addition. */
const unitOf = (path: string): string | undefined =>
  /^\/(?:etc|run|usr\/lib|lib)\/systemd\/system\/([^/]+?)(?:\.(?:d|wants|requires)\/.*)?$/.exec(path)?.[1];

interface Ours {
  paths: string[];
  folders: string[];
  ports: Map<number, string>;
}

function oursOf({ files, units }: Plan, { etcd, consul }: Spec): Ours {
  const paths = files.filter(({ pointer }) => !isExtra(pointer)).map(({ path }) => path);
  const own = units.filter(({ pointer }) => pointer === undefined).map(({ name }) => `/etc/systemd/system/${name}`);
  const pods = [etcd.runtime, consul.runtime].includes('static-pod') ? OF_PODS : [];
  const ports = new Map(Object.entries(TAKEN).map(([port, who]) => [Number(port), who]));
  ports.set(53, 'what forwards DNS to Consul');
  for (const name of ['peerPort', 'clientPort', 'metricsPort'] as const) ports.set(etcd[name], `\`etcd.${name}\``);
  return { paths: [...paths, ...own], folders: [...OWNED, etcd.dataDirectory, ...pods], ports };
}

/** A reason for which a claim is ours; undefined where it is not. */
function takenBy({ kind, name }: Claim, { paths, folders }: Ours): string | undefined {
  if (kind === 'user' || kind === 'group')
    return USERS.includes(name) ? 'is made by quorumgate or by the system' : undefined;
  if (kind === 'unit') return isOurUnit(name) ? 'is a unit of quorumgate' : undefined;
  const unit = unitOf(name);
  if (unit !== undefined && isOurUnit(unit)) return `belongs to \`${unit}\`, a unit of quorumgate`;
  if (unit !== undefined && /^(service|socket|target|timer|path)$/.test(unit))
    return 'acts on every unit, those of quorumgate too';
  const folder = folders.find((one) => isInside(name, one));
  if (folder !== undefined) return name === folder ? "is quorumgate's" : `lies in \`${folder}\`, which is quorumgate's`;
  const held = [...folders, ...paths].find((path) => isInside(path, name));
  if (held === undefined) return undefined;
  return held === name ? 'is a file of quorumgate' : `holds \`${held}\`, which is quorumgate's`;
}

const WORDS: Record<Claim['kind'], string> = {
  path: 'place',
  mount: 'place',
  unit: 'name',
  user: 'name',
  group: 'name',
};

const taken = (claims: readonly Claim[], ours: Ours): Problem[] =>
  claims.flatMap((claim): Problem[] => {
    const why = takenBy(claim, ours);
    const message = `\`${claim.name}\` ${why}.`;
    return why === undefined
      ? []
      : [{ code: 'extra-taken', pointer: claim.pointer, message, detail: { what: WORDS[claim.kind] } }];
  });

function twice(claims: readonly Claim[]): Problem[] {
  const seen = new Set<string>();
  return claims.flatMap(({ kind, name, pointer }): Problem[] => {
    const key = `${kind} ${name}`;
    // Groups are there once, however often they are wanted.
    if (kind === 'group' || !seen.has(key)) {
      seen.add(key);
      return [];
    }
    return [{ code: 'extra-twice', pointer, message: `\`${name}\` is there already.` }];
  });
}

/** Whatever the spec says outside of fragments. */
function claimed({ files, units, role, extra }: Plan, spec: Spec): Claim[] {
  const lists = extrasOf(spec, role);
  const of = (key: 'users' | 'units' | 'mounts') =>
    lists.flatMap(([at, one]) => (one[key] ?? []).map((item, index) => ({ item, at: `${at}/${key}/${index}` })));
  return [
    ...files.flatMap(({ path, pointer }): Claim[] => {
      if (!isExtra(pointer)) return [];
      const key = pointer.includes('/files/') ? 'path' : 'name';
      return [{ kind: 'path', name: path, pointer: `${pointer}/${key}` }];
    }),
    ...units.flatMap(({ name, pointer }): Claim[] => {
      if (pointer === undefined) return [];
      const key = pointer.includes('/units/') ? 'name' : 'path';
      return [{ kind: 'path', name: `/etc/systemd/system/${name}`, pointer: `${pointer}/${key}` }];
    }),
    ...(extra?.directories ?? []).map(
      ({ path, pointer }): Claim => ({ kind: 'path', name: path, pointer: `${pointer}/path` }),
    ),
    ...of('users').map(
      ({ item, at }): Claim => ({ kind: 'user', name: 'name' in item ? item.name : '', pointer: `${at}/name` }),
    ),
    ...of('units').map(
      ({ item, at }): Claim => ({ kind: 'unit', name: 'name' in item ? item.name : '', pointer: `${at}/name` }),
    ),
    ...of('mounts').map(
      ({ item, at }): Claim => ({ kind: 'mount', name: 'path' in item ? item.path : '', pointer: `${at}/path` }),
    ),
    ...(extra?.groups ?? []).map((name): Claim => ({ kind: 'group', name, pointer: groupPlace(lists, name) })),
  ];
}

function groupPlace(lists: ReturnType<typeof extrasOf>, name: string): string {
  const [at = '', one] = lists.find(([, { groups = [] }]) => groups.includes(name)) ?? [];
  return `${at}/groups/${one?.groups?.indexOf(name)}`;
}

/** Files that nobody sees any more once a filesystem is mounted over them. */
function hidden(claims: readonly Claim[]): Problem[] {
  const mounts = claims.filter(({ kind }) => kind === 'mount');
  return claims.flatMap(({ kind, name, pointer }): Problem[] => {
    const over = mounts.find((mount) => kind === 'path' && name.startsWith(`${mount.name}/`));
    if (over === undefined) return [];
    return [
      {
        code: 'extra-hidden',
        pointer,
        message: `\`${name}\` lies below \`${over.name}\`, where a filesystem is mounted.`,
      },
    ];
  });
}

/** As much as an archive takes that brings what does not fit. */
const LONGEST = 99;

const tooLong = (claims: readonly Claim[]): Problem[] =>
  claims.flatMap(({ kind, name, pointer }): Problem[] => {
    if (kind !== 'path' || name.length <= LONGEST) return [];
    const message = `\`${name}\` has ${name.length} characters; a path may have ${LONGEST}.`;
    return [{ code: 'too-long', pointer, message, detail: { limit: LONGEST } }];
  });

const portOf = (address: string) => Number(/(?:^|:)([0-9]{1,5})$/.exec(address)?.[1]);

/** Texts of units: whether systemd reads them, whether enabling does anything, and what sockets listen on. */
function unitTexts({ files, units }: Plan, { ports }: Ours): Problem[] {
  const own = units.flatMap(({ name, content, enabled, pointer = '' }) =>
    pointer.includes('/units/') ? [{ name, content, enabled, pointer: `${pointer}/content` }] : [],
  );
  const additions = files.flatMap(({ path, content, pointer }) =>
    pointer.includes('/dropIns/') ? [{ name: path, content, enabled: false, pointer: `${pointer}/content` }] : [],
  );
  return [...own, ...additions].flatMap(({ name, content, enabled, pointer }): Problem[] => {
    let unit: UnitFile;
    try {
      unit = parseUnitFile(content);
    } catch (error) {
      if (!(error instanceof UnitFileError)) throw error;
      const detail = { advice: 'Write `Key=value` lines below a `[Section]`.' };
      return [{ code: 'extra-unit-text', pointer, message: `\`${name}\`, ${error.message}.`, detail }];
    }
    const installs = ['WantedBy', 'RequiredBy', 'UpheldBy', 'Alias', 'Also'];
    const idle = enabled && installs.every((key) => unitValues(unit, 'Install', key).length === 0);
    const detail = { advice: 'Add `[Install]` with `WantedBy=multi-user.target`, or remove `enabled`.' };
    const message = `\`${name}\` is enabled, and says of nothing that it wants it.`;
    return [
      ...(idle ? [{ code: 'extra-unit' as const, pointer, message, detail }] : []),
      ...['ListenStream', 'ListenDatagram'].flatMap((key) =>
        unitValues(unit, 'Socket', key).flatMap((address): Problem[] => {
          const who = ports.get(portOf(address));
          if (who === undefined) return [];
          const text = `\`${name}\` listens on ${portOf(address)}, the port of ${who}.`;
          return [{ code: 'extra-taken', pointer, message: text, detail: { what: 'port' } }];
        }),
      ),
    ];
  });
}

function checkPlan(plan: Plan, spec: Spec): Problem[] {
  if (plan.extra === undefined) return [];
  const { cloudConfig, ignition } = plan.extra;
  const ours = oursOf(plan, spec);
  const own = claimed(plan, spec);
  const [cloud, ignited] = [claimsOf.cloudConfig(cloudConfig), claimsOf.ignition(ignition)];
  const faults = [...cloudConfig.flatMap(cloudConfigFaults), ...ignition.flatMap(ignitionFaults)];
  return [
    ...faults.map(({ advice, ...fault }): Problem => ({ ...fault, code: 'extra-fragment', detail: { advice } })),
    ...taken([...own, ...cloud, ...ignited], ours),
    // A host reads one of the two.
    ...twice([...own, ...cloud]),
    ...twice([...own, ...ignited]),
    ...tooLong(own),
    ...hidden([...own, ...cloud]),
    ...hidden([...own, ...ignited]),
    ...unitTexts(plan, ours),
  ];
}

/** Collisions of what the user wants besides with what is ours, and with itself. Each once, whatever roles it is for. */
export function checkExtra(plans: readonly Plan[], spec: Spec): Problem[] {
  const all = plans.flatMap((plan) => checkPlan(plan, spec));
  return all.filter(
    ({ code, pointer }, index) => index === all.findIndex((one) => one.code === code && one.pointer === pointer),
  );
}
