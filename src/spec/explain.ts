import { ALLOWABLE, CODES } from '../diagnostic/codes.ts';
import { ownerOf } from '../version/etcd-settings.ts';
import { expected, kindOf, list, stringForm } from './expectation.ts';
import { child, quoted, segments, spoken } from './pointer.ts';
import type { Problem } from './problem.ts';
import { mapping, mappings, type SchemaNode, words } from './schema/tree.ts';
import { snippet } from './snippet.ts';
import { nearest } from './suggest.ts';
import type { DocumentKind } from './validate.ts';

/** One failed keyword of the schema. */
export interface Mismatch {
  kind: DocumentKind;
  keyword: keyof typeof EXPLAIN;
  /** Of the value, the missing key, the unknown key or the repeated item. */
  pointer: string;
  /** Of the value that ajv looked at. */
  holder: string;
  /** Schema of the holder. */
  schema: SchemaNode;
  params: Readonly<Record<string, unknown>>;
  value: unknown;
  /** The value as it is written, when it is a scalar. */
  source: string | undefined;
}

/** A problem with the pointers of the keys that the user probably meant. */
export type Explained = Problem & { meant?: readonly string[] };

/** From a keyword of JSON Schema to what the user reads; the first that fails at a place speaks for it. */
export const EXPLAIN = {
  additionalProperties: unknownKey,
  required: ({ kind, pointer, holder, schema }) => {
    const key = segments(pointer).at(-1) ?? '';
    const node = mapping(schema).properties?.[key] ?? {};
    const message = `${name(holder, kind)} has no \`${key}\`.`;
    return {
      code: 'missing-key',
      pointer,
      on: 'key',
      message,
      detail: { snippet: snippet(key, node), what: node.description ?? '' },
    };
  },
  type: wrongType,
  const: outsideList,
  enum: outsideList,
  minProperties: chooseOne,
  maxProperties: chooseOne,
  minItems: ({ kind, pointer }) => ({
    code: 'empty-list',
    pointer,
    message: `${name(pointer, kind)} is an empty list.`,
  }),
  maxItems: ({ kind, pointer, params }) => ({
    code: 'too-many-items',
    pointer,
    message: `${name(pointer, kind)} has more than ${Number(params['limit'])} items.`,
    detail: { limit: Number(params['limit']) },
  }),
  uniqueItems: ({ kind, pointer, value }) => ({
    code: 'repeated-item',
    pointer,
    message: `\`${quoted(String(value))}\` is listed twice in ${name(pointer.replace(/\/\d+$/, ''), kind)}.`,
  }),
  minimum: outOfRange,
  maximum: outOfRange,
  maxLength: ({ kind, pointer, params, value }) => ({
    code: 'too-long',
    pointer,
    message: `${name(pointer, kind)} has ${String(value).length} characters; ${Number(params['limit'])} are allowed.`,
    detail: { limit: Number(params['limit']) },
  }),
  pattern: wrongForm,
} satisfies Record<string, (mismatch: Mismatch) => Explained> as Record<Keyword, (mismatch: Mismatch) => Explained>;

type Keyword =
  | 'additionalProperties'
  | 'required'
  | 'type'
  | 'const'
  | 'enum'
  | 'minProperties'
  | 'maxProperties'
  | 'minItems'
  | 'maxItems'
  | 'uniqueItems'
  | 'minimum'
  | 'maximum'
  | 'maxLength'
  | 'pattern';

/** More keys than these nobody reads in a message. */
const MANY = 20;

const name = (pointer: string, { called }: DocumentKind) => (pointer === '' ? called : `\`${spoken(pointer)}\``);

