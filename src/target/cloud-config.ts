import { type CloudConfig, octal, printCloudConfig } from '../format/cloud-config.ts';
import { base64 } from '../format/data-url.ts';
import { gzip } from '../format/gzip.ts';
import { everyFile, FIRST_BOOT } from '../plan/first-boot.ts';
import type { Assets, Plan, PlanExtra, PlanFile, PlanFragment } from '../plan/plan.ts';
import { proxyDropIn } from '../plan/proxy.ts';
import { spoken } from '../spec/pointer.ts';
import { hostArchive } from './archive.ts';
import { FETCH, FETCH_COMMANDS, FETCH_UNIT, fetchFiles } from './fetched.ts';
import { type Form, firstThatFits, type Written } from './form.ts';
import { joined } from './join-cloud-config.ts';
import type { Difference, Emitted, Limit, OutputFile, Part } from './target.ts';
import { type Fetched, uploadTo } from './upload.ts';

/** The writer that cloud-init's targets share: a plan's files as one `#cloud-config`, and the first boot's script for the rest. */

const encode = (text: string) => new TextEncoder().encode(text);

/** Where a host is other than the plan says. */
export const cloudConfigDiffers: readonly Difference[] = [
  { path: FIRST_BOOT, why: 'cloud-init runs it: it makes users and enables units' },
  { path: FETCH, why: 'what is over the limit is fetched' },
  { path: `/etc/systemd/system/${FETCH_UNIT}`, why: 'fetches it' },
  { path: `/etc/systemd/system/${FETCH_UNIT}.d/proxy.conf`, why: 'fetches it by the proxy' },
];

export type Commands = Omit<CloudConfig, 'write_files'>;

const EARLY = 'quorumgate-first-boot';
const DONE = `/run/${EARLY}`;
const AFTER_FILES = 'After=cloud-init.service cloud-init-network.service';

/**
 * The first boot's script runs as soon as the stage is over that writes files, not in the last one, which a system may reach much later: by a
 * unit that waits for that stage by both of its names (cloud-init 24.3 has another). `runcmd` runs the script as well where it has not
 * run since it was written: the unit could not be made, it failed, or cloud-init was told to do it all again.
 */
export const FIRST_BOOT_COMMANDS: Commands = {
  bootcmd: [
    ['cloud-init-per', 'instance', EARLY]
      .concat(['systemd-run', '--no-block', '--collect', `--unit=${EARLY}`, '-p', AFTER_FILES, '-p', 'Type=oneshot'])
      .concat(['/bin/sh', '-c', `sh ${FIRST_BOOT} && touch ${DONE}`]),
  ],
  runcmd: [
    [
      '/bin/sh',
      '-c',
      `while [ "$(systemctl is-active ${EARLY})" = activating ]; do sleep 1; done; [ ${DONE} -nt ${FIRST_BOOT} ] || sh ${FIRST_BOOT}`,
    ],
  ],
};

/** Users and groups, which cloud-init makes itself, before anything is fetched. */
export function accounts({
  users,
  groups,
}: Pick<PlanExtra, 'users' | 'groups'>): Pick<CloudConfig, 'users' | 'groups'> {
  return {
    ...(groups.length > 0 && { groups }),
    ...(users.length > 0 && {
      users: [
        'default' as const,
        ...users.map(({ name, uid, groups: others, shell, keys }) => ({
          name,
          ...(uid === undefined ? {} : { uid }),
          ...(others.length > 0 && { groups: others.join(',') }),
          shell,
          ...(keys.length > 0 && { ssh_authorized_keys: keys }),
        })),
      ],
    }),
  };
}

/** @param fragments of the user's, which are joined to ours */
export function toCloudConfig(
  files: readonly PlanFile[],
  { bootcmd, runcmd, ...more }: Commands,
  fragments: readonly PlanFragment[] = [],
): string {
  const write_files = files.map(({ path, mode, content }) => ({ path, permissions: octal(mode), content }));
  const own: CloudConfig = { ...(bootcmd && { bootcmd }), ...more, write_files, runcmd };
  return printCloudConfig(fragments.reduce<object>((whole, { value }) => joined(whole, value), own) as CloudConfig);
}

