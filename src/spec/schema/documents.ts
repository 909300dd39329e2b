import { type Static, Type } from 'typebox';
import { strict, Text, withDefault } from './parts.ts';

/** The section `documents` of the spec. */
export const Documents = Type.Object(
  {
    platform: withDefault(
      Type.Enum(['ec2', 'azure', 'gce', 'openstack', 'hetzner', 'vsphere', 'virtualbox', 'qemu'], {
        description:
          'What takes the Ignition documents: its limit counts. `ec2` is the narrowest but for `virtualbox`; targets of cloud-init have their own.',
      }),
      'ec2',
    ),
    baseUrl: Type.Optional(
      Text({
        pattern: '^https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?(/[A-Za-z0-9._~-]+)*/?$',
        form: 'a URL of `https://` or `http://`, a host and a plain path, without user, query or `%`',
        maxLength: 300,
        description:
          'Where you put what does not fit, for example a folder of an S3 bucket by its HTTPS URL. Hosts then get a short document that names the file and its hash. Without it, a document over the limit is an error.',
        examples: ['https://example.com/boot'],
      }),
    ),
    timeout: withDefault(
      Type.Integer({
        minimum: 10,
        maximum: 3600,
        description:
          'Seconds to fetch from `baseUrl`. Ignition ends the boot then; under cloud-init it bounds each try, and tries go on.',
      }),
      300,
    ),
  },
  { ...strict, description: 'What to do with documents that do not fit.' },
);

/** The platforms that take a document. */
export type Platform = NonNullable<Static<typeof Documents>['platform']>;
