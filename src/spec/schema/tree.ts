import { segments } from '../pointer.ts';
import { SCHEMAS } from '../validators.ts';

/** The part of JSON Schema that the spec's schema uses. */
export interface SchemaNode {
  type?: string;
  description?: string;
  default?: unknown;
  const?: unknown;
  enum?: readonly unknown[];
  pattern?: string;
  /** Its form in words. */
  form?: string;
  /** Why nothing below `minimum` is taken. */
  tooLow?: string;
  /** The neighbour that has the same keys: the reference says them once. */
  like?: string;
  examples?: readonly unknown[];
  minimum?: number;
  maximum?: number;
  maxLength?: number;
  minItems?: number;
  maxProperties?: number;
  required?: readonly string[];
  properties?: Readonly<Record<string, SchemaNode>>;
  items?: SchemaNode;
  if?: SchemaNode;
  then?: SchemaNode;
  else?: SchemaNode;
}

/** The spec's schema, to be walked. The library's own types hide the branches of `if`. */
export const specSchema = (): SchemaNode => SCHEMAS.spec;

/** The branch that is a mapping: a word or a mapping is written `if: string, then: enum, else: object`. */
export const mapping = (node: SchemaNode): SchemaNode => node.else ?? node;

/** The words that are allowed instead of a mapping, or the values of an enumeration. */
export const words = (node: SchemaNode): readonly unknown[] => node.then?.enum ?? node.enum ?? [];

/** The schema of what stands at `pointer`; undefined when the schema has no such place. */
export function schemaAt(root: SchemaNode, pointer: string): SchemaNode | undefined {
  let node: SchemaNode | undefined = root;
  for (const segment of segments(pointer)) {
    const inner: SchemaNode = mapping(node);
    node = inner.items ?? (Object.hasOwn(inner.properties ?? {}, segment) ? inner.properties?.[segment] : undefined);
    if (node === undefined) return undefined;
  }
  return node;
}

/** Every mapping of the schema with its pointer, the whole first. */
export function mappings(root: SchemaNode, pointer = ''): { pointer: string; node: SchemaNode }[] {
  const node = mapping(root);
  if (node.properties === undefined) return [];
  return [
    { pointer, node },
    ...Object.entries(node.properties).flatMap(([key, inner]) => mappings(inner, `${pointer}/${key}`)),
  ];
}
