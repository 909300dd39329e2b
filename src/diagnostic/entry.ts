import type { Diagnostic } from './diagnostic.ts';

/** One row: what a code means and what to do about it. `{name}` in a remedy is a hole, filled from the occurrence. */
export interface CodeEntry {
  severity: Diagnostic['severity'];
  title: string;
  remedy: string;
  /** Whether a spec may lift it, with a reason (`allow`). */
  allowable?: true;
}

export const error = (title: string, remedy: string): CodeEntry => ({ severity: 'error', title, remedy });
export const warning = (title: string, remedy: string): CodeEntry => ({ severity: 'warning', title, remedy });
/** An error that `allow` lifts. Nothing that loses data by itself is one. */
export const allowable = (title: string, remedy: string): CodeEntry => ({ ...error(title, remedy), allowable: true });
