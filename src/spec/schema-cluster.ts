import { Type } from 'typebox';
import { strict } from './schema-parts.ts';

/** Who the cluster is, and by whose signature hosts give up its data. */
export const Cluster = Type.Object(
  {
    name: Type.String({
      pattern: '^[a-z0-9]([a-z0-9-]*[a-z0-9])?$',
      maxLength: 40,
      description: 'Name of the etcd cluster: the last part of its Consul tag. `[a-z0-9-]`, at most 40 characters.',
    }),
    size: Type.Integer({
      minimum: 1,
      maximum: 9,
      description: 'Number of members. Odd: 1, 3, 5, 7 or 9.',
    }),
    operatorKeys: Type.Optional(
      Type.Array(Type.String({ pattern: '^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$' }), {
        maxItems: 2,
        uniqueItems: true,
        default: [],
        description:
          "Public halves of operator's keys (`quorumgate key generate`): hosts believe a reset or a restore only when one of them has signed it. Two, so that a key can be changed for another.",
      }),
    ),
  },
  { ...strict, description: 'The etcd cluster.' },
);
