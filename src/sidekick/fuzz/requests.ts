import { isIPv4 } from 'node:net';
import * as truth from '../host/answers-testing.ts';
import { visible } from '../host/text.ts';
import { ConsulError, type ConsulPort, type EtcdPort } from '../shared/ports.ts';

interface Fuzzed {
  consul: ConsulPort;
  etcd: EtcdPort;
  /** A peer URL of another member. */
  via: string;
}

/** One request of the sidekicks, whose answer may be anything while all others are true. */
export interface FuzzedRequest {
  name: string;
  /** The request, as `METHOD /path`. */
  asks: RegExp;
  truth: unknown;
  headers?: Record<string, string>;
  /** Of the true answer; 200. */
  status?: number;
  run(ports: Fuzzed): Promise<unknown>;
  /** Whether the programs can go on with what came out. */
  isSound(value: never): boolean;
  /** The class that all rejections have to be of. */
  error: typeof ConsulError | typeof Error;
}

const isLine = (text: unknown) => typeof text === 'string' && text === visible(text, 1e9);
const isName = (text: unknown) => typeof text === 'string' && /^[\w.-]{1,128}$/.test(text);
const isId = (text: unknown) => typeof text === 'string' && /^[0-9a-f]{16}$/.test(text) && !/^0+$/.test(text);
const isIndex = (text: unknown) => typeof text === 'string' && /^\d{1,19}$/.test(text);
const isPort = (value: unknown) => Number.isInteger(value) && (value as number) > 0 && (value as number) < 65_536;

type Candidates = Awaited<ReturnType<ConsulPort['candidates']>>;
const areCandidates = ({ value, index, unfit }: Candidates) =>
  isIndex(index) &&
  (unfit === undefined || isLine(unfit)) &&
  value.every(({ node, id, address, port, meta }) => {
    const texts = Object.entries(meta).flat();
    return isName(node) && isLine(id) && id !== '' && isIPv4(address) && isPort(port) && texts.every(isLine);
  });

type List = Awaited<ReturnType<EtcdPort['list']>>;
const isList = ({ clusterId, members }: List) =>
  isId(clusterId) &&
  members.length > 0 &&
  members.length <= 20 &&
  members.every(({ id, name, peerUrls, clientUrls, isLearner }) => {
    const isNamed = name === '' || isName(name);
    const areUrls =
      peerUrls.length > 0 && peerUrls.every((url) => new URL(url).protocol.startsWith('http') && isLine(url));
    return isId(id) && isNamed && areUrls && clientUrls.every(isLine) && typeof isLearner === 'boolean';
  });

const nothing = (value: unknown) => value === undefined;
const areMachines = (value: ReadonlySet<string>) =>
  value instanceof Set && [...value].every((one) => typeof one === 'string');
const isSession = (value: unknown) =>
  value === undefined || (typeof value === 'string' && isLine(value) && value.length < 200);
const session = '11111111-e9e3-2416-59e0-133b28005b8b';
const registration = {
  ID: 'etcd-1-server',
  Name: 'etcd3',
  Tags: [],
  Address: '10.0.0.1',
  Port: 2380,
  Meta: {},
} as const;

const consul = (
  name: string,
  asks: RegExp,
  truthful: unknown,
  run: (port: ConsulPort) => Promise<unknown>,
  isSound: (value: never) => boolean,
): FuzzedRequest => ({
  name: `consul ${name}`,
  asks,
  truth: truthful,
  headers: { 'x-consul-index': '7' },
  run: (ports) => run(ports.consul),
  isSound,
  error: ConsulError,
});

const etcd = (
  name: string,
  asks: RegExp,
  truthful: unknown,
  run: (port: EtcdPort, via: string) => Promise<unknown>,
  isSound: (value: never) => boolean,
): FuzzedRequest => ({
  name: `etcd ${name}`,
  asks,
  truth: truthful,
  headers: { 'x-etcd-cluster-id': truth.clusterId },
  run: (ports) => run(ports.etcd, ports.via),
  isSound,
  error: Error,
});

