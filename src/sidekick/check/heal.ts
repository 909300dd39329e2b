import { canServe, currentOf } from '../model/alive.ts';
import { changed, endSession, setKey } from '../model/consul.ts';
import { crash, forget, wipe } from '../model/faults.ts';
import { isMember, sizeIn } from '../model/guard.ts';
import { elect } from '../model/log.ts';
import { reset } from '../model/operator.ts';
import { play } from '../model/play.ts';
import type { Rules } from '../model/rules.ts';
import { knowsAnybody, running } from '../model/running.ts';
import { urlOf } from '../model/settings.ts';
import { empty, type Volume } from '../model/volume.ts';
import { CLUSTER, type Host, logsOf, volumeOf, type World } from '../model/world.ts';
import { listKey, recordKey } from '../shared/keys.ts';
import { lineageOf, parseRecord } from '../shared/record.ts';
import { addressIn } from '../shared/settings.ts';

/** As many as it could take: each joins one host, and some see that somebody is dead. */
const ROUNDS = 40;

/** All faults and lies end, and everything has time. What has not come up then, though it should have. */
export async function heal(world: World, rules: Rules): Promise<string | undefined> {
  calm(world);
  const problem = await nurse(world, rules);
  if (problem !== undefined || world.violation !== undefined || world.excused) return problem;
  const record = currentOf(world);
  if (record === undefined || canServe(world, record) || !loseAll(world, rules)) return undefined;
  await play(world, { name: 'settle', host: 0, way: 0 }, rules);
  reset(world);
  if (currentOf(world) === record) return undefined;
  const rest = await nurse(world, rules);
  return rest && `after an operator's reset ${rest}`;
}

/** With an operator who does what hosts ask for. */
async function nurse(world: World, rules: Rules): Promise<string | undefined> {
  let problem = await settle(world, rules);
  for (let turn = 0; turn < 3 && problem !== undefined && treat(world, turn > 0); turn++)
    problem = await settle(world, rules);
  return problem;
}

function calm(world: World): void {
  const { consul } = world;
  consul.hasLeader = true;
  if (consul.lock?.owner === 'stranger') endSession(world, consul.lock.session);
  world.strangers.clear();
  for (const [name, { id }] of consul.catalog.nodes) if (id === '') consul.catalog.nodes.delete(name);
  changed(consul.catalog);
  sweep(world);
  for (const host of world.hosts) {
    const mounted = host.volume !== undefined;
    Object.assign(host, {
      net: 0,
      dns: 'agrees',
      denied: 'nothing',
      trouble: 'none',
      failing: 'none',
      fuse: undefined,
      mounted,
    });
  }
}

/** An operator deletes the keys of clusters that never were, as every status line says. */
function sweep(world: World): void {
  const lineages = new Set([...world.agreed.values()].map(lineageOf));
  for (const { key, value } of [...world.consul.keep.entries.values()]) {
    const [, lineage] = /\/lineage\/([^/]+)\//.exec(key) ?? [];
    if (lineage !== undefined && !lineages.has(lineage)) setKey(world, key, undefined);
    if (key === recordKey(CLUSTER) && !isAgreed(world, value)) setKey(world, key, undefined);
  }
}

function isAgreed(world: World, value: string): boolean {
  try {
    return world.agreed.has(parseRecord(value).cluster_id);
  } catch {
    return false;
  }
}

/** Does what an operator does about hosts that refuse, as they ask him to. Whether there were any. */
function treat(world: World, isAgain: boolean): boolean {
  const done = world.hosts.map((host) => {
    const isDone = treatRunning(world, host, isAgain) || treatKey(world, host) || treatWaiting(world, host);
    if (isDone) world.story?.push(`an operator does for ${host.name} what it asks for`);
    return isDone;
  });
  return done.includes(true) || treatLoss(world);
}

/** A host asks for it, and it is true: somebody has shown it a cluster that was, and of which no data is left. */
function treatLoss(world: World): boolean {
  const isAsked = ({ said }: Host) =>
    /no data is left anywhere: quorumgate reset|; not here: /.test(said.get('gate') ?? '');
  if (!world.hosts.some(isAsked) || world.hosts.some((host) => logsOf(host).length > 0)) return false;
  const before = currentOf(world);
  reset(world, true);
  return currentOf(world) !== before;
}

