/** Everything that one role's host gets, independent of any boot system. Pure data; pointers name the place in the spec. */
export type Role = 'etcd' | 'consul-server';

export interface PlanFile {
  path: string;
  /** Octal permission bits as a number, e.g. 0o644. */
  mode: number;
  content: string;
  /** JSON pointer of the part of the spec that this file comes from, `''` when it is the same for every spec. */
  pointer: string;
  /** Where it is not root's. */
  owner?: Owner;
}

export interface Owner {
  /** Names, or numbers as text. */
  user: string;
  group: string;
}

export interface PlanUnit {
  name: string;
  content: string;
  /** Wanted state: enabled units are started at every boot. */
  enabled: boolean;
  /** JSON pointer of a unit of the user's; ours have none. */
  pointer?: string;
}

export interface PlanUser {
  name: string;
  uid?: number;
  groups: readonly string[];
  shell: string;
  keys: readonly string[];
}

/** A fragment in the words of one boot system. */
export interface PlanFragment {
  value: Readonly<Record<string, unknown>>;
  pointer: string;
}

/** Whatever the user wants besides, as far as it is neither file nor unit. */
export interface PlanExtra {
  users: PlanUser[];
  groups: string[];
  directories: { path: string; mode: number; owner: Owner; pointer: string }[];
  /** Units of the image's. */
  states: { name: string; state: 'enabled' | 'masked' }[];
  kernelArguments: string[];
  cloudConfig: PlanFragment[];
  ignition: PlanFragment[];
}

export interface Plan {
  role: Role;
  files: PlanFile[];
  units: PlanUnit[];
  /** Missing where the spec asks for none. */
  extra?: PlanExtra;
}

/** Texts that land on hosts: units word for word but for `unitText`, scripts without their comments. Read by io/ (from dist/ or from the sources), keyed by their names. */
export interface Assets {
  /** units/: `consul.service` …; those in place of them for static pods: `static-pod/consul.service` … */
  units: Record<string, string>;
  /** units/scripts/: shell scripts without their ending; parts of one by folder and name. */
  scripts: Record<string, string>;
  /** templates/: text with holes. */
  templates: Record<string, string>;
  /** dist/sidekick/: `etcd-sidekick` (no `.cjs`), which is each sidekick by the name it is called by. */
  sidekicks: Record<string, string>;
}
