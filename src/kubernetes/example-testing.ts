import { readFileSync } from 'node:fs';
import type { Spec } from '../spec/defaults.ts';
import { readSpec } from '../spec/read.ts';
import { defaultOptions, type Options } from './options.ts';

/** One of `examples/`, with its defaults. */
export function specOf(name: 'plain' | 'tls' | 'consul-servers'): Spec {
  const file = new URL(`../../examples/${name}.yaml`, import.meta.url);
  const { spec } = readSpec(readFileSync(file, 'utf8'), name, ['aws']);
  if (spec === undefined) throw new Error(`examples/${name}.yaml is not valid`);
  return spec;
}

/** Everything that can be asked for. No image has these digests: nothing pulls them. */
export function fullOptions(spec: Spec): Options {
  return {
    ...defaultOptions(spec),
    endpoints: ['10.0.0.9', '10.0.0.10', '10.0.0.11'],
    consulDns: '10.0.0.2:8600',
    images: {
      metricsProxy: `registry.example/kube-rbac-proxy@sha256:${'a'.repeat(64)}`,
      nodeExporter: `registry.example/node-exporter@sha256:${'b'.repeat(64)}`,
    },
    prometheus: { namespace: 'monitoring', labels: [{ key: 'release', value: 'prometheus' }] },
  };
}
