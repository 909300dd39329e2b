/** What one role's host gets, independent of any boot system. Pure data; pointers name the place in the spec. */
export type Role = 'etcd' | 'consul-server';

export interface PlanFile {
  path: string;
  /** Octal permission bits as a number, e.g. 0o644. */
  mode: number;
  content: string;
  /** JSON pointer of the part of the spec that this file comes from, `''` when it is the same for every spec. */
  pointer: string;
}

export interface PlanUnit {
  name: string;
  content: string;
  /** Wanted state: enabled units are started at every boot. */
  enabled: boolean;
}

export interface Plan {
  role: Role;
  files: PlanFile[];
  units: PlanUnit[];
}

/** Files that land on hosts word for word, read by io/ (from dist/ or from the sources), keyed by their names. */
export interface Assets {
  /** units/: `consul.service` … */
  units: Record<string, string>;
  /** units/scripts/: shell scripts without their ending. */
  scripts: Record<string, string>;
  /** templates/: text with holes. */
  templates: Record<string, string>;
  /** dist/sidekick/: `etcd-register`, `etcd-ready` (no `.cjs`). */
  sidekicks: Record<string, string>;
}