function unknownKey({ kind, pointer, holder, schema }: Mismatch): Explained {
  const key = segments(pointer).at(-1) ?? '';
  const siblings = Object.keys(mapping(schema).properties ?? {});
  const message = `${name(holder, kind)} has no key \`${quoted(key)}\`.`;
  const known =
    siblings.length > MANY
      ? `docs/spec.md lists the ${siblings.length} that are known here.`
      : `Known here: ${list(siblings.map((sibling) => `\`${sibling}\``))}.`;
  if (holder === '/releases/versions' && (key === 'consul' || key === 'etcd')) {
    const advice = `Write it as \`${key}.version\`, which counts here too.`;
    return { code: 'unknown-key', pointer, on: 'key', message, detail: { advice }, meant: [`/${key}/version`] };
  }
  if (holder === '/allow' && Object.hasOwn(CODES, key)) {
    const allowed = list(ALLOWABLE.map((code) => `\`${code}\``));
    return {
      code: 'allow-impossible',
      pointer,
      on: 'key',
      message: `\`${key}\` cannot be allowed.`,
      detail: { allowed },
    };
  }
  const owner = holder === '/etcd/settings' ? ownerOf(key.replace(/^--/, '')) : undefined;
  if (owner !== undefined) {
    return {
      code: 'setting-owned',
      pointer,
      on: 'key',
      message: `\`etcd.settings\` cannot have \`${quoted(key)}\`: ${owner}.`,
      detail: {},
    };
  }
  const homes = mappings(kind.root).filter(({ node }) => Object.hasOwn(node.properties ?? {}, key));
  if (homes.length > 0) {
    const where = homes.map((home) => (home.pointer === '' ? 'the top level' : name(home.pointer, kind)));
    const advice = `Move it: \`${key}\` belongs under ${where.join(' or ')}. ${known}`;
    const meant = homes.map((home) => child(home.pointer, key));
    return { code: 'unknown-key', pointer, on: 'key', message, detail: { advice }, meant };
  }
  const suggestion = nearest(key, siblings);
  const meant = suggestion === undefined ? [] : [child(holder, suggestion)];
  const advice = suggestion === undefined ? `Remove it. ${known}` : `Write \`${suggestion}\`, or remove it. ${known}`;
  return { code: 'unknown-key', pointer, on: 'key', message, suggestion, detail: { advice }, meant };
}

/** The files that `tls: true` does not name. */
const FILES = {
  advice:
    'Name the files: `tls: {peer: {cert: …, key: …, ca: …}, client: {cert: …, key: …, ca: …}}`; docs/tls.md says how to make them.',
  suggestion: undefined,
};

function wrongType({ kind, pointer, schema, value, source }: Mismatch): Explained {
  if (pointer === '') {
    return { code: 'spec-not-mapping', pointer, message: `${kind.called} is ${kindOf(value)}, not a mapping.` };
  }
  const wanted = expected(schema);
  const message = `${name(pointer, kind)} is ${kindOf(value)}; ${wanted} is wanted.`;
  const { advice, suggestion } = pointer === '/tls' && value === true ? FILES : conversion(schema, value, source);
  return {
    code: 'wrong-type',
    pointer,
    message,
    suggestion,
    detail: { advice: advice ?? (value === null ? `Give it a value: ${wanted}.` : `Write ${wanted}.`) },
  };
}

/** How the value that is there becomes the one that is wanted, for the mistakes that YAML invites. */
function conversion(
  schema: SchemaNode,
  value: unknown,
  source = '',
): { advice?: string; suggestion?: string | undefined } {
  const scalar = typeof value === 'number' || typeof value === 'boolean' || typeof value === 'string';
  if (words(schema).length > 0 && scalar) {
    const suggestion = word(schema, value);
    return suggestion === undefined ? {} : { advice: `Write \`${suggestion}\`.`, suggestion };
  }
  if (schema.type === 'string' && scalar) {
    const inQuotes = `"${source}"`;
    if (schema.pattern !== undefined && !new RegExp(schema.pattern, 'u').test(source)) {
      return { advice: `Write ${stringForm(schema)}; put it into quotes if YAML takes it for a ${typeof value}.` };
    }
    return { advice: `Put it into quotes: \`${inQuotes}\`.`, suggestion: inQuotes };
  }
  if (schema.type === 'array' && typeof value === 'string') {
    return { advice: 'Put it into brackets, or write it as an item: `- …`.', suggestion: `[${source}]` };
  }
  const isNumeric = typeof value === 'string' && /^\d+$/.test(value);
  if ((schema.type === 'integer' || schema.type === 'number') && isNumeric) {
    return { advice: `Write it without quotes: \`${value}\`.`, suggestion: value };
  }
  return {};
}