type Own = Awaited<ReturnType<EtcdPort['own']>>;
const isOwn = (own: Own) =>
  isList(own) &&
  isId(own.memberId) &&
  typeof own.isLearner === 'boolean' &&
  (own.linear === true || isLine(own.linear));

const rights = Array.from({ length: 7 }, () => ({ Resource: 'key', Access: 'read', Segment: 'a', Allow: true }));

export const REQUESTS: readonly FuzzedRequest[] = [
  consul(
    'keys',
    /^GET \/v1\/kv\/.*recurse/,
    truth.entries,
    (port) => port.keys(),
    ({ value, index }: Awaited<ReturnType<ConsulPort['keys']>>) => {
      return (
        isIndex(index) &&
        value.every((one) => typeof one.key === 'string' && typeof one.value === 'string' && one.modified > 0)
      );
    },
  ),
  consul(
    'one key',
    /^GET \/v1\/kv\/.*bootstrap/,
    truth.entries,
    (port) => port.keys(),
    () => true,
  ),
  consul(
    'keys by name',
    /^GET \/v1\/kv\/.*record/,
    truth.entries,
    (port) => port.entries(['etcd3/c/lineage/0123456789abcdef/record']),
    (found: Awaited<ReturnType<ConsulPort['entries']>>) =>
      found.every(({ key, value, modified }) => typeof key === 'string' && typeof value === 'string' && modified > 0),
  ),
  consul('rights', /authorize/, rights, (port) => port.candidates(), areCandidates),
  consul(
    'candidates',
    /^GET \/v1\/health/,
    [truth.instance, truth.instance],
    (port) => port.candidates(),
    areCandidates,
  ),
  consul('machines', /agent\/members/, truth.machines, (port) => port.machines(), areMachines),
  consul('change', /index=/, truth.entries, (port) => port.change({ keys: '5', candidates: '6' }), nothing),
  consul('put', /^PUT \/v1\/kv/, true, (port) => port.put('etcd3/mycluster/bootstrap', '{}', 0), nothing),
  consul('lock', /^GET \/v1\/kv\/.*lock/, truth.lock, (port) => port.acquire('disk-1'), isSession),
  consul('lock of its own', /^GET \/v1\/kv\/.*lock/, truth.lock, (port) => port.acquire('disk-2'), isSession),
  consul('session', /session\/create/, truth.session, (port) => port.acquire('disk-1'), isSession),
  consul('acquire', /^PUT \/v1\/kv\/.*acquire/, true, (port) => port.acquire('disk-1'), isSession),
  consul('renew', /session\/renew/, [truth.session], (port) => port.acquire('disk-1', session), isSession),
  consul('release', /session\/destroy/, true, (port) => port.release(session), nothing),
  consul('register', /service\/register/, '', (port) => port.register({ ...registration, Tags: [] }), nothing),
  consul('deregister', /service\/deregister/, '', (port) => port.deregister('etcd-1-client'), nothing),
  consul(
    'services',
    /agent\/services/,
    truth.services,
    (port) => port.services(),
    (value: unknown[]) => Array.isArray(value),
  ),
  consul(
    'node',
    /catalog\/node/,
    truth.node,
    (port) => port.removeFormerNode(),
    (value: unknown) => typeof value === 'boolean',
  ),
  consul('agent', /agent\/self/, truth.agent, (port) => port.version(), isName as never),
  consul(
    'agent of the node',
    /agent\/self/,
    truth.agent,
    (port) => port.removeFormerNode(),
    (value: unknown) => typeof value === 'boolean',
  ),
  consul(
    'deregister the node',
    /catalog\/deregister/,
    true,
    (port) => port.removeFormerNode(),
    (value: unknown) => value === true,
  ),
  etcd('status', /maintenance\/status/, truth.status, (port) => port.own(1000), isOwn),
  etcd('range', /kv\/range/, truth.range, (port) => port.own(1000), isOwn),
  etcd('metrics', /metrics/, 'a 1\netcd_server_id{server_id="b8301278af1f9339"} 1\n', (port) => port.own(1000), isOwn),
  etcd('members', /\/members$/, truth.members, (port) => port.own(1000), isOwn),
  etcd('members of a peer', /\/members$/, truth.members, (port, via) => port.peer(via, 1000), isList),
  etcd('range of a member', /kv\/range/, truth.range, (port, via) => port.list(via, 1000), isList),
  etcd('list', /member\/list/, truth.memberList, (port, via) => port.list(via, 1000), isList),
  etcd(
    'list as JSON at the peer port',
    /\/members$/,
    JSON.parse(truth.members),
    (port, via) => port.peer(via, 1000),
    isList,
  ),
  etcd('add', /member\/add/, truth.added, (port, via) => port.add(via, 'http://10.0.0.4:2380'), isId),
  etcd('remove', /member\/remove/, truth.memberList, (port, via) => port.remove(via, 'f95478067ebde5d9'), nothing),
  etcd('promote', /member\/promote/, truth.memberList, (port, via) => port.promote(via, 'f95478067ebde5d9'), nothing),
  etcd('update', /member\/update/, truth.memberList, (port, via) => port.update(via, 'f95478067ebde5d9', via), nothing),
  {
    ...etcd('refusal', /member\/remove/, truth.refusal, (port, via) => port.remove(via, 'f95478067ebde5d9'), nothing),
    status: 503,
  },
  {
    ...consul(
      'refusal',
      /^PUT \/v1\/kv/,
      'rpc error making call: Permission denied',
      (port) => port.put('a', '', 0),
      nothing,
    ),
    status: 403,
  },
  etcd(
    'health',
    /\/health/,
    { health: 'true', reason: '' },
    (port) => port.healthy(),
    (value) => value === 'whole' || value === 'full',
  ),
];