/** Bytes that each file adds to the compressed document: the document's size less its size without the file. */
function weigh(
  files: readonly PlanFile[],
  commands: Commands,
  fragments: readonly PlanFragment[],
  sizeOf: (text: string) => number,
): Part[] {
  const whole = sizeOf(toCloudConfig(files, commands, fragments));
  const but = <T>(all: readonly T[], one: T) => all.filter((other) => other !== one);
  return [
    ...files.map((file) => ({
      name: file.path,
      bytes: whole - sizeOf(toCloudConfig(but(files, file), commands, fragments)),
      pointer: file.pointer,
    })),
    ...fragments.map((fragment) => ({
      name: spoken(fragment.pointer),
      bytes: whole - sizeOf(toCloudConfig(files, commands, but(fragments, fragment))),
      pointer: fragment.pointer,
    })),
  ].sort((a, b) => b.bytes - a.bytes || (a.name < b.name ? -1 : 1));
}

/** Ways to write the document of which cloud-init unpacks the latter two; a field for text takes no bytes of gzip. */
const ENCODINGS = {
  'plain text': encode,
  gzip: (text: string) => gzip(encode(text)),
  'gzip in base64': (text: string) => encode(base64(gzip(encode(text)))),
} satisfies Record<string, (text: string) => Uint8Array>;

export type Encoding = keyof typeof ENCODINGS;

/** How a target hands a document over. */
export interface HandOver {
  /** `TARGET/ROLE`. */
  folder: string;
  limit: Limit;
  /** Those that its place takes, the first that fits first. */
  encodings: readonly [Encoding, ...Encoding[]];
  spec: Fetched;
  /** Files that stand beside the document in any form. */
  besides(document: Uint8Array): OutputFile[];
}

/** Whether what does not fit is fetched: a spec and the sidekicks never come to a megabyte. */
export const canBeOver = (limit: Limit) => limit.bytes < 2 ** 20;

/** One `FOLDER/user-data`, and as text, where it is none, to be read, `user-data.yaml`. What does not fit is fetched. */
export function emitCloudConfig(
  plan: Plan,
  assets: Assets,
  { folder, limit, encodings, spec, besides }: HandOver,
): Emitted {
  const { baseUrl, timeout } = spec.documents;
  const { extra } = plan;
  const fragments = extra?.cloudConfig ?? [];
  const write = (files: readonly PlanFile[], given: Commands, encoding: Encoding) => {
    const commands = { ...given, ...(extra && accounts(extra)) };
    const text = toCloudConfig(files, commands, fragments);
    const bytes = ENCODINGS[encoding](text);
    return {
      files: [
        { path: `${folder}/user-data`, bytes },
        ...(encoding === 'plain text' ? [] : [{ path: `${folder}/user-data.yaml`, bytes: encode(text) }]),
        ...besides(bytes),
      ],
      parts: () => weigh(files, commands, fragments, (other) => ENCODINGS[encoding](other).length),
    } satisfies Written;
  };
  const [first] = encodings;
  const fetched = (url: string) => {
    const upload = uploadTo(url, folder, 'tar.gz', hostArchive(plan, assets));
    const own = [...fetchFiles(assets, upload, timeout), ...proxyDropIn(spec, FETCH_UNIT)];
    const { files, parts } = write(own, { runcmd: FETCH_COMMANDS }, first);
    return { files: [...files, upload.file], uploads: [upload], parts } satisfies Written;
  };
  const forms = encodings.map(
    (name): Form => ({ name, write: () => write(everyFile(plan, assets), FIRST_BOOT_COMMANDS, name) }),
  );
  if (baseUrl !== undefined && canBeOver(limit))
    forms.push({ name: `${first}, the rest fetched by a unit`, write: () => fetched(baseUrl) });
  return firstThatFits(plan.role, limit, forms);
}
