import type { SchemaNode } from './tree.ts';

/** A node with what editors read besides. */
type Published = SchemaNode & {
  title?: string;
  oneOf?: readonly { required: readonly string[] }[];
  minProperties?: number;
};

/** Keys of which exactly one is given: an editor that is told so by a number completes none once a line is begun. */
function oneOf({ minProperties, maxProperties, ...node }: Published): Published {
  if (maxProperties !== 1)
    return { ...node, ...(minProperties && { minProperties }), ...(maxProperties && { maxProperties }) };
  return { ...node, oneOf: Object.keys(node.properties ?? {}).map((key) => ({ required: [key] })) };
}

/** A mapping has its key for a title: without one, editors call it after the whole spec. */
function walk(node: Published, key: string): Published {
  const branch = (one: SchemaNode | undefined, of: string) => (one === undefined ? undefined : walk(one, of));
  const { properties, items, else: other } = node;
  return oneOf({
    ...(properties && { title: key }),
    ...node,
    ...(properties && {
      properties: Object.fromEntries(Object.entries(properties).map(([name, one]) => [name, walk(one, name)])),
    }),
    ...(items && { items: branch(items, key) }),
    ...(other && { else: branch(other, key) }),
  } as Published);
}

/**
 * The spec's schema as editors take it: the same specs are right by it.
 *
 * @param targets names that may stand in `targets`
 */
export function published(schema: SchemaNode, targets: readonly string[]): object {
  const whole = walk(schema, 'spec');
  const { targets: list, ...others } = whole.properties ?? {};
  return { ...whole, properties: { ...others, targets: { ...list, items: { ...list?.items, examples: targets } } } };
}
