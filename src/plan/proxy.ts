import type { Spec } from '../spec/defaults.ts';
import { programSources, runsPods, wantsPackages } from './environment.ts';
import { text } from './file.ts';
import type { PlanFile, Role } from './plan.ts';

/** Variables of a proxy by the names that curl, apt, dnf and Go's programs all know: curl takes the first in lower case alone. */
export function proxyVariables({ environment }: Pick<Spec, 'environment'>): Record<string, string> {
  const { httpProxy, httpsProxy, noProxy } = environment ?? {};
  return {
    ...(httpProxy && { http_proxy: httpProxy }),
    ...(httpsProxy && { https_proxy: httpsProxy }),
    ...(noProxy && { no_proxy: noProxy.join(',') }),
  };
}

/** The drop-in by which a unit, and none that it starts or follows, goes by the proxy; none where there is no proxy. */
export function proxyDropIn(spec: Pick<Spec, 'environment'>, unit: string): PlanFile[] {
  const lines = Object.entries(proxyVariables(spec)).map(([name, value]) => `Environment=${name}=${value}\n`);
  if (lines.length === 0) return [];
  return [text(`/etc/systemd/system/${unit}.d/proxy.conf`, `[Service]\n${lines.join('')}`, '/environment')];
}

/** Drop-ins of the units of a role that fetch or install something. */
export function proxyDropIns(spec: Spec, role: Role): PlanFile[] {
  const fetches = programSources(spec, role).some(([, source]) => typeof source === 'object');
  return [
    ...(wantsPackages(spec) ? proxyDropIn(spec, 'quorumgate-packages.service') : []),
    ...(fetches ? proxyDropIn(spec, 'quorumgate-program@.service') : []),
    // It pulls the pods' images, and hands no pod its environment.
    ...(runsPods(spec, role) ? proxyDropIn(spec, 'containerd.service') : []),
  ];
}

/** The units that may have one, for whoever has to know their paths. */
export const PROXIED = ['quorumgate-packages.service', 'quorumgate-program@.service', 'containerd.service'] as const;
