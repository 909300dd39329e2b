import { octal, printCloudConfig } from '../../format/cloud-config.ts';
import { base64 } from '../../format/data-url.ts';
import { gzip } from '../../format/gzip.ts';
import { everyFile, FIRST_BOOT } from '../../plan/first-boot.ts';
import type { Assets, Plan, PlanFile } from '../../plan/plan.ts';
import type { Spec } from '../../spec/defaults.ts';
import { hostArchive } from '../archive.ts';
import { type Form, firstThatFits, type Written } from '../form.ts';
import { PLATFORMS } from '../limits.ts';
import type { Emitted, Output, OutputFile, Part, Target } from '../target.ts';
import { uploadTo } from '../upload.ts';
import { FETCH, FETCH_COMMANDS, FETCH_UNIT, fetchFiles } from './fetched.ts';
import { neededActions, printPolicy } from './iam.ts';
import { printLaunchTemplate } from './launch-template.ts';
import { portRules } from './ports.ts';
import { joinTags } from './tags.ts';

const encode = (text: string) => new TextEncoder().encode(text);

function print(files: readonly PlanFile[], runcmd: string[][]): string {
  const write_files = files.map(({ path, mode, content }) => ({ path, permissions: octal(mode), content }));
  return printCloudConfig({ write_files, runcmd });
}

/** What each file adds to the compressed document: the document's size less its size without the file. */
function weigh(files: readonly PlanFile[], runcmd: string[][], whole: number): Part[] {
  return files
    .map((file) => ({
      name: file.path,
      bytes:
        whole -
        gzip(
          encode(
            print(
              files.filter((other) => other !== file),
              runcmd,
            ),
          ),
        ).length,
      pointer: file.pointer,
    }))
    .sort((a, b) => b.bytes - a.bytes || (a.name < b.name ? -1 : 1));
}

const file = (path: string, text: string): OutputFile => ({ path: `aws/${path}`, bytes: encode(text) });

function emit(plans: readonly Plan[], assets: Assets, spec: Spec): Output {
  const documents = plans.map((plan) => document(plan, assets, spec));
  const ports = file('ports.json', `${JSON.stringify(portRules(spec), null, 2)}\n`);
  const needed = neededActions(spec);
  if (needed.length === 0) return { documents, shared: [ports] };
  const roles = plans.map(({ role }) => role).join(' and ');
  return {
    documents,
    shared: [file('iam-policy.json', printPolicy(needed)), ports],
    notes: [
      `aws: the IAM role of ${roles} instances needs aws/iam-policy.json (Consul's auto-join: ${needed.join(', ')})`,
    ],
  };
}

function document(plan: Plan, assets: Assets, spec: Spec): Emitted {
  const { role } = plan;
  const { baseUrl, timeout } = spec.documents;
  // Compressed always: cloud-init unpacks it, and one form less is one way less to hand it over wrongly.
  const write = (files: readonly PlanFile[], runcmd: string[][]) => {
    const text = print(files, runcmd);
    const bytes = gzip(encode(text));
    const encoded = base64(bytes);
    return {
      files: [
        { path: `aws/${role}/user-data`, bytes },
        file(`${role}/user-data.yaml`, text),
        file(`${role}/user-data.b64`, encoded),
        file(`${role}/launch-template.json`, printLaunchTemplate(encoded, joinTags(spec, role))),
      ],
      parts: () => weigh(files, runcmd, bytes.length),
    } satisfies Written;
  };
  const fetched = (url: string) => {
    const upload = uploadTo(url, `aws/${role}`, 'tar.gz', hostArchive(plan, assets));
    const { files, parts } = write(fetchFiles(assets, upload, timeout), FETCH_COMMANDS);
    return { files: [...files, upload.file], uploads: [upload], parts } satisfies Written;
  };
  const forms: Form[] = [{ name: 'gzip', write: () => write(everyFile(plan, assets), [['/bin/sh', FIRST_BOOT]]) }];
  if (baseUrl !== undefined) forms.push({ name: 'gzip, the rest fetched by a unit', write: () => fetched(baseUrl) });
  return firstThatFits(role, PLATFORMS.ec2, forms);
}

export const aws: Target = {
  name: 'aws',
  differs: [
    { path: FIRST_BOOT, why: 'cloud-init runs it: it makes users and enables units' },
    { path: FETCH, why: 'what is over the limit is fetched' },
    { path: `/etc/systemd/system/${FETCH_UNIT}`, why: 'fetches it' },
  ],
  emit,
};
