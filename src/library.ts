import { compile as compileWith } from './compile.ts';
import type { Assets } from './plan/plan.ts';

/** The files that land on hosts: build.mjs puts them here, so that nothing is read when this runs. */
declare const QUORUMGATE_ASSETS: Assets;

/** A place in a text. Lines and columns count from 1; columns and lengths count UTF-16 units. */
export interface Place {
  file: string;
  line: number;
  column: number;
  length: number;
  lineText: string;
}

/** A fault of a spec, or what may be one: the place, the cause and the remedy. */
export interface Diagnostic {
  /** Stable, for scripts: docs/diagnostics. */
  code: string;
  /** With an error there are no files. */
  severity: 'error' | 'warning';
  message: string;
  remedy: string;
  /** JSON pointer into the spec; empty for the whole. */
  pointer: string;
  place?: Place;
  /** A literal replacement for what stands at `place`, when there is a likely one. */
  suggestion?: string;
  /** Of a warning: the reason by which the spec allows it. */
  allowed?: string;
}

/** A file of the output. */
export interface OutputFile {
  /** Relative, with `/`: `aws/etcd/user-data`. */
  path: string;
  bytes: Uint8Array;
}

export interface Options {
  /** The spec's name in diagnostics. Default: `cluster.yaml`. */
  file?: string;
  /** The lock file beside the spec, for programs by release: its name and its text, without which it is not there. */
  lock?: { file: string; text?: string };
  /** Say of every document what is largest in it, and not only near its limit. */
  sizes?: boolean;
}

export interface Compiled {
  /** Sorted by target and role; empty when there is any error. */
  files: OutputFile[];
  /** By place. */
  diagnostics: Diagnostic[];
  /** Lines for people: sizes and limits, and what has to be there before a host boots. */
  report: string[];
}

/**
 * Compiles a spec, the text of a YAML or JSON document, to the boot configuration of its hosts. Pure: it reads and writes no file, asks nobody, and gives the same bytes
 * for the same text. Never throws for any text: what is wrong is in `diagnostics`.
 */
export function compile(text: string, { file = 'cluster.yaml', lock, sizes = false }: Options = {}): Compiled {
  const { files, diagnostics, report } = compileWith(text, { file, lock, sizes, assets: QUORUMGATE_ASSETS });
  return { files, diagnostics, report };
}