/** The usual answer to a request, whatever is in question. */
const PLAIN: readonly [asks: RegExp, truth: unknown][] = [
  [/session\/create/, truth.session],
  [/catalog\/node/, truth.node],
  [/agent\/members/, truth.machines],
  [/agent\/self/, truth.agent],
];

/** The true answer to anything but the request in question. */
export function trueAnswer(asking: string, name: string): unknown {
  if (/authorize/.test(asking)) return 401;
  if (/acquire=/.test(asking)) return true;
  if (/\/lock/.test(asking)) return name === 'consul session' || name === 'consul acquire' ? 404 : truth.lock;
  if (/bootstrap/.test(asking)) return 404;
  if (/recurse/.test(asking)) return name === 'consul one key' ? 404 : truth.entries;
  if (/health\/service/.test(asking)) return [truth.instance];
  const [, plain] = PLAIN.find(([asks]) => asks.test(asking)) ?? [];
  if (plain !== undefined) return plain;
  if (/maintenance\/status/.test(asking)) return name === 'etcd metrics' ? truth.nameless : truth.status;
  if (/kv\/range/.test(asking)) return truth.range;
  if (/member\/list/.test(asking)) return truth.memberList;
  return /\/members$/.test(asking) ? truth.members : true;
}

/** The flaw in how a request has ended; undefined: there is none. */
export function unsoundness(request: FuzzedRequest, outcome: PromiseSettledResult<unknown>): string | undefined {
  if (outcome.status === 'fulfilled') {
    const wrong = `resolves to ${JSON.stringify(outcome.value)}`;
    try {
      return request.isSound(outcome.value as never) ? undefined : wrong;
    } catch {
      return wrong;
    }
  }
  const { reason } = outcome;
  const isOfKind = reason instanceof request.error && (request.error !== Error || reason.constructor === Error);
  if (!isOfKind) return `rejects with ${reason?.constructor?.name}: ${reason?.stack}`;
  const { message } = reason as Error;
  return message !== '' && message === visible(message, 1000) ? undefined : `says ${JSON.stringify(message)}`;
}
