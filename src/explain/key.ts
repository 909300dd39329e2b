import { child, isWithin, segments } from '../spec/pointer.ts';
import { typeOf } from '../spec/reference.ts';
import { mapping, type SchemaNode, schemaAt, specSchema } from '../spec/schema/tree.ts';
import { changeOf } from './changes.ts';
import { type Explained, type Fact, type Known, lineOf } from './explained.ts';

/** `consul.join[0]`, `/consul/join/0` or `etcd.settings.metrics` as a pointer. */
function toPointer(word: string): string {
  if (word.startsWith('/')) return word;
  return word
    .replace(/\[(\d+)\]/g, '.$1')
    .split('.')
    .reduce((pointer, key) => child(pointer, key), '');
}

/** A key of the spec: what may stand there, and what stands there. */
export function explainKey(word: string, known: Known): Explained[] {
  const pointer = toPointer(word);
  const node = word === '' ? undefined : schemaAt(specSchema(), pointer);
  if (node === undefined) return [];
  const name = segments(pointer).join('.');
  return [{ kind: 'key', name, facts: [...schemaFacts(pointer, node), ...specFacts(pointer, known)] }];
}

function schemaFacts(pointer: string, node: SchemaNode): Fact[] {
  const holder = schemaAt(specSchema(), pointer.slice(0, pointer.lastIndexOf('/')));
  const key = segments(pointer).at(-1) ?? '';
  const { properties = {} } = mapping(node);
  const isRequired = holder !== undefined && (mapping(holder).required ?? []).includes(key);
  const fallback = typeof node.default === 'object' ? undefined : node.default;
  const [example] = node.examples ?? [];
  const change = changeOf(segments(pointer).join('.'));
  return [
    ['is', node.description ?? 'one item of the list'],
    ['type', typeOf(node)],
    ...(node.form === undefined ? [] : ([['form', node.form]] satisfies Fact[])),
    fallback === undefined
      ? ['needed', isRequired ? 'yes, wherever the mapping around it is' : 'no']
      : ['default', String(fallback)],
    ...(example === undefined ? [] : ([['example', JSON.stringify(example)]] satisfies Fact[])),
    ...(Object.keys(properties).length === 0 ? [] : ([['has', Object.keys(properties).join(', ')]] satisfies Fact[])),
    ...(change === undefined ? [] : ([['while the cluster lives', change.how]] satisfies Fact[])),
  ];
}

function specFacts(pointer: string, { compiled }: Known): Fact[] {
  if (compiled === undefined) return [];
  const { place, spec, plans } = compiled;
  const line = lineOf(pointer, place, true);
  const value = spec === undefined ? undefined : valueAt(spec, pointer);
  const made = plans.flatMap(({ role, files }) =>
    files
      .filter((file) => file.pointer !== '' && isWithin(pointer, file.pointer))
      .map(({ path, pointer: from }) => `of ${segments(from).join('.')}: ${path} (${role})`),
  );
  const settings = value === undefined ? [] : [['value', JSON.stringify(value)] satisfies Fact];
  return [
    ['set by', line ?? 'no line: it is not written'],
    ...settings,
    ...(made.length === 0 ? [] : ([['files', ...made]] satisfies Fact[])),
  ];
}

function valueAt(value: unknown, pointer: string): unknown {
  let inner = value;
  for (const key of segments(pointer)) {
    if (typeof inner !== 'object' || inner === null || !Object.hasOwn(inner, key)) return undefined;
    inner = (inner as Record<string, unknown>)[key];
  }
  return inner;
}
