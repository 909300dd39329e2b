import type { Spec } from '../spec/defaults.ts';
import type { Problem } from '../spec/problem.ts';

/** By its name in `address.metadata`. */
export type MetadataService = NonNullable<Spec['address']['metadata']>;

/** Hosts that are to ask a metadata service which their platform does not have. */
export function metadataElsewhere({ address }: Spec, target: string, service?: MetadataService): Problem[] {
  const { metadata } = address;
  if (metadata === undefined || metadata === service) return [];
  const network =
    'Write `address: {cidr: 10.0.0.0/16}` with the network that the hosts share, or `address: {interface: eth1}`.';
  return [
    {
      code: 'metadata-elsewhere',
      pointer: '/address/metadata',
      message: `Hosts of target \`${target}\` have no metadata service \`${metadata}\`.`,
      detail: { advice: service === undefined ? network : `Write \`address: {metadata: ${service}}\`.` },
    },
  ];
}
