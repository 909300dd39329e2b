import { sortKeys } from '../shared/keys.ts';
import { isSigned } from '../shared/proof.ts';
import { decide } from './decide.ts';

/** The rules that decide in the programs here: an argument, so that one can be taken out to see what it is good for. */
export interface Rules {
  decide: typeof decide;
  sortKeys: typeof sortKeys;
  isSigned: typeof isSigned;
}

export const RULES: Rules = { decide, sortKeys, isSigned };
