import { extrasOf } from '../plan/extra.ts';
import type { Spec } from '../spec/defaults.ts';
import type { Problem } from '../spec/problem.ts';
import type { RoleExtra } from '../spec/schema/extra.ts';
import type { Target } from './target.ts';

/** Wishes of `extra` that a target cannot grant. */

const everywhere = (spec: Spec): [at: string, extra: RoleExtra][] => [
  ...new Map([...extrasOf(spec, 'etcd'), ...extrasOf(spec, 'consul-server')]),
];

const cannot = (pointer: string, message: string): Problem => ({
  code: 'target-without-extra',
  pointer,
  on: 'key',
  message,
});

/** Ignition alone sets arguments of the kernel, from spec 3.3 on. */
export const kernelArguments = (spec: Spec, target: string): Problem[] =>
  everywhere(spec)
    .filter(([, extra]) => extra.kernelArguments !== undefined)
    .map(([at]) => cannot(`${at}/kernelArguments`, `Target \`${target}\` sets no arguments of the kernel.`));

/** A system that reads nothing of it. */
export const anyExtra = (spec: Spec, target: string, why: string): Problem[] =>
  spec.extra === undefined ? [] : [cannot('/extra', `Target \`${target}\` takes nothing of \`extra\`: ${why}.`)];

interface Ignited {
  target: string;
  /** The first number of the spec's version. */
  spec: 2 | 3;
  /** Folders below /usr that are writable all the same. */
  writable?: RegExp;
}

/** Folders of the system, which an update replaces as a whole. */
const READ_ONLY = /^\/(usr|bin|sbin|lib|lib64)\//;

/** Longest physical line of a unit (go-systemd, unit/deserialize.go; seen with Ignition 0.35 and 2.17, 2026-11-01). */
const LINE = 2048;

/** Demands of go-systemd's reader, by which Ignition stops the boot where systemd does not mind. */
function unitFault(content: string): string | undefined {
  const lines = content.split('\n');
  const long = lines.findIndex((line) => new TextEncoder().encode(line).length > LINE);
  if (long !== -1) return `has more than ${LINE} bytes in line ${long + 1}`;
  const comment = lines.findIndex((line, index) => /\\$/.test(lines[index - 1] ?? '') && /^\s*[#;]/.test(line));
  return comment === -1 ? undefined : `has a comment within a continued line, line ${comment + 1}`;
}

const VERSIONS = { 2: /^2\.[0-2]\.0$/, 3: /^3\.[0-9]\.0$/ };

/** Wishes that an Ignition system would refuse, or not notice. */
export function ignitionExtra(spec: Spec, { target, spec: major, writable = /^$/ }: Ignited): Problem[] {
  return everywhere(spec).flatMap(([at, { files = [], directories = [], units = [], ignition }]): Problem[] => {
    const places = { files, directories };
    const readOnly = Object.entries(places).flatMap(([key, list]) =>
      list.flatMap(({ path }, index): Problem[] => {
        if (!READ_ONLY.test(path) || writable.test(path)) return [];
        const message = `\`${path}\` is on a read-only filesystem of ${target}.`;
        return [{ code: 'extra-read-only', pointer: `${at}/${key}/${index}/path`, message }];
      }),
    );
    const texts = units.flatMap(({ name, content }, index): Problem[] => {
      const fault = content === undefined ? undefined : unitFault(content);
      if (fault === undefined) return [];
      const detail = { advice: 'Put what is long into a script, and comments above the line.' };
      const message = `\`${name}\` ${fault}: Ignition would end the boot.`;
      return [{ code: 'extra-unit-text', pointer: `${at}/units/${index}/content`, message, detail }];
    });
    const instances = units.flatMap(({ name, enabled }, index) =>
      major === 2 && enabled === true && name.includes('@')
        ? [cannot(`${at}/units/${index}/enabled`, `The systemd of ${target} enables no instance of a template.`)]
        : [],
    );
    const version = (ignition?.['ignition'] as { version?: unknown } | undefined)?.version;
    const isOther = ignition !== undefined && !VERSIONS[major].test(String(version));
    const message = `\`ignition.version\` is \`${String(version)}\`, and ${target} merges documents of ${major}.x alone.`;
    const detail = { advice: `Write it in spec ${major === 2 ? '2.2.0' : '3.3.0'}.` };
    return [
      ...readOnly,
      ...texts,
      ...instances,
      ...(isOther
        ? [{ code: 'extra-fragment' as const, pointer: `${at}/ignition`, on: 'key' as const, message, detail }]
        : []),
    ];
  });
}

/** Fragments in a format that none of the chosen targets reads. */
export function unreadFragments(spec: Spec, chosen: readonly Target[], all: readonly Target[]): Problem[] {
  const keys = ['cloudConfig', 'ignition'] as const;
  return everywhere(spec).flatMap(([at, extra]) =>
    keys.flatMap((key): Problem[] => {
      if (extra[key] === undefined || chosen.some(({ reads }) => reads === key)) return [];
      const allowed = all.flatMap(({ name, reads }) => (reads === key ? [`\`${name}\``] : [])).join(', ');
      const message = `\`${key}\` is given, and none of ${chosen.map(({ name }) => `\`${name}\``).join(', ')} reads it.`;
      return [{ code: 'extra-fragment-unread', pointer: `${at}/${key}`, on: 'key', message, detail: { allowed } }];
    }),
  );
}