function outsideList({ kind, pointer, schema, value }: Mismatch): Explained {
  const allowed = schema.const === undefined ? words(schema) : [schema.const];
  const suggestion = typeof value === 'string' ? word(schema, value) : undefined;
  const shown = typeof value === 'object' ? kindOf(value) : `\`${quoted(String(value))}\`, which is not known`;
  const shownAllowed = allowed.map((value) => `\`${String(value)}\``).join(', ');
  const others = schema.else === undefined ? '' : `; or ${expected(mapping(schema))}`;
  return {
    code: 'not-one-of',
    pointer,
    message: `${name(pointer, kind)} is ${shown}.`,
    suggestion,
    detail: {
      advice:
        pointer === '/address/metadata'
          ? `Of metadata services these are known: ${shownAllowed}. Elsewhere name the network or the interface, \`address: {cidr: 10.0.0.0/16}\` or \`address: {interface: eth0}\`.`
          : `${allowed.length > 1 || others ? 'Use one of:' : 'Write'} ${shownAllowed}${others}.`,
    },
  };
}

/** The word of the list that is meant; every way to say no means `off`. */
function word(schema: SchemaNode, value: unknown): string | undefined {
  const candidates = words(schema).map(String);
  const isNo = /^(no|none|false|n|disabled?)$/i.test(String(value));
  return isNo && candidates.includes('off') ? 'off' : nearest(String(value), candidates);
}

function chooseOne({ kind, pointer, schema, value }: Mismatch): Explained {
  const allowed = Object.keys(schema.properties ?? {}).map((key) => `\`${key}\``);
  const present = Object.keys(value ?? {}).map((key) => `\`${key}\``);
  const has = present.length === 0 ? 'is empty' : `has ${list(present)} at once`;
  const least = schema.maxProperties === undefined ? 'at least' : 'exactly';
  const detail = { verb: `${present.length === 0 ? 'Add' : 'Keep'} ${least}`, allowed: allowed.join(', ') };
  return { code: 'choose-one', pointer, message: `${name(pointer, kind)} ${has}.`, detail };
}

function outOfRange({ kind, pointer, schema, value }: Mismatch): Explained {
  const { minimum = 0, maximum = Number.MAX_SAFE_INTEGER, form, tooLow } = schema;
  const why = tooLow !== undefined && Number(value) > 0 && Number(value) < minimum ? `: ${tooLow}` : '';
  const advice = `Use ${form ?? `a number from ${minimum} to ${maximum}${why}`}.`;
  return { code: 'out-of-range', pointer, message: `${name(pointer, kind)} is ${value}.`, detail: { advice } };
}

const SECRETS = /^\/consul\/(encrypt|tokens)\b/;

function wrongForm({ kind, pointer, schema, value }: Mismatch): Explained {
  // A secret in the place of its path is not repeated.
  const shown = SECRETS.test(pointer) ? 'What stands there' : `\`${quoted(String(value))}\``;
  if (pointer === '/address/cidr' && /^[\da-f]*:[\da-f.]*:[\da-f:.]*(\/\d*)?$/i.test(String(value))) {
    return { code: 'cidr-ipv6', pointer, message: `${shown} is an IPv6 network, which is not supported.` };
  }
  const message = `${shown} is not a valid ${name(pointer, kind)}.`;
  // `v3.7.3`, as tags and archives have it.
  const bare = String(value)
    .trim()
    .replace(/^v(?=\d)/i, '');
  const isMeant = schema.pattern !== undefined && new RegExp(schema.pattern, 'u').test(bare);
  const wanted = isMeant ? `\`${bare}\`` : stringForm(schema);
  return {
    code: 'bad-format',
    pointer,
    message,
    ...(isMeant && { suggestion: bare }),
    detail: { expected: wanted },
  };
}
