import { dump } from 'js-yaml';

/**
 * One object of Kubernetes as YAML. Strings are quoted so that readers of YAML 1.1 and 1.2 read the same; long ones are
 * not folded, and nothing is an alias.
 */
export function printManifest(manifest: object): string {
  return dump(manifest, { lineWidth: -1, noRefs: true });
}
