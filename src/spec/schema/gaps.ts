import { child } from '../pointer.ts';
import { mapping, type SchemaNode } from './tree.ts';

/** What a schema does not say of its keys, and messages or documents would need: the build wants none. */
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
