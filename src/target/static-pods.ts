import type { Spec } from '../spec/defaults.ts';
import type { Problem } from '../spec/problem.ts';

/** Every static pod of a spec, refused. @param why after `… is static-pod`: what the target has no kubelet for */
export function staticPods(spec: Spec, why: string): Problem[] {
  return (['etcd', 'consul'] as const)
    .filter((name) => spec[name].runtime === 'static-pod')
    .map((name) => ({
      code: 'target-without-containers',
      pointer: `/${name}/runtime`,
      message: `\`${name}.runtime\` is \`static-pod\`, and ${why}.`,
    }));
}
