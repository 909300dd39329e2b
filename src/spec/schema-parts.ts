import { Type } from 'typebox';

/** No key but those that are named. */
export const strict = { additionalProperties: false } as const;

export const HostPath = (description: string) =>
  Type.String({ pattern: '^/[A-Za-z0-9._/@+-]*[A-Za-z0-9._@+-]$', maxLength: 200, description });