/**
 * systemd goes on only when etcd has had a quorum: of a record that Consul has lost, or that an operator has put, an etcd that waits
 * for one does not hear. What still runs alone when all else is well is wiped.
 */
function treatRunning(world: World, host: Host, isAgain: boolean): boolean {
  if (host.etcd === undefined) return false;
  if (/mounted over it/.test(host.said.get('client') ?? '')) {
    crash(host);
    Object.assign(host, { volume: undefined, mounted: false });
    return true;
  }
  const isOther = host.etcd.wal.clusterId !== currentOf(world)?.cluster_id;
  // Where DNS has led etcd astray nobody has to do anything.
  const isStray = world.discovery === 'srv' && !world.agreed.has(host.etcd.wal.clusterId);
  if (isOther && (!host.etcd.volume.identity?.record || (isAgain && !isStray))) {
    forget(world, host);
    wipe(world, host);
  } else if (!host.etcd.isFollowed && (world.consul.wasLost || (isOther && !isStray))) host.etcd = undefined;
  else return false;
  return true;
}

/** A key that is named as spoilt is deleted, and those of a cluster that is named beside the right one. */
function treatKey(world: World, { said }: Host): boolean {
  const record = currentOf(world);
  if (record && /two clusters of this name/.test(said.get('gate') ?? '')) {
    const isWrong = ({ key, value }: { key: string; value: string }) =>
      key === recordKey(CLUSTER) ? !value.includes(record.cluster_id) : !key.includes(lineageOf(record));
    const wrong = [...world.consul.keep.entries.values()].filter(isWrong);
    for (const { key } of wrong) if (!key.includes('/retired/')) setKey(world, key, undefined);
    return wrong.length > 0;
  }
  const [, key] = /Consul's key (\S+) (?:cannot be used|is signed by no)/.exec(said.get('gate') ?? '') ?? [];
  if (key !== undefined) setKey(world, key, undefined);
  return key !== undefined;
}

function treatWaiting(world: World, host: Host): boolean {
  const said = host.said.get('gate') ?? '';
  if (host.etcd || host.isLaunching) return false;
  const { log, identity } = volumeOf(host);
  if (/^refusing|wipe the disk/.test(said) || (log && !identity && !isMember(world, log))) {
    crash(host);
    wipe(world, host);
  } else if (/place\.json/.test(said)) {
    crash(host);
    // A volume that was mounted over the data goes; one that was mounted nowhere is lost.
    if (/mounted over it/.test(said) && host.root.data.log) host.volume = undefined;
    else Object.assign(host.root, { place: undefined, hasForgotten: true });
    host.mounted = host.volume !== undefined;
    if (/all is to begin anew/.test(said)) empty(volumeOf(host));
  } else if (/delete quorumgate\.json/.test(said)) {
    crash(host);
    volumeOf(host).identity = undefined;
  } else if (/has to be told/.test(said)) {
    // So many have moved that none is left who could be told.
    crash(host);
    host.address = addressIn(/this host was (\S+) and/.exec(said)?.[1] ?? '');
  } else return false;
  return true;
}

async function settle(world: World, rules: Rules): Promise<string | undefined> {
  let problem: string | undefined;
  for (let round = 0; round < ROUNDS; round++) {
    world.story?.push('ROUND');
    await play(world, { name: 'settle', host: 0, way: 0 }, rules);
    if (world.violation !== undefined || world.excused) return undefined;
    problem = findProblem(world);
    if (problem === undefined) break;
  }
  await play(world, { name: 'write', host: 0, way: 0 }, rules);
  return problem;
}

/** Too few disks live: the operator ends what is left, makes as many hosts as the record has, and resets. */
function loseAll(world: World, _rules: Rules): boolean {
  const record = currentOf(world);
  if (record === undefined) return false;
  const wanted = world.hosts
    .filter((host) => !world.retired.has(volumeOf(host).identity?.incarnation ?? ''))
    .slice(0, record.size);
  if (wanted.length < record.size) return false;
  world.hosts = wanted;
  for (const host of wanted) {
    host.size = record.size;
    crash(host);
    wipe(world, host);
  }
  return true;
}

