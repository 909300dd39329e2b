import { isIPv4 } from 'node:net';
import type { Candidate, Entry } from '../shared/ports.ts';
import { fieldsOf, listOf, textOf, wholeListOf } from './json.ts';
import { visible } from './text.ts';

/** More instances than one service has; what is beyond is somebody's noise. */
const MOST = 2000;

const name = /^[\w.-]{1,128}$/;
/** Values in Meta are said, compared and written into records. */
const printable = /^[\x20-\x7e]{0,512}$/;

/** IPv4 of one machine, in its only form. */
export function isAddress(text: unknown): text is string {
  return typeof text === 'string' && isIPv4(text) && !/^(0|22[4-9]|2[3-5]\d)\./.test(text);
}

function portOf(value: unknown, what: string): number {
  if (typeof value === 'number' && Number.isInteger(value) && value > 0 && value < 65_536) return value;
  throw new Error(`${what} is no port`);
}

/** A registration in Consul's catalog, with what Consul knows of its health. */
export interface Instance extends Candidate {
  tags: string[];
  /** All of Consul's checks pass. */
  alive: boolean;
}

/** Texts by names; null is none. */
function metaOf(value: unknown): Record<string, string> {
  const entries = Object.entries(fieldsOf(value ?? {}, 'its Meta')).map(([key, text]) => {
    return [textOf(key, 'a name in its Meta', name), textOf(text, 'what its Meta says', printable)] as const;
  });
  const meta = Object.fromEntries(entries);
  // It gets into records.
  if (meta.incarnation !== undefined) textOf(meta.incarnation, 'its incarnation', name);
  return meta;
}

function instanceOf(value: unknown): Instance {
  const { Node, Service, Checks } = fieldsOf(value, 'it');
  const node = fieldsOf(Node, 'its Node');
  const service = fieldsOf(Service, 'its Service');
  const address = service.Address || node.Address;
  if (!isAddress(address)) throw new Error(`its address is ${said(address)}, no IPv4 address`);
  return {
    node: textOf(node.Node, "its node's name", name),
    id: textOf(service.ID, 'its ID', /^[\x21-\x7e]{1,256}$/),
    address,
    port: portOf(service.Port, 'its port'),
    meta: metaOf(service.Meta),
    tags: listOf(service.Tags, 'its tags', 100).map((tag) => textOf(tag, 'a tag', /^.{0,512}$/s)),
    alive: listOf(Checks, 'its checks', 500).every((check) => fieldsOf(check, 'a check').Status === 'passing'),
  };
}

const said = (value: unknown) => (typeof value === 'string' ? `"${visible(value, 60)}"` : typeof value);

/** Which entry of the catalog this is, as far as it can be said. */
function titleOf(value: unknown): string {
  const { Node, Service } = (value ?? {}) as { Node?: { Node?: unknown } | null; Service?: { ID?: unknown } | null };
  return `${said(Service?.ID)} of node ${said(Node?.Node)}`;
}

/**
 * The answer of `/v1/health/service/…`. Anybody may register anything: an entry that cannot be used hides no other, and is told of.
 * That it has no others than were asked for is not taken for granted either: `tag` may go from Consul (deprecated in 2.0).
 *
 * @param tag what they all have
 * @param passing whether all checks of theirs pass
 * @returns the instances, and why each of the others is none
 */
export function instancesOf(value: unknown, tag: string, passing = false): { instances: Instance[]; unfit: string[] } {
  const instances: Instance[] = [];
  const unfit: string[] = [];
  for (const entry of wholeListOf(value, 'the list of instances', MOST)) {
    try {
      const instance = instanceOf(entry);
      if (instance.tags.includes(tag) && (instance.alive || !passing)) instances.push(instance);
    } catch (error) {
      unfit.push(`${titleOf(entry)}: ${(error as Error).message}`);
    }
  }
  return { instances, unfit };
}

/** The text behind base64 as Consul writes it; bytes that are no text show as what they are not. */
export function fromBase64(value: unknown, what: string): string {
  const text = textOf(value ?? '', what, /^[\w+/]*={0,2}$/);
  return Buffer.from(text, 'base64').toString('utf8');
}

/** The answer of `/v1/kv/…?recurse`. */
export function entriesOf(value: unknown): Entry[] {
  return wholeListOf(value, 'the list of keys', 50_000).map((one) => {
    const { Key, Value, ModifyIndex } = fieldsOf(one, 'a key');
    const key = textOf(Key, "a key's name", /^./s);
    const title = `the key ${visible(key, 100)}`;
    if (!Number.isSafeInteger(ModifyIndex) || (ModifyIndex as number) < 1)
      throw new Error(`${title} has no ModifyIndex`);
    return { key, value: fromBase64(Value, title), modified: ModifyIndex as number };
  });
}

/** The machines that are alive, by the answer of `/v1/agent/members`: `NAME ADDRESS`. 1 is alive; leaving, left and failed are above it. */
export function aliveIn(value: unknown): string[] {
  return wholeListOf(value, 'the list of machines', 20_000).flatMap((one) => {
    const { Name, Addr, Status } = fieldsOf(one, 'a machine');
    return Status === 1 && typeof Name === 'string' && isAddress(Addr) ? [`${Name} ${Addr}`] : [];
  });
}
