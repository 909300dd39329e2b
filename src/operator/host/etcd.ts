import { call, etcdPort } from '../../sidekick/host/etcd.ts';
import { ask } from '../../sidekick/host/http.ts';
import { fieldsOf, listOf } from '../../sidekick/host/json.ts';
import { decimal, idOf, membershipOf } from '../../sidekick/host/members.ts';
import { addressIn, type Settings } from '../../sidekick/shared/settings.ts';
import type { OperatorEtcd, Status } from './ports.ts';
import { probePort } from './probe.ts';

/** An alarm as `maintenance/status` has it among its errors: `memberID:10501334649042878790 alarm:NOSPACE `. */
function alarmOf(text: unknown): Status['alarms'][number][] {
  const [, id, kind] = /^memberID:(\d{1,20}) alarm:(\w+)/.exec(String(text)) ?? [];
  if (id === undefined) return [];
  return [{ memberId: idOf(id, 'a member ID'), kind: kind === 'NOSPACE' || kind === 'CORRUPT' ? kind : 'UNKNOWN' }];
}

const leaderOf = (id: unknown) => (id === undefined || id === '0' ? undefined : idOf(id, "its leader's ID"));

export function statusOf(value: unknown): Status {
  const { header, leader, raftIndex = '0', errors } = fieldsOf(value, 'its status');
  if (typeof raftIndex !== 'string' || !/^\d{1,20}$/.test(raftIndex)) throw new Error('its raft index is no number');
  return {
    memberId: idOf(fieldsOf(header, 'its header').member_id, 'its ID'),
    leader: leaderOf(leader),
    raftIndex: BigInt(raftIndex),
    alarms: listOf(errors, 'its errors', 100).flatMap(alarmOf),
  };
}

const anything = () => {};

/** The members of a cluster, as the operator's certificate and network reach them. */
export function operatorEtcd(settings: Settings, exchange = ask): OperatorEtcd {
  const { list, peer, remove } = etcdPort(settings, undefined, exchange);
  const at = <T>(url: string, path: string, body: object, timeout: number, shape: (value: unknown) => T) =>
    call(settings, addressIn(url), path, body, timeout, shape, exchange);
  return {
    list,
    remove,
    // Where authentication hides it, peers are told all the same.
    known: (url, timeout) =>
      at(url, 'cluster/member/list', {}, timeout, membershipOf).catch((error: Error) =>
        peer(url, timeout).catch(() => {
          throw error;
        }),
      ),
    status: (url, timeout) => at(url, 'maintenance/status', {}, timeout, statusOf),
    read: (url, timeout) => at(url, 'kv/range', { key: 'AA==', count_only: true }, timeout, anything),
    handOn: (url, to, timeout) =>
      at(url, 'maintenance/transfer-leadership', { targetID: decimal(to) }, timeout, anything),
    probe: probePort,
  };
}
