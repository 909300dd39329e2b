import type { Assets, Plan, PlanFile } from '../../plan/plan.ts';
import type { Spec } from '../../spec/defaults.ts';
import type { Emitted, Output, Target } from '../target.ts';
import { textFile } from '../text-file.ts';
import { check } from './check.ts';
import { composeFile, printComposeFile } from './compose-file.ts';
import { containersOf, unitScript } from './containers.ts';
import { differs } from './differs.ts';
import { buildPrograms, printDockerfile } from './dockerfile.ts';
import { interpret } from './interpret.ts';
import { imageLimit } from './limits.ts';

/** Files of a host that are systemd's alone. */
const systemd = /^\/etc\/(systemd|sysusers\.d|tmpfiles\.d)\/|^\/opt\/quorumgate\/libexec\/dns$/;

/** The files of an image: the plan's, and what stands for systemd. */
function imageFiles(plan: Plan, { templates }: Assets): PlanFile[] {
  const template = (path: string, name: string): PlanFile => {
    const content = templates[name];
    if (content === undefined) throw new Error(`missing asset ${name}`);
    return { path, mode: 0o755, content, pointer: '' };
  };
  return [
    ...plan.files.filter(({ path }) => !systemd.test(path)),
    template('/opt/quorumgate/libexec/container', 'container.sh'),
    template('/opt/quorumgate/container/bin/systemctl', 'container-systemctl.sh'),
    ...containersOf(plan).map(({ unit }) => ({
      path: `/opt/quorumgate/container/${unit}`,
      mode: 0o644,
      content: unitScript(plan, unit),
      pointer: '',
    })),
  ];
}

const file = (path: string, text: string) => textFile(`compose/${path}`, text);

function document(plan: Plan, assets: Assets, spec: Spec): Emitted {
  const { role } = plan;
  const files = imageFiles(plan, assets);
  const parts = files
    .map(({ path, content, pointer }) => ({ name: path, bytes: content.length, pointer }))
    .sort((a, b) => b.bytes - a.bytes || (a.name < b.name ? -1 : 1));
  return {
    role,
    files: [
      file(`${role}/Dockerfile`, printDockerfile(plan, spec, files)),
      file(`${role}/programs`, buildPrograms(spec, role)),
      ...files.map(({ path, content }) => file(`${role}/root${path}`, content)),
    ],
    size: parts.reduce((sum, { bytes }) => sum + bytes, 0),
    limit: imageLimit,
    parts,
  };
}

function emit(plans: readonly Plan[], assets: Assets, spec: Spec): Output {
  return {
    documents: plans.map((plan) => document(plan, assets, spec)),
    shared: [file('compose.yaml', printComposeFile(composeFile(spec, plans)))],
  };
}

export const compose: Target = { name: 'compose', differs, check, emit, interpret };
