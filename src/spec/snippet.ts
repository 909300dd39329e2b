import { mapping, type SchemaNode } from './schema/tree.ts';

/** Text to paste where a required key is missing. */
export function snippet(key: string, node: SchemaNode): string {
  return `${key}: ${exampleOf(node)}`;
}

function exampleOf(node: SchemaNode): string {
  const [example = node.const ?? node.enum?.[0]] = node.examples ?? [];
  if (example !== undefined) return flow(example);
  const { properties = {}, required = [] } = mapping(node);
  if (required.length === 0) return '…';
  return `{${required.map((key) => snippet(key, properties[key] ?? {})).join(', ')}}`;
}

/** In YAML's flow style, in quotes where YAML wants them. */
function flow(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(flow).join(', ')}]`;
  if (typeof value !== 'object' || value === null) {
    return /^[\w./-]+$/.test(String(value)) ? String(value) : JSON.stringify(value);
  }
  return `{${Object.entries(value)
    .map(([key, inner]) => `${key}: ${flow(inner)}`)
    .join(', ')}}`;
}
