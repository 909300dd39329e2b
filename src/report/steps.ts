/** Moments on the way up, in the order in which a member passes them; the table of `lab up` has those that are `told`. */
const ALL = [
  { step: 'configured', told: true, about: 'the first unit of ours begins' },
  { step: 'consul runs', told: false, about: 'its Consul agent has been started' },
  { step: 'programs', told: true, about: 'etcd is on the host' },
  { step: 'consul leader', told: true, about: 'its Consul agent knows a leader' },
  { step: 'registered', told: true, about: 'the others can find it' },
  { step: 'gate opened', told: true, about: 'the gate lets etcd start' },
  { step: 'etcd up', told: false, about: 'etcd serves' },
  { step: 'up', told: true, about: 'its cluster is the predicted one, and clients find it' },
] as const;

export type Step = (typeof ALL)[number]['step'];
/** Those that the table after `lab up` has. */
export type ToldStep = Extract<(typeof ALL)[number], { told: true }>['step'];
/** Seconds after the host's own start. */
export type Steps = Partial<Record<Step, number>>;

export const STEPS: readonly Step[] = ALL.map(({ step }) => step);

/** A step in a few words. */
export const ABOUT: Readonly<Record<Step, string>> = Object.fromEntries(
  ALL.map(({ step, about }) => [step, about]),
) as Record<Step, string>;

interface Summary {
  step: Step;
  median: number;
  maximum: number;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? upper)) / 2;
}

/** Median and maximum over hosts; steps that no host passed are left out. */
export function summarize(hosts: readonly Steps[]): Summary[] {
  return STEPS.flatMap((step) => {
    const values = hosts.map((host) => host[step]).filter((value) => value !== undefined);
    return values.length === 0 ? [] : [{ step, median: median(values), maximum: Math.max(...values) }];
  });
}
