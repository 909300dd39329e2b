import { fileURLToPath } from 'node:url';
import protobuf from 'protobufjs';
import { createGenerator } from 'ts-json-schema-generator';
import { serveLoopback } from '../testing/loopback.ts';

/** As much of JSON Schema as the generator writes. */
interface Schema {
  $ref?: string;
  type?: string | string[];
  const?: string;
  properties?: Record<string, Schema>;
  additionalProperties?: Schema | false;
  items?: Schema;
  required?: string[];
}

export interface Schemas {
  definitions: Record<string, Schema>;
  /** The kinds that are emitted, each a `$ref`. */
  properties: Record<string, Schema>;
}

/** JSON Schemas of every kind, made of the published types; a key that these do not have is an error. */
export function makeSchemas(): Schemas {
  const path = fileURLToPath(new URL('../kubernetes/kinds.ts', import.meta.url));
  const settings = { path, type: 'Kinds', skipTypeCheck: true, additionalProperties: false, topRef: false } as const;
  return createGenerator({ ...settings, jsDoc: 'none' }).createSchema('Kinds') as Schemas;
}

interface Kind {
  kind: string;
  definition: string;
  group: string;
  version: string;
  plural: string;
  namespaced: boolean;
}

const CLUSTER_WIDE = ['Namespace', 'ClusterRole', 'ClusterRoleBinding'];

export function kindsOf({ properties, definitions }: Schemas): Kind[] {
  return Object.entries(properties).map(([kind, { $ref = '' }]) => {
    const definition = $ref.slice('#/definitions/'.length);
    const parts = (definitions[definition]?.properties?.['apiVersion']?.const ?? '').split('/');
    const [version = '', group = ''] = parts.reverse();
    const plural = kind.toLowerCase().replace(/y$/, 'ie');
    return { kind, definition, group, version, plural: `${plural}s`, namespaced: !CLUSTER_WIDE.includes(kind) };
  });
}

/** The parts of the OpenAPI document that kubectl reads, by the field numbers of openapiv2/OpenAPIv2.proto (google/gnostic, read 2026-11-25). */
const { root } = protobuf.parse(
  `syntax = "proto3";
  message Any { string yaml = 2; }
  message NamedAny { string name = 1; Any value = 2; }
  message TypeItem { repeated string value = 1; }
  message ItemsItem { repeated Schema schema = 1; }
  message AdditionalPropertiesItem { Schema schema = 1; }
  message NamedSchema { string name = 1; Schema value = 2; }
  message Properties { repeated NamedSchema additional_properties = 1; }
  message Schema {
    string _ref = 1; string format = 2; repeated string required = 19; AdditionalPropertiesItem additional_properties = 21;
    TypeItem type = 22; ItemsItem items = 23; Properties properties = 25; repeated NamedAny vendor_extension = 31;
  }
  message Operation { repeated NamedAny vendor_extension = 13; }
  message PathItem { Operation patch = 8; }
  message NamedPathItem { string name = 1; PathItem value = 2; }
  message Paths { repeated NamedPathItem path = 2; }
  message Definitions { repeated NamedSchema additional_properties = 1; }
  message Document { string swagger = 1; Paths paths = 8; Definitions definitions = 9; }`,
  { keepCase: true },
);

type Message = Record<string, unknown>;
const named = (entries: [string, Schema][]) => entries.map(([name, schema]) => ({ name, value: toMessage(schema) }));

function toMessage({ $ref, type, properties, additionalProperties, items, required }: Schema): Message {
  if ($ref !== undefined) return { _ref: $ref };
  // A number or a string: what Kubernetes calls an int-or-string.
  const form = Array.isArray(type)
    ? { type: { value: ['string'] }, format: 'int-or-string' }
    : { type: { value: type === undefined ? [] : [type] } };
  return {
    ...form,
    ...(required && { required }),
    ...(properties && { properties: { additional_properties: named(Object.entries(properties)) } }),
    ...(additionalProperties && { additional_properties: { schema: toMessage(additionalProperties) } }),
    ...(items && { items: { schema: [toMessage(items)] } }),
  };
}

function openApi(schemas: Schemas): Uint8Array {
  const extension = (yaml: string) => [{ name: 'x-kubernetes-group-version-kind', value: { yaml } }];
  const gvk = ({ group, version, kind }: Kind) => JSON.stringify({ group, version, kind });
  const kinds = kindsOf(schemas);
  const definitions = named(Object.entries(schemas.definitions)).map((one) => {
    const kind = kinds.find(({ definition }) => definition === one.name);
    return kind === undefined
      ? one
      : { ...one, value: { ...one.value, vendor_extension: extension(`[${gvk(kind)}]`) } };
  });
  const path = kinds.map((kind) => {
    return { name: `/${kind.plural}`, value: { patch: { vendor_extension: extension(gvk(kind)) } } };
  });
  const document = { swagger: '2.0', paths: { path }, definitions: { additional_properties: definitions } };
  const type = root.lookupType('Document');
  return type.encode(type.fromObject(document)).finish();
}

/** The answers of an API server that has the kinds of `schemas`, and no object. */
function answers(schemas: Schemas): Map<string, object> {
  const kinds = kindsOf(schemas);
  const versionOf = ({ group, version }: Kind) => (group === '' ? version : `${group}/${version}`);
  const of = (groupVersion: string) => ({
    kind: 'APIResourceList',
    groupVersion,
    resources: kinds
      .filter((kind) => versionOf(kind) === groupVersion)
      .map(({ plural, kind, namespaced }) => {
        const verbs = ['create', 'get', 'list', 'patch'];
        return { name: plural, singularName: kind.toLowerCase(), kind, namespaced, verbs };
      }),
  });
  const groups = [...new Set(kinds.map(({ group }) => group))].filter(Boolean).map((name) => {
    const { version = '' } = kinds.find(({ group }) => group === name) ?? {};
    const one = { groupVersion: `${name}/${version}`, version };
    return { name, versions: [one], preferredVersion: one };
  });
  return new Map<string, object>([
    ['/api', { kind: 'APIVersions', versions: ['v1'] }],
    ['/apis', { kind: 'APIGroupList', apiVersion: 'v1', groups }],
    ['/api/v1', of('v1')],
    ...groups.map(({ versions: [one] }) => [`/apis/${one?.groupVersion}`, of(one?.groupVersion ?? '')] as const),
  ]);
}

/**
 * A stand-in for the API server, on loopback: what kubectl asks before it believes a manifest. It takes no field
 * validation upon itself, so that kubectl does it, by the schemas. `asked` gets every path.
 */
export async function serveApi(schemas: Schemas) {
  const asked: string[] = [];
  const known = answers(schemas);
  const document = openApi(schemas);
  const server = await serveLoopback((request, response) => {
    const [path = ''] = (request.url ?? '').split('?');
    asked.push(`${request.method} ${path}`);
    if (path === '/openapi/v2') return response.end(document);
    const answer = request.method === 'GET' ? known.get(path) : undefined;
    const missing = {
      kind: 'Status',
      apiVersion: 'v1',
      status: 'Failure',
      reason: 'NotFound',
      code: 404,
      message: path,
    };
    response.writeHead(answer === undefined ? 404 : 200, { 'content-type': 'application/json' });
    return response.end(JSON.stringify(answer ?? missing));
  });
  return { ...server, asked };
}
