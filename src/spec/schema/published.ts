import type { SchemaNode } from './tree.ts';

/** A node with what editors read besides. */
type Published = SchemaNode & {
  title?: string;
  oneOf?: readonly { required: readonly string[] }[];
  minProperties?: number;
};

/** Keys of which exactly one is given: an editor that is told so by a number completes none once a line is begun. */
function oneOf({ minProperties, maxProperties, ...node }: Published): Published {
  return { ...node, oneOf: Object.keys(node.properties ?? {}).map((key) => ({ required: [key] })) };
}

/** A mapping has its key for a title: without one, editors call it after the whole spec. */
function walk(node: Published, key: string): Published {
  const { properties, items, else: other } = node;
  const whole: Published = {
    ...(properties && { title: key }),
    ...node,
    ...(properties && {
      properties: Object.fromEntries(Object.entries(properties).map(([name, one]) => [name, walk(one, name)])),
    }),
    ...(items && { items: walk(items, key) }),
    ...(other && { else: walk(other, key) }),
  };
  return node.maxProperties === 1 ? oneOf(whole) : whole;
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
