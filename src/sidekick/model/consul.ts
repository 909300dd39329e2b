import { keyPrefix } from '../shared/keys.ts';
import { type Candidate, ConsulError, type ConsulPort, type Entry, type Registration } from '../shared/ports.ts';
import { guardPut } from './guard.ts';
import { ask, type Program, park, Silence, tell } from './program.ts';
import { CLUSTER, type Host, next, type World } from './world.ts';

/** Milliseconds that a session lasts unless it is renewed. */
const SESSION = 15_000;

/** Consul's keys. What replaces one is another object. */
export interface Keep {
  entries: Map<string, Entry>;
  index: number;
  /** Its entries as a list, until something changes. */
  list: Entry[] | undefined;
  /** Every value that ever stood anywhere. */
  past: Entry[];
}

interface Node {
  name: string;
  id: string;
  address: string;
  passing: boolean;
  services: Map<string, Registration>;
}

export interface Catalog {
  /** By name. */
  nodes: Map<string, Node>;
  index: number;
  candidates: Candidate[] | undefined;
}

const reachesConsul = (world: World, host: Host) => host.up && host.net === 0 && world.consul.hasLeader;

/** Writes or deletes a key, as anybody can. */
export function setKey({ consul: { keep } }: World, key: string, value: string | undefined): void {
  const found = keep.entries.get(key);
  if (found?.value === value) return;
  keep.index += 1;
  keep.list = undefined;
  if (value === undefined) keep.entries.delete(key);
  else {
    const entry = { key, value, modified: keep.index };
    keep.entries.set(key, entry);
    keep.past.push(entry);
  }
}

export function changed(catalog: Catalog): void {
  catalog.index += 1;
  catalog.candidates = undefined;
}

/** Brings what a host's agent has registered to the catalog, unless its name is another node's. */
function sync(world: World, host: Host): void {
  if (!reachesConsul(world, host)) return;
  const { catalog } = world.consul;
  const { nodeId, services } = host.root;
  const found = catalog.nodes.get(host.name);
  if (found !== undefined && found.id !== nodeId && found.passing) return;
  const isSame =
    found?.id === nodeId &&
    found.address === host.address &&
    found.passing &&
    found.services.size === services.size &&
    [...services].every(([id, service]) => found.services.get(id) === service);
  if (isSame) return;
  const node = { name: host.name, id: nodeId, address: host.address, passing: true, services: new Map(services) };
  catalog.nodes.set(host.name, node);
  changed(catalog);
}

/** Consul notices who is there; a former machine at an address goes when another is there. */
export function notice(world: World, host: Host): void {
  const { consul } = world;
  if (!consul.hasLeader) return;
  if (host.up && host.net === 0) sync(world, host);
  else setPassing(world, host.name, host.root.nodeId, false);
}

function setPassing({ consul: { catalog } }: World, name: string, id: string, passing: boolean): void {
  const node = catalog.nodes.get(name);
  if (node === undefined || node.id !== id || node.passing === passing) return;
  node.passing = passing;
  changed(catalog);
}

/** Notices machines that are gone. */
export function noticeGone(world: World): void {
  const { consul, hosts } = world;
  if (!consul.hasLeader) return;
  for (const node of consul.catalog.nodes.values()) {
    if (!node.passing || node.id === '' || hosts.some(({ root }) => root.nodeId === node.id)) continue;
    node.passing = false;
    changed(consul.catalog);
  }
}

const tagOf = (scheme: World['scheme']) => `_etcd-server${scheme === 'https' ? '-ssl' : ''}._tcp.${CLUSTER}`;

/** Those that Consul lists as alive. */
export function candidates(world: World): Candidate[] {
  const { catalog } = world.consul;
  catalog.candidates ??= [...catalog.nodes.values()]
    .filter(({ passing }) => passing)
    .flatMap(({ name, services }) =>
      [...services.values()]
        .filter(({ Tags }) => Tags.includes(tagOf(world.scheme)))
        .map(({ ID, Address, Port, Meta }) => ({ node: name, id: ID, address: Address, port: Port, meta: Meta })),
    );
  return catalog.candidates;
}

/** A session ends without its gate's doing. */
export function loseLock(world: World): void {
  const { consul } = world;
  if (consul.lock === undefined) return;
  endSession(world, consul.lock.session);
  consul.lockWasLost = true;
}

export function endSession({ consul }: World, session: string): void {
  consul.sessions.delete(session);
  if (consul.lock?.session !== session) return;
  consul.lock = undefined;
  // It is one of the keys.
  consul.keep.index += 1;
}

/** Agents keep what they have registered, and bring it to the catalog again; of the keys nothing is left. */
export function loseKeys(world: World): void {
  for (const key of [...world.consul.keep.entries.keys()]) setKey(world, key, undefined);
  world.retired.clear();
  world.meddled += 1;
  world.verified.clear();
  world.consul.wasLost = true;
  loseLock(world);
}

