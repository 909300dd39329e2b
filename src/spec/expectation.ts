import { mapping, type SchemaNode, words } from './schema/tree.ts';

/** The form of a string, as `expected` has it in "Write …". Every one that has a pattern has a form (see schema/gaps.ts). */
export const stringForm = (node: SchemaNode): string => node.form ?? node.then?.form ?? expected(node);

/** The values that may stand at a place, in words: `a number`, "`off` or a mapping with `peer` and `client`". */
export function expected(node: SchemaNode): string {
  const choices = words(node).map((word) => `\`${String(word)}\``);
  const inner = mapping(node);
  const properties = Object.keys(inner.properties ?? {});
  const holds = inner.required?.length ? inner.required : properties;
  const map = properties.length > 0 ? [`a mapping with ${list(holds.map((name) => `\`${name}\``))}`] : [];
  const text = node.then?.type === 'string' ? ['a string'] : [];
  const ways = [...choices, ...text, ...map];
  if (ways.length > 1) return `${ways.slice(0, -1).join(', ')} or ${ways.at(-1)}`;
  if (ways[0] !== undefined) return ways[0];
  if (node.const !== undefined) return `\`${String(node.const)}\``;
  if (node.type === 'array') return 'a list';
  if (node.type === 'integer') return 'a whole number';
  if (node.type === 'boolean') return '`true` or `false`';
  return node.type === 'number' ? 'a number' : 'a string';
}

/** The value that stands there, in words. */
export function kindOf(value: unknown): string {
  if (value === null) return 'empty';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a mapping';
  return `a ${typeof value}`;
}

export function list(words: readonly string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`;
}
