import { Type } from 'typebox';
import { strict, Text } from './parts.ts';

/** By digest, so that it is the same for ever; or a name under which no registry is asked. */
const IMAGE =
  '^(localhost/[a-z0-9._/-]*[a-z0-9](:[A-Za-z0-9._-]+)?|[a-z0-9][a-z0-9._/:-]*[a-z0-9](:[A-Za-z0-9._-]+)?@sha256:[0-9a-f]{64})$';

/** Keys for target `compose` alone. */
export const Compose = Type.Object(
  {
    base: Text({
      pattern: IMAGE,
      form: 'an image by its digest, `NAME@sha256:…`, or `localhost/NAME`',
      maxLength: 300,
      description:
        "Image that the containers' image is built from: `NAME@sha256:…`, or `localhost/NAME`, which is on the engine already.",
      examples: ['localhost/quorumgate-base'],
    }),
  },
  { ...strict, description: 'For target `compose` alone.' },
);
