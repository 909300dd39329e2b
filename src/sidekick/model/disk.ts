import type { Identity } from '../shared/identity.ts';
import type { DiskPort } from '../shared/ports.ts';
import { seatsOf } from './etcd.ts';
import { isMember } from './guard.ts';
import { knownMemberId, makeConfig, type Seat } from './log.ts';
import { isOverheard } from './nap.ts';
import { type Program, write } from './program.ts';
import { remember, type Volume } from './volume.ts';
import { breach, next, volumeOf, type World } from './world.ts';

/** The disks of the host as its programs see them: a mount is seen by those that run already, too. */
export function makeDiskPort(world: World, program: Program): DiskPort {
  const { host } = program;
  const { root } = host;
  const change = (what: string, how: (volume: Volume) => void) =>
    write(world, program, what, () => {
      const volume = volumeOf(host);
      how(volume);
      remember(volume);
    });
  const identity = (): Identity => {
    const { identity: found, log } = volumeOf(host);
    if (found !== undefined && (found.machineId === root.machineId || log !== undefined)) return found;
    // Beside a log the member is left of it.
    const rest = log && { memberId: log.memberId };
    const own: Identity = {
      incarnation: `${found ? `${found.incarnation}-` : 'i'}${next(world)}`,
      machineId: root.machineId,
      phase: log ? 'launched' : 'fresh',
      ...rest,
    };
    if (log !== undefined) return own;
    change('make an identity', (volume) => {
      volume.identity = own;
    });
    return own;
  };
  return {
    data: () => {
      const { log, snap } = volumeOf(host);
      if (log) return { state: 'log', clusterId: log.clusterId, memberId: log.memberId };
      return snap === undefined
        ? { state: 'nothing' }
        : { state: 'remains', what: `there is a database of cluster ${snap}` };
    },
    loggedAt: (memberId) => {
      const { log } = volumeOf(host);
      const inSeats = (seats: readonly Seat[]) => seats.find(({ id }) => id === memberId)?.url;
      // Of a member that was removed too: no log is purged here.
      for (let at = log?.head; at !== undefined; at = at.before) {
        const url = inSeats(at.config.seats);
        if (url) return url;
      }
      return log && inSeats(seatsOf(log));
    },
    identity,
    saveIdentity: (one) =>
      change('write the identity', (volume) => {
        volume.identity = { ...one };
      }),
    machineId: () => root.machineId,
    here: () => {
      const { id } = volumeOf(host);
      const mounted = id !== root.data.id;
      return { location: mounted ? `${id}:/` : `${id}:/var/lib/etcd`, mounted };
    },
    place: () => root.place,
    savePlace: (place) =>
      write(world, program, 'write the place', () => {
        root.pastPlaces.push(root.place);
        root.place = { ...place };
      }),
    mark: () => volumeOf(host).mark,
    setMark: (nonce) =>
      change('write the mark', (volume) => {
        volume.mark = nonce;
      }),
    // The mark stays where it is.
    setAside: (as) =>
      change(`move the data to member.${as}`, (volume) => {
        guardData(world, program, volume);
        Object.assign(volume, { log: undefined, snap: undefined });
        world.story?.push(`${host.name} moves its data aside`);
      }),
    decide: (environment) =>
      write(world, program, 'write the decision', () => {
        host.decision = { ...environment };
      }),
    restore: (record) =>
      change('restore the snapshot', (volume) => {
        const [member] = record.members;
        if (member === undefined) throw new Error('no member to restore');
        const id = knownMemberId(member.peer_url, record.token);
        const seat = { id, url: member.peer_url, learner: false };
        const head = { order: next(world), before: undefined, config: makeConfig([seat], [id]) };
        if (!world.roots.has(record.cluster_id)) world.roots.set(record.cluster_id, head);
        volume.log = { clusterId: record.cluster_id, memberId: id, head, home: root.machineId };
        volume.snap = record.cluster_id;
        volume.mark = undefined;
      }),
    unfit: async () => undefined,
  };
}

/** Guards that no member's log is moved aside: of its cluster's last list, whoever says otherwise. */
function guardData(world: World, { host }: Program, { log }: Volume): void {
  if (log === undefined || (world.discovery === 'srv' && !world.agreed.has(log.clusterId))) return;
  if (!isMember(world, log)) return;
  if (isOverheard(world, host, log)) world.excused = 'in plain http only liars answered';
  else
    breach(world, `${host.name} moved the data of member ${log.memberId} aside, which cluster ${log.clusterId} lists`);
}
