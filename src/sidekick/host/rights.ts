import { ConsulError } from '../shared/ports.ts';
import { type Agent, checked, Denied } from './agent.ts';
import { fieldsOf, listOf } from './json.ts';

/** One right: as Consul is asked for it, and the rule of a policy that gives it. */
interface Right {
  Resource: string;
  Access: string;
  Segment: string;
  rule: string;
}

function right(Resource: string, Access: string, Segment: string, subject: string, policy = Access): Right {
  return { Resource, Access, Segment, rule: `${subject} { policy = "${policy}" }` };
}

const catalog = [right('service', 'read', 'etcd3', 'service "etcd3"'), right('node', 'read', '', 'node_prefix ""')];

/** Rights that the sidekicks of a host need; the first three are for reading, which Consul may deny by an empty answer. */
export function hostRights(cluster: string, node: string): Right[] {
  const prefix = `etcd3/${cluster}/`;
  return [
    // That no rule hides one of the keys.
    right('key', 'write-prefix', prefix, `key_prefix "${prefix}"`, 'write'),
    ...catalog,
    right('service', 'write', 'etcd3', 'service "etcd3"'),
    right('session', 'write', node, `session "${node}"`),
    right('agent', 'read', node, `agent "${node}"`),
    right('node', 'write', node, `node "${node}"`),
  ];
}

/** Rights that an operator's commands need, the first to read. */
export function operatorRights(cluster: string): Right[] {
  const prefix = `etcd3/${cluster}/`;
  return [
    right('key', 'read', `${prefix}bootstrap`, `key_prefix "${prefix}"`),
    ...catalog,
    right('key', 'write-prefix', prefix, `key_prefix "${prefix}"`, 'write'),
    right('session', 'write', '', 'session_prefix ""'),
  ];
}
const READING = 3;

/**
 * Tells denied from empty: `/v1/internal/acl/authorize` (undocumented; 1.8.7 and later) says of each right whether the token has
 * it. One request a process where Consul has no ACLs.
 */
export class Rights {
  readonly #agent: Agent;
  readonly #rights: readonly Right[];
  #last: { at: number; missing: Promise<Right[]> } | undefined;
  /** Of no use to ask: the agent has no ACLs, or is older than the question. */
  #mute = false;

  constructor(agent: Agent, rights: readonly Right[]) {
    this.#agent = agent;
    this.#rights = rights;
  }

  /** Rejects, naming all that is missing, when something is that reading needs. */
  async assertReading(timeout: number): Promise<void> {
    const missing = await this.#missing(timeout);
    if (missing.some((right) => this.#rights.indexOf(right) < READING)) throw denied(missing);
  }

  /** The call's value; where it is denied, the error names all that is missing. */
  async named<T>(call: Promise<T>, timeout: number): Promise<T> {
    try {
      return await call;
    } catch (error) {
      if (!(error instanceof Denied)) throw error;
      const missing = await this.#missing(timeout).catch(() => []);
      throw missing.length > 0 ? denied(missing) : error;
    }
  }

  #missing(timeout: number): Promise<Right[]> {
    if (this.#mute) return Promise.resolve([]);
    const now = performance.now();
    // Reads at the same time share one question.
    if (this.#last === undefined || now - this.#last.at > 500) this.#last = { at: now, missing: this.#ask(timeout) };
    return this.#last.missing;
  }

  async #ask(timeout: number): Promise<Right[]> {
    const body = JSON.stringify(this.#rights.map(({ rule: _, ...right }) => right));
    const options = { method: 'POST', body, timeout } as const;
    const reply = await this.#agent.request('/v1/internal/acl/authorize', options, [401, 404, 405]);
    this.#mute = reply.status !== 200;
    if (this.#mute) return [];
    const allowed = checked(reply, (value) => {
      return listOf(value, 'the list of rights', 20).map((one) => fieldsOf(one, 'a right').Allow === true);
    });
    if (allowed.length !== this.#rights.length) throw new ConsulError('Consul does not say what its token may do');
    return this.#rights.filter((_, index) => !allowed[index]);
  }
}

function denied(missing: Right[]): ConsulError {
  // A right to write is one to read.
  const rules = missing
    .map(({ rule }) => rule)
    .filter((rule, at, all) => !all.includes(rule.replace('"read"', '"write"'), at + 1));
  return new ConsulError(`Consul denies access: the policy of CONSUL_HTTP_TOKEN lacks ${rules.join(', ')}`);
}
