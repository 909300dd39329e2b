import { type Static, Type } from 'typebox';

/** The section `documents` of the spec. */
export const Documents = Type.Object(
  {
    platform: Type.Optional(
      Type.Enum(['ec2', 'azure', 'gce', 'openstack', 'hetzner', 'vsphere', 'virtualbox', 'qemu'], {
        default: 'ec2',
        description:
          'What takes the Ignition documents: its limit counts. `ec2` is the narrowest but for `virtualbox`; target `aws` is always EC2.',
      }),
    ),
    baseUrl: Type.Optional(
      Type.String({
        pattern: '^https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?(/[A-Za-z0-9._~-]+)*/?$',
        maxLength: 300,
        description:
          'Where you put what does not fit, for example a folder of an S3 bucket by its HTTPS URL. Hosts then get a short document that names the file and its hash. Without it, a document over the limit is an error.',
      }),
    ),
    timeout: Type.Optional(
      Type.Integer({
        minimum: 10,
        maximum: 3600,
        default: 300,
        description:
          'Seconds to fetch from `baseUrl`. Ignition ends the boot then; under `aws` it bounds each try, and tries go on.',
      }),
    ),
  },
  { additionalProperties: false, description: 'What to do with documents that do not fit.' },
);

/** What takes a document. */
export type Platform = NonNullable<Static<typeof Documents>['platform']>;
