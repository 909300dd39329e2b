import { child } from '../pointer.ts';
import { mapping, type SchemaNode } from './tree.ts';

/** Gaps of a schema: what messages or documents would need and its keys do not say. The build wants none. */
export function gaps(node: SchemaNode, pointer = ''): string[] {
  const { properties = {}, required = [], items } = mapping(node);
  const keys = Object.entries(properties).flatMap(([key, inner]) => [
    ...(inner.description ? [] : [`${child(pointer, key)}: no description`]),
    ...(required.includes(key) && inner.default !== undefined ? [`${child(pointer, key)}: a default never used`] : []),
    ...gaps(inner, child(pointer, key)),
  ]);
  const inner = items === undefined ? [] : gaps(items, `${pointer}/0`);
  const own = [node, node.then ?? {}].some(({ type, pattern, form }) => {
    return type === 'string' && (pattern === undefined || form === undefined);
  });
  return [...(own ? [`${pointer}: no form`] : []), ...keys, ...inner];
}
