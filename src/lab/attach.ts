import { type Lab, labHandle } from './handle.ts';
import { type LabState, layoutsBeside, readState } from './host/state.ts';
import { LabError } from './machine/lab-error.ts';
import { type Layout, layoutOf } from './machine/layout.ts';

const shiftOf = ({ beside }: LabState) => beside?.shift ?? 0;

/** The lab that runs in a state directory. */
export function attach(layout: Layout = layoutOf()): Lab {
  const state = readState(layout);
  if (state !== undefined) {
    const beside = layoutsBeside(layout).map((one) => ({ layout: one, state: readState(one) }));
    const others = beside.flatMap((one) => (one.state === undefined ? [] : [{ layout: one.layout, state: one.state }]));
    // In the order in which they came.
    return labHandle(
      { layout, state },
      others.sort((a, b) => shiftOf(a.state) - shiftOf(b.state)),
    );
  }
  throw new LabError(`no lab is running in ${layout.directory}`, 'Start one with `quorumgate lab up SPEC`.');
}

/** Attaches to the cluster that has a host of this name; when none has, the first says so. */
export function attachTo(host: string | undefined, layout: Layout = layoutOf()): Lab {
  const first = attach(layout);
  return [first, ...first.neighbours].find(({ hosts }) => hosts.some(({ name }) => name === host)) ?? first;
}
