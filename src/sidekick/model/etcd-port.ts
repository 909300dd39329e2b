import type { EtcdPort, Member, Membership } from '../shared/ports.ts';
import { lead, seatsOf } from './etcd.ts';
import { guardAddition, guardRemoval, guardStop } from './guard.ts';
import type { Wal } from './log.ts';
import { addLearner, promote, removeMember, updateMember } from './members.ts';
import { isOverheard } from './nap.ts';
import { ask, type Program, Silence, tell } from './program.ts';
import { knowers } from './running.ts';
import { urlOf } from './settings.ts';
import { type Host, next, type Stranger, volumeOf, type World } from './world.ts';

/** etcd's error as a request meets it. */
function failure(code: string, message = code): Error {
  return Object.assign(new Error(message), { code });
}

/** Its etcd's, or a stranger's where there is none. */
type There = { host: Host; wal: Wal } | { stranger: Stranger };

/** The member or stranger that answers at a peer URL, as a host reaches it. */
function at(world: World, asker: Host, url: string, timeout: number): There {
  const host = world.hosts.find(({ etcd, address }) => (etcd ? etcd.url : urlOf(world, address)) === url);
  if (host?.etcd && host.up) {
    if (host.net === asker.net) return { host, wal: host.etcd.wal };
    throw new Silence(failure('ETIMEDOUT', `no answer from ${url}`), timeout);
  }
  const stranger = world.strangers.get(url);
  if (stranger !== undefined) {
    // Whoever has no certificate of this address is not believed to be anybody.
    if (world.scheme === 'https') throw failure('ERR_TLS_CERT_ALTNAME_INVALID', `${url} has no certificate for itself`);
    return { stranger };
  }
  if (host?.up && host.net === asker.net) throw failure('ECONNREFUSED', `nobody listens at ${url}`);
  throw new Silence(failure('ETIMEDOUT', `no answer from ${url}`), timeout);
}

/** Whether a member that its birth's record names has a quorum behind it, and a host reaches it. */
function isTold(world: World, host: Host, cluster: string): boolean {
  const urls = world.roots.get(cluster)?.config.seats.map(({ url }) => url) ?? [];
  const voters = lead(world, cluster, host.net)?.head.config.voters ?? [];
  return knowers(world, host, cluster, urls).some(({ memberId }) => voters.includes(memberId));
}

const nameIn = (world: World, url: string) =>
  world.hosts.find(({ address }) => urlOf(world, address) === url)?.name ?? 'x';

/** The members as this member has them in its log. */
function membersOf(world: World, wal: Wal): Member[] {
  const named = wal.head?.config.named ?? [];
  return seatsOf(wal).map(({ id, url, learner }) => {
    const isNamed = named.includes(id);
    return {
      id,
      name: isNamed ? nameIn(world, url) : '',
      peerUrls: [url],
      clientUrls: isNamed ? [url.replace(':2380', ':2379')] : [],
      isLearner: learner,
    };
  });
}

/** A stranger's answer; to a gate that no true member could tell otherwise meanwhile it counts. */
function saying(world: World, program: Program, stranger: Stranger): Membership {
  const { clusterId, members } = stranger;
  const { log } = volumeOf(program.host);
  if (log && isOverheard(world, program.host, log)) program.mayRun = false;
  if (stranger.twin && !isTold(world, program.host, clusterId)) stranger.twin = 'believed';
  return {
    clusterId,
    members: members.map(({ id, name, url, learner }) => ({
      id,
      name,
      peerUrls: [url],
      clientUrls: name ? [url.replace(':2380', ':2379')] : [],
      isLearner: learner,
    })),
  };
}

/** The log of a voter that has a quorum behind it; with it the voter has caught up. */
function quorate(world: World, { host, wal }: { host: Host; wal: Wal }): Wal {
  const won = lead(world, wal.clusterId, host.net);
  const config = won?.head.config;
  if (!won || !config?.voters.includes(wal.memberId)) throw failure('', 'etcdserver: no leader');
  if ((wal.head?.order ?? -1) < won.head.order) wal.head = won.head;
  return { ...wal, head: won.head };
}

/** etcd as a program of a host reaches it. */
export function makeEtcdPort(world: World, program: Program): EtcdPort {
  const { host } = program;
  const lost = () => failure('ECONNRESET', 'the connection was lost');
  /** A change through a member; its cluster, or what a stranger makes of it. */
  const change = <T>(what: string, via: string, effect: (cluster: string) => T, lie: (stranger: Stranger) => T) =>
    tell(world, program, what, lost, () => {
      const there = at(world, host, via, 5000);
      if ('stranger' in there) return lie(there.stranger);
      quorate(world, there);
      return effect(there.wal.clusterId);
    });
  return {
    own: () =>
      ask(world, program, 'asks its own etcd', () => {
        const wal = host.etcd?.wal;
        if (wal === undefined) throw failure('ENOENT', 'it does not run');
        const won = lead(world, wal.clusterId, host.net);
        const linear = won?.head.config.voters.includes(wal.memberId) ? true : 'etcdserver: no leader';
        if (won && linear === true) wal.head = won.head;
        const mine = seatsOf(wal).find(({ id }) => id === wal.memberId);
        return {
          clusterId: wal.clusterId,
          memberId: wal.memberId,
          members: membersOf(world, wal),
          isLearner: mine?.learner ?? false,
          linear,
        };
      }),
    peer: (url, timeout) =>
      ask(world, program, `asks ${url}`, () => {
        const there = at(world, host, url, timeout);
        if ('stranger' in there) return saying(world, program, there.stranger);
        return { clusterId: there.wal.clusterId, members: membersOf(world, there.wal) };
      }),
    list: (url, timeout) =>
      ask(world, program, `asks ${url} for the members`, () => {
        const there = at(world, host, url, timeout);
        if ('stranger' in there) return saying(world, program, there.stranger);
        const members = membersOf(world, quorate(world, there));
        for (const { id, peerUrls } of members) program.told.set(id, peerUrls[0] ?? '');
        return { clusterId: there.wal.clusterId, members };
      }),
    add: (via, url) =>
      change(
        `adds ${url}`,
        via,
        (cluster) => {
          guardAddition(world, host, cluster);
          return addLearner(world, host.net, cluster, url);
        },
        ({ members, twin }) => {
          const id = next(world).toString(16).padStart(16, '0');
          if (twin) members.push({ id, name: '', url, learner: true });
          return id;
        },
      ),
    remove: (via, id) =>
      change(
        `removes ${id}`,
        via,
        (cluster) => {
          guardRemoval(world, program, cluster, id);
          removeMember(world, host.net, cluster, id);
        },
        () => {},
      ),
    promote: (via, id) =>
      change(
        `promotes ${id}`,
        via,
        (cluster) => promote(world, host.net, cluster, id),
        () => {},
      ),
    update: (via, id, url) =>
      change(
        `updates ${id}`,
        via,
        (cluster) => updateMember(world, host.net, cluster, id, url),
        () => {},
      ),
    healthy: () =>
      ask(world, program, 'asks its own etcd for its health', () => {
        const wal = host.etcd?.wal;
        if (!wal || !lead(world, wal.clusterId, host.net)) throw failure('', 'etcdserver: no leader');
        return 'whole';
      }),
    stop: () => {
      if (!program.isAlive || host.etcd === undefined) return;
      guardStop(world, program);
      host.etcd = undefined;
      world.story?.push(`${program.kind} on ${host.name} stops etcd`);
    },
  };
}
