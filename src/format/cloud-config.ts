import { dump } from 'js-yaml';

/** A file as cloud-init's `write_files` takes it. */
interface WriteFile {
  path: string;
  /** Quoted by the printer: unquoted, a YAML 1.1 reader makes a number of it. */
  permissions: string;
  content: string;
}

interface CloudUser {
  name: string;
  uid?: number;
  /** With commas: as each version takes it. */
  groups?: string;
  shell?: string;
  ssh_authorized_keys?: readonly string[];
}

export interface CloudConfig {
  bootcmd?: string[][];
  groups?: string[];
  /** `default` is the image's own user, which is gone without it. */
  users?: ('default' | CloudUser)[];
  write_files: WriteFile[];
  runcmd: string[][];
}

/**
 * One `#cloud-config` document. The header must be the first bytes; strings are quoted so that readers of YAML 1.1
 * (cloud-init's PyYAML) and 1.2 read the same.
 */
export function printCloudConfig(config: CloudConfig): string {
  return `#cloud-config\n${dump(config, { lineWidth: -1, noRefs: true, indent: 1, seqNoIndent: true })}`;
}

/** Permission bits as four octal digits: 0o644 is `0644`. */
export function octal(mode: number): string {
  return mode.toString(8).padStart(4, '0');
}
