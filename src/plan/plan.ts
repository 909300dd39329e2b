/** Everything that one role's host gets, independent of any boot system. Pure data; pointers name the place in the spec. */
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

/** Texts that land on hosts: units word for word, scripts without their comments. Read by io/ (from dist/ or from the sources), keyed by their names. */
export interface Assets {
  /** units/: `consul.service` …; those in place of them for static pods: `static-pod/consul.service` … */
  units: Record<string, string>;
  /** units/scripts/: shell scripts without their ending. */
  scripts: Record<string, string>;
  /** templates/: text with holes. */
  templates: Record<string, string>;
  /** dist/sidekick/: `etcd-sidekick` (no `.cjs`), which is each sidekick by the name it is called by. */
  sidekicks: Record<string, string>;
}
