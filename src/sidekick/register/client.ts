import { outranking } from '../ready/choose.ts';
import { displaced } from '../ready/decide.ts';
import { keepProof } from '../ready/gate.ts';
import { ifKnown, map, readProven, seen, signedOf } from '../ready/observe.ts';
import { listOf, publish, publishLost, recordOf } from '../ready/publish.ts';
import { putRegistration, serviceId } from '../ready/registration.ts';
import { RULES, type Rules } from '../ready/rules.ts';
import type { Identity } from '../shared/identity.ts';
import type { Keys } from '../shared/keys.ts';
import { ConsulError, type Own, type Ports } from '../shared/ports.ts';
import { type ClusterRecord, lineageOf, SKEW } from '../shared/record.ts';
import { addressIn, discoveryDomain, peerUrl, type Settings, tagOf } from '../shared/settings.ts';
import { NotYet, notYet, persist } from './persist.ts';

/** This host's own etcd, which runs on the log that is here. Nothing is asked of an address. */
async function ownEtcd({ disk, etcd }: Ports): Promise<Own & { memberId: string }> {
  const data = disk.data();
  // etcd runs on when something is mounted over its data; started again, it would not.
  const below = () => ifKnown(() => displaced({ place: disk.place(), here: disk.here() }));
  if (data.state !== 'log') throw new NotYet(below() ?? 'etcd has no log here yet');
  const own = await etcd.own(3000).catch(notYet('etcd does not answer at its socket'));
  if (own.clusterId !== data.clusterId || (own.memberId ?? data.memberId) !== data.memberId) {
    const but = `the log here is of ${data.memberId} of ${data.clusterId}`;
    throw new NotYet(`etcd runs as member ${own.memberId} of ${own.clusterId}; ${below() ?? but}`);
  }
  return { ...own, memberId: data.memberId };
}

/** A learner gets its vote as soon as it has caught up. */
async function promote(
  settings: Settings,
  { etcd, say }: Ports,
  own: Own & { memberId: string },
  identity: Identity,
  keys: Keys,
) {
  if (!own.isLearner) return;
  const { record } = identity;
  // A learner answers no reads; whom its own copy of the list names may be asked, and who was in the record or the published list.
  const published = record && keys.lists.get(lineageOf(record))?.list.members.flatMap((member) => member.peer_urls);
  const urls = new Set([...own.members.flatMap((member) => member.peerUrls), ...(published ?? [])]);
  urls.delete(peerUrl(settings, settings.address, settings.peerPort));
  const via = await Promise.any([...urls].map((url) => etcd.list(url, 3000).then(() => url))).catch(
    ({ errors: [first] }: AggregateError) =>
      notYet('no healthy quorum answers')(first ?? new Error('no member is known')),
  );
  await etcd.promote(via, own.memberId).catch(notYet(`learner ${own.memberId} has no vote yet`));
  say(`promoted: member ${own.memberId} votes`);
  throw new NotYet('just promoted');
}

/** Nobody could be told of this host's new address before its member ran. */
async function tellAddress(settings: Settings, { etcd }: Ports, { memberId, members }: Own): Promise<void> {
  const url = peerUrl(settings, settings.address, settings.peerPort);
  if (!memberId || members.some(({ id, peerUrls }) => id === memberId && peerUrls.includes(url))) return;
  await etcd.update(url, memberId, url).catch(notYet(`the cluster is not told that member ${memberId} is at ${url}`));
  throw new NotYet(`member ${memberId} is at ${url} now`);
}

/** Where the member was launched, if that is kept nowhere, as of old; and that its launch has come to have a log. */
function rememberPlace(
  { disk }: Ports,
  { incarnation, nonce = '' }: Identity,
  memberId: string,
  record: ClusterRecord,
) {
  // One that cannot be read is of no use to anybody.
  const place = ifKnown(() => disk.place());
  if (place && (place.ran || place.memberId !== memberId)) return;
  const here = {
    ...disk.here(),
    incarnation,
    nonce,
    memberId,
    lineage: lineageOf(record),
    generation: record.generation,
  };
  disk.savePlace({ ...(place ?? here), ran: true });
}

/**
 * The clock may have been wrong at the launch, either way; before its birth no member was in its cluster, whatever the clock says now.
 * Once a day is often enough.
 */
export const sinceOf = ({ since = 0 }: Identity, { generation }: ClusterRecord, date: number): number =>
  Math.abs(date - since) > SKEW ? Math.max(date, generation) : since;

