import { type Lab, labHandle } from './handle.ts';
import { LabError } from './lab-error.ts';
import { type Layout, layoutOf } from './layout.ts';
import { readState } from './state.ts';

/** The lab that runs in a state directory. */
export function attach(layout: Layout = layoutOf()): Lab {
  const state = readState(layout);
  if (state !== undefined) return labHandle(layout, state);
  throw new LabError(`no lab is running in ${layout.directory}`, 'Start one with `quorumgate lab up SPEC`.');
}
