import { mapping, type SchemaNode, words } from './schema/tree.ts';

/** The smallest spec but for what it says of programs: nothing, so what has no room on EC2 has none. */
export const WITHOUT_PROGRAMS = `version: 1
cluster:
  name: mycluster
  size: 3
targets: [aws]
address:
  metadata: ec2
consul:
  servers: members
  join:
    - provider=aws tag_key=etcd tag_value=mycluster
etcd:
  version: 3.7.3
tls: off
`;

/** The smallest spec: what every page and test starts from. */
export const SMALLEST = `${WITHOUT_PROGRAMS}programs:
  sidekick:
    url: https://artifacts.example.com/etcd-sidekick.cjs
`;

/** The Markdown of docs/spec.md: the smallest spec, and a table of every key in the order of the schema. */
export function specReference(schema: SchemaNode): string {
  return `# The cluster spec

Made from \`src/spec/schema/schema.ts\`; do not edit. \`quorumgate schema\` prints the same as JSON Schema, for editors.

The smallest spec:

\`\`\`yaml
${SMALLEST}\`\`\`

The other \`programs\` are left out here: Consul and etcd then come with the hosts' image (\`image\`), socat and Node from the
distribution (\`package\`). On an image without Consul and etcd, write \`release\` and let \`quorumgate lock\` find out where hosts fetch
them, or name URL and hash, as \`examples/virtualbox.yaml\` does. The sidekicks have no room in what EC2 takes: \`compile\` writes the file
for the URL that you name ([artifacts](artifacts.md)).

One YAML document in UTF-8, at most 256 KiB, without anchors, aliases, tags and merge keys. Required \`in it\`: wherever the
mapping around the key is written at all.

| key | type | default | required | description |
|---|---|---|---|---|
${rows(schema, '').join('\n')}
`;
}

function rows(node: SchemaNode, path: string, always = true): string[] {
  const { properties = {}, required = [] } = mapping(node);
  return Object.entries(properties).flatMap(([key, inner]) => {
    const full = path === '' ? key : `${path}.${key}`;
    const isScalar = typeof inner.default !== 'object';
    // A mapping is filled key by key, and an empty list is none.
    const fallback = inner.default === undefined || !isScalar ? '' : `\`${String(inner.default)}\``;
    const isRequired = required.includes(key);
    const cells = [
      `\`${full}\``,
      typeOf(inner),
      fallback,
      isRequired ? (always ? 'yes' : 'in it') : '',
      inner.description ?? '',
    ];
    return [
      `| ${cells.map(cell).join(' | ')} |`,
      ...(inner.like === undefined ? rows(inner, full, always && isRequired && inner.else === undefined) : []),
      ...(inner.items === undefined ? [] : rows(inner.items, `${full}[]`, false)),
    ];
  });
}

const cell = (text: string) => text.replaceAll('|', '\\|').replaceAll('\n', ' ');

/** The values that a key takes, in short. */
export function typeOf(node: SchemaNode): string {
  const inner = mapping(node);
  const choices = words(node).map((word) => `\`${String(word)}\``);
  const text = node.then?.type === 'string' ? ['string'] : [];
  if (node.else !== undefined) return [...choices, ...text, 'mapping'].join(' or ');
  if (choices.length > 0) return choices.join(' or ');
  if (node.const !== undefined) return `\`${String(node.const)}\``;
  if (inner.type === 'object') return 'mapping';
  if (inner.type === 'array') return inner.items?.type === 'object' ? 'list of mappings' : 'list of strings';
  if (inner.type !== 'integer') return inner.type ?? '';
  return `integer, ${inner.minimum ?? ''} to ${inner.maximum ?? ''}`;
}
