import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A host as its agent has registered it. */
export interface Machine {
  node: string;
  address: string;
}

interface Value {
  text: string;
  modified: number;
  created: number;
  locks: number;
  session: string | undefined;
}

interface Asked {
  machine: Machine;
  /** Of the path, what follows its fixed part. */
  name: string;
  query: URLSearchParams;
  body: string;
}

/** One path of the API: its method, the query parameters that may be there, and the answer in JSON. */
type Endpoint = [method: string, path: string, parameters: string[], answer: (asked: Asked) => unknown];

class Refusal extends Error {
  readonly status: number;

  constructor(status: number, text: string) {
    super(text);
    this.status = status;
  }
}

const BLOCKING = ['index', 'wait', 'consistent', 'stale'];

const nodeOf = ({ node: Node, address: Address }: Machine) => ({
  ID: `00000000-0000-0000-0000-${Node.padStart(12, '0')}`,
  Node,
  Address,
  Datacenter: 'dc1',
  Partition: 'default',
  PeerName: '',
  Locality: { Region: 'eu', Zone: 'a' },
});

/** Since 1.22.0; and letters, digits and these alone in 1.21.5. */
function assertKey(key: string): void {
  if (/\.\.|^\s|\s$/.test(key) || !/^[\w,./?&=-]*$/.test(key)) throw new Refusal(400, 'Invalid key name');
}

/**
 * A Consul that no lab may run: what its documents say of 2.0 (docs/compatibility.md), and no more. Blocking queries are cut when they
 * take longer than `patience`, `tag` and `passing` are taken and have no effect, as if they were gone, and fields that are not known
 * here come with everything. One server, and an agent for each machine.
 */
export class DocumentedConsul {
  readonly refused: string[] = [];
  /** How many blocking queries were cut. */
  cut = 0;
  /** Whether lists are said to lack what a policy hides. */
  filtered = false;
  /** Nodes whose agents cannot tell the catalog their next service, as where another node still has their name. */
  readonly unheard = new Set<string>();
  /** Registrations that agents take for told: the same again they do not tell again (seen of 1.14.11). */
  readonly #told = new Map<string, string>();
  readonly #keys = new Map<string, Value>();
  readonly #services = new Map<string, { machine: Machine; service: Record<string, unknown> }>();
  readonly #sessions = new Set<string>();
  readonly #machines: Machine[] = [];
  readonly #patience: number;
  readonly #waiting = new Set<() => void>();
  #index = 10;

