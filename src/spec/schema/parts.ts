import { type Static, type TObject, type TProperties, type TSchema, Type } from 'typebox';

/** No key but those that are named. */
export const strict = { additionalProperties: false } as const;

/** Keywords of our own: what they say is for people. */
export const ANNOTATIONS = ['form', 'tooLow', 'like'];

interface TextNode {
  pattern: string;
  /** Its form in words: a pattern tells a user nothing. */
  form: string;
  maxLength?: number;
  description?: string;
  /** The first is what a user pastes where the key is missing. */
  examples?: readonly string[];
}

/** A string of a form that can be told. */
export const Text = (node: TextNode) => Type.String({ ...node });

export const HostPath = (description: string, ...examples: string[]) =>
  Text({
    pattern: '^/[A-Za-z0-9._/@+-]*[A-Za-z0-9._@+-]$',
    form: 'an absolute path of letters, digits and `._/@+-`, without a final `/`',
    maxLength: 200,
    description,
    ...(examples.length > 0 && { examples }),
  });

/** A path of a secret, of a form that no key or token has; or `off`. */
export const SecretPath = (description: string, ...examples: string[]) =>
  Text({
    pattern: '^(off|/[a-z]+(/[A-Za-z0-9._@-]+)+)$',
    form: 'a path of a file, of letters, digits and `._@-`, in a folder below the root; the file holds the secret',
    maxLength: 200,
    description,
    ...(examples.length > 0 && { examples }),
  });

/** A word or a mapping. ajv sees the two branches through `if`, so that one mistake gives one error (see validate.ts). */
export const WordOr = <Word extends string, Mapping extends TSchema>(
  words: readonly Word[],
  mapping: Mapping,
  node: { description: string; examples?: readonly unknown[] },
) =>
  Type.Unsafe<Word | Static<Mapping>>({
    ...node,
    if: { type: 'string' },
    // biome-ignore lint/suspicious/noThenProperty: JSON Schema's keyword
    then: { enum: words },
    else: mapping,
  });

interface Marked {
  '~default': true;
}

/** A key that may be left out, and what holds then. ajv fills it in. */
export const withDefault = <Node extends TSchema>(node: Node, value: unknown) =>
  Type.Optional({ ...node, default: value }) as unknown as Node & { '~optional': true } & Marked;

type Absent<Properties> = {
  [Key in keyof Properties]: Properties[Key] extends Marked
    ? never
    : Properties[Key] extends { '~optional': true }
      ? Key
      : never;
}[keyof Properties];

type Flat<T> = { [Key in keyof T]: T[Key] };

type FilledMapping<Properties extends TProperties> = Flat<
  { [Key in Exclude<keyof Properties, Absent<Properties>>]: Filled<Properties[Key]> } & {
    [Key in Absent<Properties>]?: Filled<Properties[Key]>;
  }
>;

/** A value's type when every default is filled in. */
export type Filled<Node extends TSchema> =
  Node extends TObject<infer Properties> ? FilledMapping<Properties> : Static<Node>;