/** Its servers begin anew: each agent brings what it has registered when it comes to notice that, and until then is not listed. */
export function loseConsul(world: World): void {
  loseKeys(world);
  world.consul.catalog.nodes.clear();
  changed(world.consul.catalog);
}

const lost = () => new ConsulError('the Consul agent does not answer');

/** Consul as the agent of a program's host shows it. */
export function makeConsulPort(world: World, program: Program): ConsulPort {
  const { host } = program;
  const { consul } = world;
  const reach = (timeout = 12_000) => {
    if (host.net !== 0) throw new Silence(new ConsulError('the Consul agent does not answer in time'), timeout);
    if (!consul.hasLeader) throw new ConsulError('Consul has no leader');
  };
  const change = <T>(what: string, effect: () => T) =>
    tell(world, program, what, lost, () => {
      reach();
      return effect();
    });
  const local = (what: string, effect: () => void) =>
    tell(world, program, what, lost, () => {
      effect();
      sync(world, host);
    });
  return {
    keys: (timeout) =>
      ask(world, program, 'reads the keys', () => {
        reach(timeout);
        if (host.denied === 'keys') throw new ConsulError(`Consul denies key_prefix "${keyPrefix(CLUSTER)}" { read }`);
        consul.keep.list ??= [...consul.keep.entries.values()];
        return { value: consul.keep.list, index: String(consul.keep.index) };
      }),
    entries: (keys, timeout) =>
      ask(world, program, 'reads single keys', () => {
        reach(timeout);
        if (host.denied === 'keys') throw new ConsulError(`Consul denies key_prefix "${keyPrefix(CLUSTER)}" { read }`);
        return keys.flatMap((key) => consul.keep.entries.get(key) ?? []);
      }),
    candidates: (timeout) =>
      ask(world, program, 'reads the catalog', () => {
        reach(timeout);
        if (host.denied === 'candidates') throw new ConsulError('Consul denies service "etcd3" { read }');
        return { value: candidates(world), index: String(consul.catalog.index) };
      }),
    machines: (timeout) =>
      ask(world, program, 'asks its agent for machines', () => {
        reach(timeout);
        return new Set(
          world.hosts.flatMap(({ name, address, up, net }) => (up && net === 0 ? [`${name} ${address}`] : [])),
        );
      }),
    change: ({ keys, candidates: seen }) => {
      const due = Math.max(program.time, world.clock) + 10_000;
      const isOver = () =>
        world.clock >= due ||
        (reachesConsul(world, host) && (keys !== String(consul.keep.index) || seen !== String(consul.catalog.index)));
      return park(world, program, 'sees a change', isOver, () => reach());
    },
    put: (key, value, modified) => {
      const { index } = consul.keep;
      return change(`puts ${key}`, () => {
        if ((consul.keep.entries.get(key)?.modified ?? 0) !== modified) return;
        guardPut(world, program, key, value, consul.keep.index !== index);
        setKey(world, key, value);
      });
    },
    acquire: (owner, session) =>
      change('takes the lock', () => {
        if (session !== undefined) {
          if (!consul.sessions.has(session) || consul.lock?.session !== session) return undefined;
          consul.lock.until = world.clock + SESSION;
          return session;
        }
        // A lock that a gate of this disk left behind when it was killed it takes over.
        if (consul.lock !== undefined && consul.lock.owner !== owner) return undefined;
        if (consul.lock !== undefined) endSession(world, consul.lock.session);
        const id = `s${next(world)}`;
        consul.sessions.set(id, owner);
        consul.lock = { owner, session: id, until: world.clock + SESSION };
        return id;
      }),
    release: (session) => change('gives the lock back', () => endSession(world, session)),
    register: (registration) =>
      local(`registers ${registration.ID}`, () => {
        const found = host.root.services.get(registration.ID);
        if (found && JSON.stringify(found) === JSON.stringify(registration)) return;
        host.root.services.set(registration.ID, registration);
      }),
    deregister: (id) =>
      local(`deregisters ${id}`, () => {
        host.root.services.delete(id);
      }),
    services: () =>
      ask(world, program, 'reads its services', () =>
        [...host.root.services.values()].map(({ ID, Name, Tags }) => ({ ID, Service: Name, Tags })),
      ),
    removeFormerNode: () =>
      change('looks for what it was before', () => {
        const node = consul.catalog.nodes.get(host.name);
        if (node === undefined || node.address !== host.address || node.id === host.root.nodeId) return false;
        consul.catalog.nodes.delete(host.name);
        changed(consul.catalog);
        return true;
      }),
    version: () => ask(world, program, 'asks the agent', () => '1.20.1'),
  };
}
