import { Type } from 'typebox';
import { strict, Text, withDefault } from './parts.ts';

/** The cluster's identity, and by whose signature hosts give up its data. */
export const Cluster = Type.Object(
  {
    name: Text({
      pattern: '^[a-z0-9]([a-z0-9-]*[a-z0-9])?$',
      form: 'lower-case letters, digits and `-`, starting and ending with a letter or digit',
      maxLength: 40,
      description: 'Name of the etcd cluster: the last part of its Consul tag. `[a-z0-9-]`, at most 40 characters.',
      examples: ['mycluster'],
    }),
    size: Type.Integer({
      minimum: 1,
      maximum: 9,
      form: '1, 3, 5, 7 or 9',
      description: 'Number of members. Odd: 1, 3, 5, 7 or 9.',
      examples: [3, 1, 5, 7, 9],
    }),
    operatorKeys: withDefault(
      Type.Array(
        Text({
          pattern: '^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$',
          form: 'a public half: 43 letters, digits, `-` or `_`, as `quorumgate key public` prints it',
        }),
        {
          maxItems: 2,
          uniqueItems: true,
          description:
            "Public halves of operator's keys (`quorumgate key generate`): hosts believe a reset or a restore only when one of them has signed it. Two, so that a key can be changed for another.",
        },
      ),
      [],
    ),
  },
  { ...strict, description: 'The etcd cluster.' },
);