/** Verifies, and keeps: what is known beside the data, and what Consul has to know. Resolves to what was put right. */
async function verify(settings: Settings, ports: Ports, rules: Rules): Promise<{ own: Own; changed: string[] }> {
  const { consul, disk, etcd } = ports;
  const own = await ownEtcd(ports);
  // There is data here from now on, whatever else may be in doubt.
  await putRegistration(settings, ports);
  const identity = disk.identity();
  const read = await seen(() => consul.keys());
  const known = map(read, ({ value }) => rules.sortKeys(settings.cluster, value));
  const proven = readProven(settings, known, rules);
  const record = known.known
    ? recordOf(own.clusterId, identity.record, known.value, proven, ports.clock.date())
    : identity.record;
  const signed = known.known ? undefined : await signedOf(settings, ports, identity, rules);
  const later = outranking({ keys: known, proven }, own.clusterId, record, identity.since, signed);
  if (later !== undefined) {
    keepProof(ports, later);
    await consul.deregister(serviceId(settings, 'client'));
    etcd.stop();
    throw new NotYet(
      `etcd ran in cluster ${own.clusterId}; an operator has put ${later.cluster_id} in its place: stopped it`,
    );
  }
  if (!known.known) throw new ConsulError(known.cause);
  const keys = known.value;
  if (record === undefined) {
    const predicted = identity.record?.cluster_id ?? 'none';
    throw new NotYet(`etcd runs in cluster ${own.clusterId}, predicted was ${predicted}: not registered for clients`);
  }
  rememberPlace(ports, identity, own.memberId, record);
  // Others that wait for a quorum may need it to start.
  await publishLost(settings, ports, keys, record);
  await promote(settings, ports, own, identity, keys);
  if (own.linear !== true) throw new NotYet(`no healthy quorum answers (${own.linear})`);
  await tellAddress(settings, ports, own);
  const list = listOf(own, keys, identity, record, settings.size);
  const since = sinceOf(identity, record, ports.clock.date());
  if (
    identity.record !== record ||
    identity.since !== since ||
    identity.peerUrl === undefined ||
    JSON.stringify(identity.list) !== JSON.stringify(list)
  ) {
    const at = peerUrl(settings, settings.address, settings.peerPort);
    disk.saveIdentity({ ...identity, phase: 'launched', record, list, memberId: own.memberId, peerUrl: at, since });
  }
  return { own, changed: await publish(settings, ports, keys, record, own, list) };
}

/** Whether this host finds its own cluster by name; Consul's DNS knows this member a moment after it was registered. */
async function namesFlaw(settings: Settings, { dns, clock }: Ports, { members }: Own): Promise<string> {
  const addresses = members.flatMap(({ clientUrls }) => clientUrls.map(addressIn));
  for (let tries = 1; ; tries += 1) {
    const flaw = await dns.flaw(discoveryDomain(settings), [...addresses, settings.address]);
    if (flaw === '' || tries === 5) return flaw;
    await clock.sleep(1000);
  }
}

export async function registerClient(settings: Settings, ports: Ports, rules = RULES): Promise<void> {
  const { consul, etcd, say } = ports;
  const { own, changed, health } = await persist(ports, async () => {
    const verified = await verify(settings, ports, rules);
    const health = await etcd.healthy().catch(notYet('etcd is not healthy'));
    const id = serviceId(settings, 'client');
    await consul.register({
      ID: id,
      Name: 'etcd3',
      // The second by itself is a name that has no `_`: `CLUSTER.etcd3.service…`.
      Tags: [tagOf(settings, 'client'), settings.cluster],
      Address: settings.address,
      Port: settings.clientPort,
      Meta: { cid: verified.own.clusterId },
      Check: {
        CheckID: `${id}-health`,
        Name: 'etcd serves clients',
        HTTP: `http://127.0.0.1:${settings.metricsPort}/health?exclude=NOSPACE`,
        Interval: '2s',
        Timeout: '2s',
        // So it was a moment ago; without it the record would be missing until the first check.
        Status: 'passing',
      },
    });
    return { ...verified, health };
  });
  const rest = changed.length > 0 ? `; put back what somebody had changed: ${changed.join(', ')}` : '';
  const full =
    health === 'full' ? '; it takes no writes, alarm NOSPACE: docs/operations.md, "The database is full"' : '';
  const said = `member of cluster ${own.clusterId}, as predicted; registered ${serviceId(settings, 'client')}${full}${rest}`;
  say(said);
  const flaw = await namesFlaw(settings, ports, own);
  if (flaw !== '') say(`${said}; ${flaw}`);
}
