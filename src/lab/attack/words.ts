import type { Lab } from '../lab.ts';
import { allKeys, deregister, forged, putKey, register, type Stranger, tell, type Voice } from './attacker.ts';

/** A lie: `who` says it with `voice`. One line that tells it. */
export interface Speaker {
  who: string;
  voice: Voice;
}

export interface WordsContext {
  lab: Lab;
  /** The cluster as it was born: ID and generation. */
  predicted: string;
  generation: number;
  next: () => number;
}

const CLUSTER = 'mycluster';
const GARBAGE = ['{"generation": oops', '', 'null', '[]', '{}', '"x"', '\u0000', 'x'.repeat(300_000)];

function oneOf<T>(list: readonly T[], next: () => number): T | undefined {
  return list[Math.floor(next() * list.length)];
}

/** A key that somebody may write: one that is there, or one that could be. */
async function someKey({ next, predicted }: WordsContext, { voice }: Speaker): Promise<string> {
  const there = [...(await allKeys(voice, CLUSTER)).keys()];
  const could = [
    'bootstrap',
    `lineage/${predicted}/record`,
    `lineage/${predicted}/members`,
    'lineage/0123456789abcdef/record',
  ];
  return oneOf([...there, ...could.map((name) => `etcd3/${CLUSTER}/${name}`)], next) ?? `etcd3/${CLUSTER}/bootstrap`;
}

type Word = (context: WordsContext, speaker: Speaker) => Promise<string>;

/** W1 and W2: another cluster's record, at any key. */
const record: Word = async (context, speaker) => {
  const { generation, next } = context;
  const key = await someKey(context, speaker);
  const of = oneOf([generation + 1, generation, generation - 1, 2, Number.MAX_SAFE_INTEGER], next) ?? 2;
  await putKey(speaker.voice, key, forged(of, oneOf([undefined, undefined, 'x'], next)));
  return `a record of generation ${of} at ${key}`;
};

/** W2: the cluster's own record, edited. */
const edited: Word = async ({ next, lab }, { voice }) => {
  const keys = [...(await allKeys(voice, CLUSTER))].filter(([key]) => /bootstrap$|record$|members$/.test(key));
  const [key = `etcd3/${CLUSTER}/bootstrap`, value = ''] = oneOf(keys, next) ?? [];
  const [address = ''] = lab.hosts.map((host) => host.address);
  await putKey(
    voice,
    key,
    value.replace(/"generation":\d+/, '"generation":99999999999').replaceAll(address, '10.77.0.66'),
  );
  return `${key}, edited`;
};

const ALIEN = 'alien';

/** W3: entries whose address lies, or which take a member's away. */
const entry: Word = async ({ next, predicted, lab }, { voice }) => {
  const host = oneOf(lab.hosts, next);
  switch (Math.floor(next() * 3)) {
    case 0:
      await register(voice, CLUSTER, { node: ALIEN, address: '10.77.0.66', meta: { cid: predicted } });
      return 'an entry at an address that lies';
    case 1:
      await register(voice, CLUSTER, { node: ALIEN, address: '127.0.0.1:1:;x', meta: { state: 'empty' } });
      return 'an entry at no address';
    default:
      await deregister(voice, host?.name ?? '');
      return `${host?.name} is taken out of the catalog`;
  }
};

/** W4: garbage at any key. */
const garbage: Word = async (context, speaker) => {
  const key = await someKey(context, speaker);
  const value = oneOf(GARBAGE, context.next) ?? '';
  await putKey(speaker.voice, key, value);
  return `${JSON.stringify(value.slice(0, 20))} at ${key}`;
};

/** W5: what is not there, to whoever asks. */
const nothing: Word = async (_, { voice }) => {
  await voice(['-sS', '-f', '-m', '10', '-X', 'DELETE', `http://127.0.0.1:8500/v1/kv/etcd3/${CLUSTER}/?recurse`]);
  return 'every key deleted';
};

/** W12: marks on the disks of all, and the lock for ever. */
const retired: Word = async ({ lab }, { voice }) => {
  const found = JSON.parse(await tell(voice, 'GET', 'catalog/service/etcd3')) as {
    ServiceMeta?: { incarnation?: string };
  }[];
  const disks = [...new Set(found.flatMap(({ ServiceMeta }) => ServiceMeta?.incarnation ?? []))];
  for (const disk of disks) await putKey(voice, `etcd3/${CLUSTER}/retired/${disk}`, lab.hosts[0]?.name ?? '');
  return `${disks.length} disks marked as retired`;
};
const lock: Word = async (_, { voice }) => {
  const { ID } = JSON.parse(await tell(voice, 'PUT', 'session/create', '{"Name":"for ever"}')) as { ID: string };
  const got = await tell(voice, 'PUT', `kv/etcd3/${CLUSTER}/lock?acquire=${ID}`, 'alien');
  return `the lock of joining: ${got.trim()}`;
};

/** As an operator does whom a status has named it. */
export async function clean(voice: Voice): Promise<string> {
  await deregister(voice, ALIEN);
  return "an operator takes the stranger's entry out of the catalog";
}

export const WORDS: Readonly<Record<string, Word>> = { record, edited, entry, garbage, nothing, retired, lock };

/** A server that answers as this cluster, of which nobody is a member but itself. */
export async function beginLies(alien: Stranger, predicted: string, members: { id: string; name: string }[]) {
  const [first] = members;
  const one = { id: 'abcdef', name: 'alien', peerUrl: `http://${alien.address}:2380` };
  const two = { id: first?.id ?? '1', name: first?.name ?? '', peerUrl: `http://${alien.address}:2381` };
  await alien.lie({ ports: [2379, 2380], etcd: { clusterId: predicted, members: [one, two] } });
}
