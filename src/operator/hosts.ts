import { peerUrl, type Settings } from '../sidekick/shared/settings.ts';
import type { Registration, Registrations } from './host/ports.ts';
import type { Reason } from './operator-error.ts';

/** A host with a server registration of this cluster, alive or not. Names, address and Meta have been checked for shape. */
export interface Host extends Registration {
  /** Where peers would find it, by the operator's spec. */
  peerUrl: string;
}

const isName = (text: string) => /^[\w.-]{1,128}$/.test(text);
const isId = (text: string) => /^[0-9a-f]{16}$/.test(text);

/** States that a host may say it is in; anything else it has not said. */
const META = new Map<string, (text: string) => boolean>([
  ['incarnation', isName],
  ['state', (text) => ['empty', 'launched', 'member', 'remains', 'missing'].includes(text)],
  ['size', (text) => /^[1-9]$/.test(text)],
  ['scheme', (text) => text === 'http' || text === 'https'],
  ['cid', isId],
  ['lineage', isId],
  // Empty: it holds none. Of old hosts did not say.
  ['member', (text) => text === '' || isId(text)],
  ['wiped', isName],
  ['former', isId],
]);

/** The request that removes an entry from Consul's catalog. */
export const REMOVAL = `curl -X PUT --data '{"Node":"NODE","ServiceID":"ID"}' http://127.0.0.1:8500/v1/catalog/deregister`;

/** Sorts the catalog's entries into hosts, by name, and those that no host of this cluster has made. Pure. */
export function sortHosts(settings: Settings, { hosts, unfit }: Registrations): { hosts: Host[]; odd: Reason[] } {
  const sorted = hosts
    .map(({ meta, ...entry }): Host => {
      const said = Object.entries(meta).filter(([name, value]) => META.get(name)?.(value));
      return { ...entry, meta: Object.fromEntries(said), peerUrl: peerUrl(settings, entry.address, entry.port) };
    })
    .sort((a, b) => (a.node < b.node ? -1 : 1));
  const odd = unfit.map((entry) => ({
    about: "an entry of Consul's catalog",
    why: `${entry}: no host can have registered it`,
    remedy: `Remove it, with its NODE and ID: ${REMOVAL}`,
  }));
  return { hosts: sorted, odd };
}
