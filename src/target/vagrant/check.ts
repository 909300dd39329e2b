import type { Spec } from '../../spec/defaults.ts';
import type { Problem } from '../../spec/problem.ts';
import { kernelArguments } from '../extra.ts';
import { checkNumbering } from '../numbered.ts';
import { natNetworks } from './limits.ts';

/** Hosts take the first of their addresses that lies in the network: the private one must be the only such. */
const taken = natNetworks.map(({ cidr, provider }) => ({
  cidr,
  by: `${provider} gives the first interface of a box an address of the latter`,
}));

/** Diagnostics of a spec that Vagrant's boxes cannot do. */
export function check(spec: Spec): Problem[] {
  return [...checkNumbering(spec, { target: 'vagrant', taken }), ...kernelArguments(spec, 'vagrant')];
}
