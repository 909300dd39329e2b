import { execFileSync } from 'node:child_process';
import type { EtcdPort, Membership, Own } from '../shared/ports.ts';
import { addressIn, type Settings } from '../shared/settings.ts';
import { type Ask, ask, countdown, type Reply } from './http.ts';
import { fieldsOf, parseJson } from './json.ts';
import { decimal, idOf, memberOf, membershipOf, peerMembershipOf, refusalOf } from './members.ts';
import { visible } from './text.ts';

/** etcd says so in several ways to who shows no token. */
const isDenied = (message: string) =>
  /user name (is empty|not found)|invalid auth token|permission denied/.test(message);

/** Reads JSON of this shape out of an answer; rejects with etcd's words, or with what is wrong about it. */
function read<T>(reply: Reply, shape: (value: unknown) => T): T {
  if (reply.status !== 200) {
    // Where authentication is on, it takes no certificate with a name in it by this way: that is no refusal by the log.
    const [named] = /^CommonName of client [\w ,]+/.exec(reply.body) ?? [];
    const why = named ?? refusalOf(reply);
    throw new Error(named || isDenied(why) ? `etcd's authentication is on: ${why}` : why);
  }
  return shape(parseJson(reply.body));
}

/** One call of etcd's v3 API at the client port of an address. */
export async function call<T>(
  { scheme, clientPort, clientTls }: Settings,
  address: string,
  path: string,
  body: object,
  timeout: number,
  shape: (value: unknown) => T,
  exchange = ask,
): Promise<T> {
  const options = { method: 'POST', body: JSON.stringify(body), timeout, tls: clientTls } as const;
  return read(await exchange(`${scheme}://${address}:${clientPort}/v3/${path}`, options), shape);
}

/** The part of itself that etcd shows to anybody: its own ID, where it denies its status. */
function serverIdOf({ body }: Reply): string {
  const id = /^etcd_server_id\{server_id="([0-9a-f]{1,16})"\} 1$/m.exec(body)?.[1];
  if (id === undefined) throw new Error('etcd does not tell its own ID');
  return id.padStart(16, '0');
}

const anything = () => true as const;
/** A read of a key that nobody has needs a quorum all the same. */
const RANGE = { key: 'AA==', count_only: true };

/**
 * Whether a quorum stands behind a member, by a read. One that is denied has gone through the quorum first, in every version since
 * 3.4 (seen from 3.4.23 to 3.7.3, 2026-11-28: without a quorum it is late, not denied).
 */
async function assertQuorum(range: Promise<unknown>): Promise<void> {
  await range.catch((error: Error) => {
    if (!isDenied(error.message)) throw error;
  });
}

/** @param directory where this host's etcd has its sockets, which its user alone may make */
export function etcdPort(settings: Settings, directory = '/run/etcd', exchange = ask): EtcdPort {
  const { tls, scheme, metricsPort } = settings;
  const local = async <T>(socket: 'peer' | 'client', path: string, options: Ask, shape: (reply: Reply) => T) =>
    shape(await exchange(`http://localhost${path}`, { ...options, socketPath: `${directory}/${socket}:0` }));
  const localCall = <T>(path: string, body: object, timeout: number, shape: (value: unknown) => T) =>
    local('client', `/v3/${path}`, { method: 'POST', body: JSON.stringify(body), timeout }, (reply) =>
      read(reply, shape),
    );

  const peer = async (url: string, timeout: number): Promise<Membership> => {
    // By address, as everything: a name would have to be asked for.
    const { hostname: name, port } = new URL(url);
    const named = tls && { ...tls, name };
    return peerMembershipOf(await exchange(`${scheme}://${addressIn(url)}:${port}/members`, { timeout, tls: named }));
  };

  const at = async <T>(url: string, path: string, body: object, shape: (value: unknown) => T, timeout = 10_000) =>
    call(settings, addressIn(url), path, body, timeout, shape, exchange);

  return {
    async own(timeout): Promise<Own> {
      const left = countdown(timeout);
      const status = (value: unknown) => {
        const { header, isLearner } = fieldsOf(value, 'its status');
        return { memberId: idOf(fieldsOf(header, 'its header').member_id, 'its ID'), isLearner: isLearner === true };
      };
      const [self, linear] = await Promise.all([
        localCall('maintenance/status', {}, timeout, status).catch(async (error: Error) => {
          if (!isDenied(error.message)) throw error;
          return { memberId: await local('client', '/metrics', { timeout: left() }, serverIdOf), isLearner: false };
        }),
        assertQuorum(localCall('kv/range', RANGE, timeout, anything)).then(
          () => true as const,
          (error: Error) => error.message,
        ),
      ]);
      // After the read, for it is what this member has applied; and asked where no authentication hides it.
      const list = await local('peer', '/members', { timeout: left() }, peerMembershipOf);
      const me = list.members.find(({ id }) => id === self.memberId);
      return { ...list, ...self, isLearner: me?.isLearner ?? self.isLearner, linear };
    },

    peer,

    async list(url, timeout) {
      const left = countdown(timeout);
      await assertQuorum(at(url, 'kv/range', RANGE, anything, timeout));
      // Brought up to date by that read: 3.4 has no list that asks the quorum itself.
      return at(url, 'cluster/member/list', {}, membershipOf, left()).catch((error: Error) => {
        if (!isDenied(error.message)) throw error;
        return peer(url, left());
      });
    },

    add: (via, url) =>
      at(via, 'cluster/member/add', { peerURLs: [url], isLearner: true }, (value) => {
        return memberOf(fieldsOf(value, 'the answer').member, 'ID').id;
      }),
    async remove(via, id) {
      await at(via, 'cluster/member/remove', { ID: decimal(id) }, anything);
    },
    async promote(via, id) {
      await at(via, 'cluster/member/promote', { ID: decimal(id) }, anything);
    },
    async update(via, id, url) {
      await at(via, 'cluster/member/update', { ID: decimal(id), peerURLs: [url] }, anything);
    },

    async healthy() {
      // Over plain http on loopback, as Consul asks, which shows no client certificate.
      const url = `http://127.0.0.1:${metricsPort}/health`;
      const { status, body } = await exchange(url, { timeout: 3000 });
      if (status === 200) return 'whole';
      // Without space it still serves reads.
      if ((await exchange(`${url}?exclude=NOSPACE`, { timeout: 3000 })).status === 200) return 'full';
      throw new Error(visible(body.trim(), 200) || `status ${status}`);
    },

    stop() {
      const pid = Number(execFileSync('systemctl', ['show', '-P', 'MainPID', 'etcd.service'], { encoding: 'utf8' }));
      if (Number.isInteger(pid) && pid > 1) process.kill(pid, 'SIGTERM');
    },
  };
}
