import { type CloudConfig, octal, printCloudConfig } from '../format/cloud-config.ts';
import { gzip } from '../format/gzip.ts';
import { everyFile, FIRST_BOOT } from '../plan/first-boot.ts';
import type { Assets, Plan, PlanFile } from '../plan/plan.ts';
import { proxyDropIn } from '../plan/proxy.ts';
import { hostArchive } from './archive.ts';
import { FETCH, FETCH_COMMANDS, FETCH_UNIT, fetchFiles } from './fetched.ts';
import { type Form, firstThatFits, type Written } from './form.ts';
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

export function toCloudConfig(files: readonly PlanFile[], { bootcmd, runcmd }: Commands): string {
  const write_files = files.map(({ path, mode, content }) => ({ path, permissions: octal(mode), content }));
  return printCloudConfig({ ...(bootcmd && { bootcmd }), write_files, runcmd });
}

/** Bytes that each file adds to the compressed document: the document's size less its size without the file. */
function weigh(files: readonly PlanFile[], commands: Commands, whole: number): Part[] {
  const without = (file: PlanFile) =>
    toCloudConfig(
      files.filter((other) => other !== file),
      commands,
    );
  return files
    .map((file) => ({
      name: file.path,
      bytes: whole - gzip(encode(without(file))).length,
      pointer: file.pointer,
    }))
    .sort((a, b) => b.bytes - a.bytes || (a.name < b.name ? -1 : 1));
}

/** How a target hands a document over. */
export interface HandOver {
  /** `TARGET/ROLE`. */
  folder: string;
  limit: Limit;
  spec: Fetched;
  /** Files that stand beside the document in any form. */
  besides(document: Uint8Array): OutputFile[];
}

/**
 * One `FOLDER/user-data`, and as text, to be read, `user-data.yaml`. Compressed always: cloud-init unpacks it, and one form less is one
 * way less to hand it over wrongly. What does not fit is fetched.
 */
export function emitCloudConfig(plan: Plan, assets: Assets, { folder, limit, spec, besides }: HandOver): Emitted {
  const { baseUrl, timeout } = spec.documents;
  const write = (files: readonly PlanFile[], commands: Commands) => {
    const text = toCloudConfig(files, commands);
    const bytes = gzip(encode(text));
    return {
      files: [
        { path: `${folder}/user-data`, bytes },
        { path: `${folder}/user-data.yaml`, bytes: encode(text) },
        ...besides(bytes),
      ],
      parts: () => weigh(files, commands, bytes.length),
    } satisfies Written;
  };
  const fetched = (url: string) => {
    const upload = uploadTo(url, folder, 'tar.gz', hostArchive(plan, assets));
    const { files, parts } = write([...fetchFiles(assets, upload, timeout), ...proxyDropIn(spec, FETCH_UNIT)], {
      runcmd: FETCH_COMMANDS,
    });
    return { files: [...files, upload.file], uploads: [upload], parts } satisfies Written;
  };
  const forms: Form[] = [{ name: 'gzip', write: () => write(everyFile(plan, assets), FIRST_BOOT_COMMANDS) }];
  if (baseUrl !== undefined) forms.push({ name: 'gzip, the rest fetched by a unit', write: () => fetched(baseUrl) });
  return firstThatFits(plan.role, limit, forms);
}
