import { Type } from 'typebox';

/** By digest, so that it is the same for ever; or a name under which no registry is asked. */
const IMAGE =
  '^(localhost/[a-z0-9._/-]*[a-z0-9](:[A-Za-z0-9._-]+)?|[a-z0-9][a-z0-9._/:-]*[a-z0-9](:[A-Za-z0-9._-]+)?@sha256:[0-9a-f]{64})$';

/** What only target `compose` wants to know. */
export const Compose = Type.Object(
  {
    base: Type.String({
      pattern: IMAGE,
      maxLength: 300,
      description:
        "Image that the containers' image is built from: `NAME@sha256:…`, or `localhost/NAME`, which is on the engine already.",
    }),
  },
  { additionalProperties: false, description: 'For target `compose` alone.' },
);
