import { loadAssets } from '../../io/assets.ts';
import type { Leaf } from '../compile/certificates.ts';
import type { HostFile } from '../host/host.ts';
import { compileForLab, hostsOf, networkOf, throwawayCertificates } from '../lab.ts';
import type { HostPlan } from '../network/addresses.ts';
import type { TestLabOptions } from './lab-testing.ts';

/**
 * Options of a lab of this spec, with certificates on its hosts; files that do not fit into user-data come by URL.
 *
 * @param more certificates of the clients' CA that each host gets besides
 */
export async function withCertificates(
  whole: string,
  more: readonly Omit<Leaf, 'ca'>[] = [],
  keep: (file: HostFile, host: HostPlan) => boolean = () => true,
): Promise<TestLabOptions> {
  const text = `${whole}documents: {baseUrl: "https://example.com/"}\n`;
  const { spec } = (await compileForLab({ text, file: 'tls.yaml', assets: await loadAssets() })).compiled;
  if (spec === undefined || spec.tls === 'off') throw new Error('the spec does not compile');
  const { ca } = spec.tls.client;
  const leaves = more.map((leaf): Leaf => ({ ...leaf, ca }));
  const certificates = await throwawayCertificates(spec, hostsOf(spec, networkOf(spec)), () => leaves);
  return { text, hostFiles: (host) => (certificates.get(host.name) ?? []).filter((file) => keep(file, host)) };
}
