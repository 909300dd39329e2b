import { existsSync, readFileSync } from 'node:fs';
import { Agent as Connections } from 'node:http';
import { ConsulError } from '../shared/ports.ts';
import { type Ask, ask, type Reply } from './http.ts';
import { parseJson } from './json.ts';
import { visible } from './text.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** Longer than the agent holds a request while there is no leader (rpc_hold_timeout, 7 s). */
export const PATIENCE = 12_000;

const LEADER = '/v1/status/leader';

/** The agent said 403: what is missing only the policies tell. */
export class Denied extends ConsulError {}

/** Rejects what newer versions of Consul (1.11) say is not all that there is. */
export function assertWhole(reply: Reply): Reply {
  if (reply.headers['x-consul-results-filtered-by-acls'] !== 'true') return reply;
  throw new Denied('Consul denies access: it has left out what its policies hide');
}

/** Makes one kind of all errors of a Consul that answers what it should not. */
export function checked<T>(reply: Reply, shape: (value: unknown) => T): T {
  try {
    return shape(parseJson(reply.body));
  } catch (error) {
    throw new ConsulError(`Consul's answer cannot be used: ${(error as Error).message}`);
  }
}

/** Empty is none. A file is read each time: tokens are renewed. */
function tokenOf({ CONSUL_HTTP_TOKEN = '', CONSUL_HTTP_TOKEN_FILE: file }: Environment): string {
  if (!file) return CONSUL_HTTP_TOKEN;
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (error) {
    throw new ConsulError(`the token for Consul cannot be read: ${(error as Error).message}`);
  }
}

/** The host's own agent; an operator may say another, with or without `http://`, or a Unix socket (`unix:///…`), as Consul itself takes it. */
export class Agent {
  readonly #address: string;
  readonly #socket: string | undefined;
  readonly #token: () => string;
  readonly #ask: typeof ask;
  /** One that has been closed is an error like any other: whoever asked asks again. */
  readonly #connections = new Connections({ keepAlive: true, maxFreeSockets: 4 });

  constructor(env: Environment, exchange = ask) {
    this.#ask = exchange;
    this.#address = (env.CONSUL_HTTP_ADDR || '127.0.0.1:8500').replace(/^(?!\w+:\/\/)/, 'http://');
    this.#socket = /^unix:\/\/(\/.+)$/.exec(this.#address)?.[1];
    this.#token = () => tokenOf(env);
  }

  /** Any request: 200, or one of these other statuses; else a ConsulError, which is one line. */
  async request(path: string, options: Partial<Ask> = {}, others: readonly number[] = []): Promise<Reply> {
    const headers = { 'X-Consul-Token': this.#token() };
    let reply: Reply;
    try {
      reply = await this.#ask((this.#socket ? 'http://localhost' : this.#address) + path, {
        socketPath: this.#socket,
        timeout: PATIENCE,
        headers,
        agent: this.#connections,
        ...options,
      });
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      const [asked] = path.split('?');
      const see = this.#isHere() ? ': journalctl -u consul' : '';
      const absent = ['ECONNREFUSED', 'ENOENT'].includes(code ?? '');
      const why = absent ? `it is not running yet${see}` : `${message} (${asked})`;
      const does = message.startsWith('the answer') ? 'gives no answer of use' : 'does not answer';
      throw new ConsulError(visible(`the Consul agent at ${this.#address} ${does}: ${why}`));
    }
    const { status } = reply;
    if (status === 200 || others.includes(status)) return reply;
    const text = visible(reply.body.trim(), 200);
    if (/no cluster leader/i.test(text)) throw this.#leaderless();
    const token = text === 'ACL not found' ? ' (it does not know the token in CONSUL_HTTP_TOKEN)' : '';
    // Without a leader an agent knows no token.
    if (text === 'ACL not found' && path !== LEADER) {
      const lead = await this.request(LEADER).catch(() => undefined);
      if (lead?.body.trim() === '""') throw this.#leaderless();
    }
    if (status === 403) throw new Denied(`Consul denies access: ${text}${token}`);
    throw new ConsulError(`Consul answers ${status}: ${text}`);
  }

  /** In a container, and of another host's agent, this host has nothing to look at. */
  #isHere(): boolean {
    return /^unix:|\/\/127\./.test(this.#address) && existsSync('/run/systemd/system');
  }

  #leaderless(): ConsulError {
    return new ConsulError(`Consul has no leader${this.#isHere() ? ': systemctl status consul-rejoin' : ''}`);
  }
}
