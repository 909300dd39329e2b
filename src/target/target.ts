import type { Assets, Plan } from '../plan/plan.ts';
import type { Spec } from '../spec/defaults.ts';
import type { Problem } from '../spec/problem.ts';
import type { HostTree } from './host-tree.ts';
import type { Need } from './needs.ts';

export interface OutputFile {
  /** Relative to the output directory, `/` separated: `aws/etcd/user-data`. */
  path: string;
  bytes: Uint8Array;
}

/** A limit of the place that takes a document: a fact, with its date and source. */
export interface Limit {
  /** Infinite where any size is taken. */
  bytes: number;
  /** The document's own bytes, or those of its base64. */
  counted: 'raw' | 'base64';
  /** The part of the boot system that takes the document. */
  place: string;
  source: string;
  date: string;
}

/** One of the files, and where hosts fetch it. */
export interface Upload {
  path: string;
  url: string;
}

/** The cost of one part of a document in it. */
export interface Part {
  name: string;
  bytes: number;
  /** JSON pointer of the part of the spec that it comes from. */
  pointer: string;
}

/** One document for one role. */
export interface Emitted {
  role: string;
  files: OutputFile[];
  /** Bytes that the limit counts. */
  size: number;
  limit: Limit;
  /** In which of its forms, where the target has several, and which it could have been. */
  form?: string;
  forms?: readonly string[];
  /** A file that hosts fetch: the user puts it at `url` before they boot. */
  uploads?: readonly Upload[];
  /** Largest first. Weighed when asked for: it takes longer than all the rest. */
  parts: Part[];
}

/** All that a target makes of a spec. */
export interface Output {
  /** One a plan, in their order. */
  documents: Emitted[];
  /** Files that are there once, whatever roles there are. */
  shared?: OutputFile[];
  /** Things that the user has to do besides handing documents over, a line each. */
  notes?: string[];
  /** Rights that hosts need on their platform. */
  rights?: Need[];
}

/** Where a host of this target is other than the plan says: declared, so that a test can hold all else equal. */
export interface Difference {
  /** Path on the host. */
  path: string;
  why: string;
}

/** One way to hand plans to machines. */
export interface Target {
  name: string;
  /** The folder of those that share one: else its own name. */
  family?: string;
  differs?: readonly Difference[];
  /** The format of fragments that it merges. */
  reads?: 'cloudConfig' | 'ignition';
  /** Diagnostics of a valid spec that this target cannot do: errors all of them. */
  check?(spec: Spec): Problem[];
  emit(plans: readonly Plan[], assets: Assets, spec: Spec): Output;
  /** Reads its files by the rules of the system that takes them: what is on the hosts of each role. Throws at what the system refuses. */
  interpret(files: readonly OutputFile[]): Map<string, HostTree>;
}