/** It was removed, and knows nobody any more who could tell it so, but etcd itself. */
function isDeaf(world: World, host: Host): boolean {
  const { log, identity } = volumeOf(host);
  if (log === undefined || identity?.record === undefined || isMember(world, log)) return false;
  return !knowsAnybody(world, host, log.clusterId);
}

/** Data of another machine, or from before a reset, or that an identity of another life lies beside. */
function isBeyondHelp(world: World, host: Host): boolean {
  const { log, identity } = volumeOf(host);
  const record = currentOf(world);
  if (log === undefined) return false;
  // It has forgotten what its data was, and where; the member here was removed long ago.
  if (host.root.hasForgotten && !isMember(world, log)) return true;
  if (isDeaf(world, host)) return true;
  return identity?.machineId !== host.root.machineId || log.clusterId !== record?.cluster_id;
}

/** Finds what should have come up by itself, and did not. */
function findProblem(world: World): string | undefined {
  const record = currentOf(world);
  if (record === undefined) return findUnborn(world);
  const isSwapped = world.discovery === 'srv' && !record.members.every(({ peer_url: url }) => isHere(world, url));
  if (isSwapped || world.rolledBack.has(record.cluster_id) || !canServe(world, record)) return undefined;
  const wanted = world.hosts.filter((host) => !world.retired.has(volumeOf(host).identity?.incarnation ?? ''));
  const seats = elect(running(world, record.cluster_id, 0))?.head.config.seats;
  const idle = wanted.filter((host) => volumeOf(host).log && !host.etcd && !isBeyondHelp(world, host));
  if (idle.length > 0) return `${names(idle)} did not start with the data there: ${sayings(idle)}`;
  const stray = wanted.filter((host) => host.etcd && host.etcd.wal.clusterId !== record.cluster_id);
  if (stray.length > 0) return `${names(stray)} runs in another cluster than the record's`;
  if (seats === undefined) return `no quorum runs: ${sayings(wanted)}`;
  const learner = seats.find(
    (seat) => seat.learner && wanted.some(({ address }) => urlOf(world, address) === seat.url),
  );
  if (learner !== undefined) return `${learner.url} is a learner still: ${sayings(wanted)}`;
  const waiting = wanted.filter((host) => !host.etcd && !isDeaf(world, host));
  const outside = wanted.filter((host) => host.etcd && !seats.some(({ id }) => id === host.etcd?.wal.memberId));
  if (outside.length > 0) return `${names(outside)} runs, and is no member`;
  if (waiting.length === 0) return undefined;
  // By the disk that etcd runs on: another may be mounted over it.
  const isRetired = ({ identity }: Volume) => world.retired.has(identity?.incarnation ?? '');
  const served = world.hosts.flatMap(({ etcd }) => (etcd && !isRetired(etcd.volume) ? [etcd.url] : []));
  const missing = seats.filter(({ url }) => !served.includes(url));
  if (missing.length > 0)
    return `${names(waiting)} waits, and ${missing.map(({ url }) => url)} is dead: ${sayings(waiting)}`;
  const agreed = sizeIn(world.consul.keep.entries.get(listKey(CLUSTER, lineageOf(record)))?.value ?? '');
  const homeless = waiting.filter(({ size }) => seats.length < Math.max(size, agreed));
  return homeless.length > 0
    ? `${names(homeless)} waits, with ${seats.length} members: ${sayings(homeless)}`
    : undefined;
}

const names = (hosts: readonly Host[]) => hosts.map(({ name }) => name).join(', ');
const sayings = (hosts: readonly Host[]) =>
  hosts.map(({ name, said, etcd }) => `${name}: ${said.get(etcd ? 'client' : 'gate')}`).join('; ');

const isHere = (world: World, url: string) => world.hosts.some(({ address }) => urlOf(world, address) === url);

/** Finds the same where no record says what should come up. */
function findUnborn(world: World): string | undefined {
  const { hosts } = world;
  const isNew = hosts.every((host) => {
    return (
      host.size === hosts.length &&
      !host.root.place &&
      (volumeOf(host).identity?.phase ?? 'fresh') === 'fresh' &&
      !volumeOf(host).snap
    );
  });
  return isNew && hosts.length > 0 ? `no cluster of ${hosts.length} hosts: ${sayings(hosts)}` : undefined;
}