  /** Whatever else is asked is refused. */
  readonly #endpoints: Endpoint[] = [
    ['GET', '/v1/kv/', ['recurse', 'raw', 'keys', 'separator', ...BLOCKING], (asked) => this.#read(asked)],
    ['PUT', '/v1/kv/', ['flags', 'cas', 'acquire', 'release'], (asked) => this.#write(asked)],
    ['DELETE', '/v1/kv/', ['recurse', 'cas'], (asked) => this.#delete(asked)],
    ['PUT', '/v1/session/create', [], ({ body }) => this.#createSession(body)],
    ['PUT', '/v1/session/renew/', [], ({ name }) => this.#renewSession(name)],
    ['PUT', '/v1/session/destroy/', [], ({ name }) => this.#destroySession(name)],
    ['PUT', '/v1/agent/service/register', ['replace-existing-checks'], (asked) => this.#register(asked)],
    ['PUT', '/v1/agent/service/deregister/', [], (asked) => this.#deregister(asked)],
    ['GET', '/v1/agent/services', ['filter'], ({ machine }) => this.#servicesOf(machine)],
    ['GET', '/v1/agent/self', [], ({ machine }) => ({ Config: { NodeID: nodeOf(machine).ID, Version: '2.1.0' } })],
    ['GET', '/v1/agent/members', ['wan', 'filter'], () => this.#members()],
    ['GET', '/v1/catalog/node/', ['filter', 'consistent', 'stale'], ({ name }) => this.#node(name)],
    ['PUT', '/v1/catalog/deregister', [], () => true],
    ['GET', '/v1/health/service/etcd3', ['tag', 'passing', 'filter', ...BLOCKING], () => this.#instances()],
  ];

  constructor(patience: number) {
    this.#patience = patience;
  }

  /** An agent on a port of loopback: its address, and what ends it. */
  async agent(machine: Machine): Promise<{ at: string; close(): void }> {
    this.#machines.push(machine);
    const server = createServer((request, response) => {
      let body = '';
      request.on('data', (bytes) => (body += bytes));
      request.on('end', () => this.#serve(machine, request, body, response));
    });
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    const close = () => {
      server.closeAllConnections();
      server.close();
    };
    return { at: `127.0.0.1:${(server.address() as AddressInfo).port}`, close };
  }

  /** `ADDRESS:PORT` of what has a tag, as the records behind a name of DNS. */
  addresses(tag: string): string[] {
    const found = [...this.#services.values()].filter(({ service }) => (service.Tags as string[]).includes(tag));
    return found.map(({ service }) => `${service.Address}:${service.Port}`).sort();
  }

  /** Makes a change, then answers those that have waited for one. */
  #change(make: () => void): true {
    this.#index += 1;
    make();
    for (const wake of this.#waiting) wake();
    this.#waiting.clear();
    return true;
  }

  #serve(machine: Machine, request: IncomingMessage, body: string, response: ServerResponse): void {
    const reply = () => {
      try {
        const value = this.#answer(machine, request, body);
        response.setHeader('X-Consul-Index', String(this.#index));
        response.setHeader('X-Consul-Default-Acl-Policy', 'allow');
        response.setHeader('X-Consul-Query-Backend', 'blocking-query');
        if (this.filtered) response.setHeader('X-Consul-Results-Filtered-By-ACLs', 'true');
        response.writeHead(200, { 'Content-Type': 'application/json' }).end(JSON.stringify(value));
      } catch (error) {
        const { status = 500, message } = error as Refusal;
        response.writeHead(status).end(message);
      }
    };
    const index = new URL(request.url ?? '', 'http://agent').searchParams.get('index');
    if (index === null || Number(index) < this.#index) {
      reply();
      return;
    }
    const wake = () => {
      clearTimeout(timer);
      reply();
    };
    const timer = setTimeout(() => {
      this.cut += 1;
      this.#waiting.delete(wake);
      request.socket.destroy();
    }, this.#patience);
    this.#waiting.add(wake);
  }

  #answer(machine: Machine, { method, url, headers }: IncomingMessage, body: string): unknown {
    const { pathname, searchParams: query } = new URL(url ?? '', 'http://agent');
    // It is on no page, and asked for all the same: where it is missing, nothing else is.
    if (pathname === '/v1/internal/acl/authorize') throw new Refusal(404, '');
    const isOf = (path: string) => (path.endsWith('/') ? pathname.startsWith(path) : pathname === path);
    const [, path = '', parameters = [], answer] =
      this.#endpoints.find((one) => one[0] === method && isOf(one[1])) ?? [];
    const isKnown = [...query.keys()].every((name) => parameters.includes(name));
    if (answer === undefined || !isKnown || headers['x-consul-token'] === undefined) {
      this.refused.push(`${method} ${url}`);
      throw new Refusal(400, `${method} ${url}: on no page`);
    }
    const name = decodeURIComponent(pathname.slice(path.length));
    try {
      return answer({ machine, name, query, body });
    } catch (error) {
      // That there is no such thing is an answer; what must not be asked is none.
      if ((error as Refusal).status === 400) this.refused.push(`${method} ${url}: ${(error as Error).message}`);
      throw error;
    }
  }

  #read({ name: key, query }: Asked): unknown {
    assertKey(key);
    const names = [...this.#keys.keys()].filter((one) => (query.has('recurse') ? one.startsWith(key) : one === key));
    if (names.length === 0) throw new Refusal(404, '');
    return names.sort().map((Key) => {
      const { text, modified, created, locks, session } = this.#keys.get(Key) as Value;
      const Value = Buffer.from(text).toString('base64');
      const indexes = { LockIndex: locks, CreateIndex: created, ModifyIndex: modified };
      return { ...indexes, Key, Flags: 0, Value, Partition: 'default', ...(session && { Session: session }) };
    });
  }

  #isCurrent(key: string, query: URLSearchParams): boolean {
    const cas = query.get('cas');
    return cas === null || Number(cas) === (this.#keys.get(key)?.modified ?? 0);
  }

  #delete({ name: key, query }: Asked): boolean {
    return this.#isCurrent(key, query) && this.#change(() => this.#keys.delete(key));
  }

  #write({ name: key, query, body: text }: Asked): boolean {
    assertKey(key);
    const found = this.#keys.get(key);
    const [acquire, release] = [query.get('acquire'), query.get('release')];
    const session = acquire ?? release;
    if (session !== null && !this.#sessions.has(session)) throw new Refusal(500, `invalid session "${session}"`);
    if (acquire !== null && found?.session !== undefined && found.session !== acquire) return false;
    if ((release !== null && found?.session !== release) || !this.#isCurrent(key, query)) return false;
    return this.#change(() => {
      this.#keys.set(key, {
        text,
        modified: this.#index,
        created: found?.created ?? this.#index,
        locks: (found?.locks ?? 0) + (acquire === null ? 0 : 1),
        session: acquire ?? (release === null ? found?.session : undefined),
      });
    });
  }

  #createSession(body: string): object {
    const { LockDelay, TTL } = JSON.parse(body) as Record<string, string>;
    // "must be greater than 0"; "between 10s and 86400s".
    if (!/^[1-9]/.test(LockDelay ?? '') || !/^[1-9]\d+s$/.test(TTL ?? '')) throw new Refusal(400, 'Invalid session');
    const ID = `00000000-0000-0000-0000-${String(this.#index).padStart(12, '0')}`;
    this.#sessions.add(ID);
    return { ID };
  }

  #renewSession(ID: string): object[] {
    if (this.#sessions.has(ID)) return [{ ID }];
    throw new Refusal(404, `Session id '${ID}' not found`);
  }

  #destroySession(ID: string): true {
    this.#sessions.delete(ID);
    return this.#change(() => {
      for (const value of this.#keys.values()) if (value.session === ID) value.session = undefined;
    });
  }

  #register({ machine, body }: Asked): null {
    const service = JSON.parse(body) as Record<string, unknown>;
    const id = `${machine.node} ${service.ID}`;
    if (this.#told.get(id) === body) return null;
    this.#told.set(id, body);
    if (!this.unheard.delete(machine.node)) this.#change(() => this.#services.set(id, { machine, service }));
    return null;
  }

  #deregister({ machine, name }: Asked): null {
    const text = `Unknown service ID "${name}". Ensure that the service ID is passed, not the service name.`;
    const id = `${machine.node} ${name}`;
    if (!this.#services.has(id)) throw new Refusal(404, text);
    this.#told.delete(id);
    this.#change(() => this.#services.delete(id));
    return null;
  }

  #servicesOf(machine: Machine): object {
    const own = [...this.#services.values()].filter((one) => one.machine === machine);
    const said = own.map(({ service }) => [service.ID, { ...service, Service: service.Name, Namespace: 'default' }]);
    return Object.fromEntries(said);
  }

  #members(): object[] {
    return this.#machines.map(({ node, address }) => ({ Name: node, Addr: address, Status: 1, Tags: {} }));
  }

  #node(name: string): object | null {
    const found = this.#machines.find((one) => one.node === name);
    return found === undefined ? null : { Node: nodeOf(found), Services: {} };
  }

  #instances(): object[] {
    return [...this.#services.values()].map(({ machine, service }) => ({
      Node: nodeOf(machine),
      Service: { ...service, Service: service.Name, Ports: null, PeerName: '', Kind: '' },
      Checks: [{ CheckID: 'serfHealth', Status: 'passing', ExposedPort: 0, PeerName: '' }],
    }));
  }
}
