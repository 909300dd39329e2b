import type { Assets, Plan } from '../plan/plan.ts';

export interface OutputFile {
  /** Relative to the output directory, `/` separated: `aws/etcd/user-data`. */
  path: string;
  bytes: Uint8Array;
}

/** A limit of the place that takes a document: a fact, with its date and source. */
export interface Limit {
  bytes: number;
  /** What is counted. */
  counted: string;
  source: string;
  date: string;
}

/** What one part of a document costs in it. */
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
  /** Largest first. */
  parts: Part[];
}

/** One way to hand a plan to a machine. */
export interface Target {
  name: string;
  emit(plan: Plan, assets: Assets): Emitted;
}
