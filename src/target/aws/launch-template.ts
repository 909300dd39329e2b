import type { Tag } from './tags.ts';

/**
 * EC2's `RequestLaunchTemplateData`, as far as the spec says it. What only the user knows (image, instance type, subnet,
 * security groups, instance profile, key) is not in it. Metadata answers IMDSv2 alone; one hop, because what asks runs on
 * the host itself and not in a container.
 *
 * @param userData base64 of the gzipped document: this field is not encoded by any client
 */
export function printLaunchTemplate(userData: string, tags: readonly Tag[]): string {
  const data = {
    MetadataOptions: { HttpEndpoint: 'enabled', HttpTokens: 'required', HttpPutResponseHopLimit: 1 },
    ...(tags.length === 0 ? {} : { TagSpecifications: [{ ResourceType: 'instance', Tags: tags }] }),
    UserData: userData,
  };
  return `${JSON.stringify(data, null, 2)}\n`;
}
