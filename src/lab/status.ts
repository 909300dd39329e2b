import { attach } from './attach.ts';
import type { Lab } from './handle.ts';
import { isUp } from './host/inside.ts';
import { type Layout, layoutOf } from './machine/layout.ts';
import { namesOf } from './target/targets.ts';
import { look } from './view/look.ts';
import { clusterReport } from './view/report.ts';
import { table } from './view/table.ts';

/** `lab status`: for each cluster its hosts with their steps, then the cluster. */
export async function status(layout: Layout = layoutOf(), width?: number): Promise<Status> {
  const first = attach(layout);
  const all = await Promise.all([first, ...first.neighbours].map((lab) => statusOf(lab, width)));
  return { text: all.map(({ text }) => text).join('\n'), isWhole: all.every(({ isWhole }) => isWhole) };
}

/** A lab as `lab status` shows it, and whether each of its clusters is one, healthy, and the predicted one. */
interface Status {
  text: string;
  isWhole: boolean;
}

async function statusOf({ layout, state, cluster }: Lab, width?: number): Promise<Status> {
  const seen = await Promise.all(state.hosts.map((host) => look(host)));
  const rows = seen.map(({ host, step, status: text }) => [namesOf(host), host.role, host.address, step, text]);
  const head = `lab in ${layout.directory}: ${state.targets.join(', ')} on ${Object.keys(state.images).join(', ')}, cluster ${state.cluster.name}\n`;
  const hosts = table([['HOST', 'ROLE', 'ADDRESS', 'STEP', 'STATUS'], ...rows], width);
  if (!state.hosts.some(isUp)) return { text: `${head}${hosts}`, isWhole: false };
  const found = await cluster();
  return { text: `${head}${hosts}\n${clusterReport(found, width)}`, isWhole: found.one };
}
