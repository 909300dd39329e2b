import type { HostTree } from '../target/host-tree.ts';
import type { Change } from './changes.ts';
import type { HostChange, Value } from './diff.ts';
import type { Side } from './side.ts';

/** One thing to do, in its turn. */
export interface Step {
  do: string;
  /** Hosts that it is about, `TARGET/ROLE`, where it is about hosts. */
  hosts?: readonly string[];
}

interface Found {
  before: Side;
  after: Side;
  settings: readonly Value[];
  values: readonly Value[];
  hosts: readonly HostChange[];
  warned: readonly Change[];
}

/** The order in which it is safe, as docs/operations.md has it; empty where nothing changes on any host. */
export function stepsOf(found: Found): Step[] {
  const other = found.hosts.filter(({ is }) => is === 'other');
  if (found.warned.some(({ verdict }) => verdict === 'never')) return [...uploads(found), ...anotherCluster(found)];
  if (found.warned.some(({ verdict }) => verdict === 'in place')) return [...uploads(found), ...inPlace(found)];
  const members = other.filter(({ hosts }) => hosts.endsWith('/etcd')).map(({ hosts }) => hosts);
  const servers = other.filter(({ hosts }) => hosts.endsWith('/consul-server')).map(({ hosts }) => hosts);
  return [
    ...uploads(found),
    ...keys(found),
    ...fresh(found),
    ...(servers.length === 0 ? [] : [serverStep(servers)]),
    ...minors(found.values),
    ...(members.length === 0 ? ofImage(found) : memberSteps(found, members)),
    ...sizes(found),
    ...gone(found),
  ];
}

/** Files that hosts fetch: before any host refers to them. */
function uploads({ before, after }: Found): Step[] {
  const other = [...after.uploads].filter(([path, hash]) => before.uploads.get(path) !== hash).map(([path]) => path);
  if (other.length === 0) return [];
  const what = `upload ${other.join(', ')}, under a URL of its own: hosts that are not replaced yet may still fetch the old file`;
  return [{ do: what }];
}

/** Consul's servers before those that look for them. */
function fresh({ hosts }: Found): Step[] {
  const names = hosts.filter(({ is }) => is === 'new').map((one) => one.hosts);
  const servers = names.filter((name) => name.endsWith('/consul-server'));
  const members = names.filter((name) => !servers.includes(name));
  return [
    ...(servers.length === 0 ? [] : [{ do: `boot Consul's servers; go on when ${VOTERS}`, hosts: servers }]),
    ...(members.length === 0
      ? []
      : [{ do: 'boot new members: each waits until there is room, and joins then', hosts: members }]),
  ];
}

function gone({ hosts }: Found): Step[] {
  const names = hosts.filter(({ is }) => is === 'gone').map((one) => one.hosts);
  const members = names.filter((name) => name.endsWith('/etcd'));
  const servers = names.filter((name) => !members.includes(name));
  return [
    ...(members.length === 0
      ? []
      : [
          {
            do: `${ONE_BY_ONE}: \`quorumgate member retire\`, then shut it down: nothing makes such hosts any more`,
            hosts: members,
          },
        ]),
    ...(servers.length === 0
      ? []
      : [
          { do: `shut down Consul's servers that are not needed, ${ONE_BY_ONE}; go on when ${VOTERS}`, hosts: servers },
        ]),
  ];
}

function anotherCluster({ hosts }: Found): Step[] {
  const names = hosts.map((one) => one.hosts);
  return [
    { do: 'leave the hosts that run as they are: given these documents, a host with data waits and names the setting' },
    { do: 'boot new hosts with the new documents: they form a cluster of their own', hosts: names },
    { do: 'bring the data there: `etcdctl snapshot save`, then `quorumgate restore` before clients use it' },
  ];
}

/** Consul's agents are secured, or no longer: between those that are and those that are not a host with an empty disk waits for ever. */
function inPlace({ settings, hosts }: Found): Step[] {
  const value = (key: string) => settings.find((one) => one.key === `consul.${key}`);
  const isOn = (key: string) => value(key)?.after === 'on';
  const names = hosts.filter(({ is }) => is === 'other').map((one) => one.hosts);
  const once = names.filter(isReadOnce);
  return [
    { do: 'see first that `quorumgate member list` shows all members as healthy, and replace none until the end' },
    ...(['encrypt', 'tls', 'tokens'].some(isOn)
      ? [
          {
            do: 'bring the files to all hosts (docs/secrets.md): a host that lacks one waits with its Consul',
            hosts: names,
          },
        ]
      : []),
    {
      do: `give the hosts the new documents in place and with their disks (docs/operations.md, "Upgrade"), Consul's servers first, ${ONE_BY_ONE}, within a short time; go on when \`etcdctl endpoint health\` is well on each member: Consul has no leader until most of its servers are changed`,
      hosts: names,
    },
    ...(once.length === 0
      ? []
      : [
          {
            do: 'not so where Ignition reads its document at the first boot only: there it takes new hosts, as another cluster, and a snapshot that is restored',
            hosts: once,
          },
        ]),
    ...(isOn('tokens') ? [{ do: '`quorumgate consul bootstrap`: hosts wait for their rights until then' }] : []),
    { do: `see that ${VOTERS}, and only then replace or add hosts` },
  ];
}

function keys({ settings }: Found): Step[] {
  const keys = settings.find(({ key }) => key === 'cluster.operatorKeys');
  if (keys === undefined || keys.before === undefined) return [];
  const [old, now] = [keys.before.split(','), (keys.after ?? '').split(',')];
  if (old.every((key) => now.includes(key)) || old.some((key) => now.includes(key))) return [];
  return [
    { do: 'name the old key beside the new one first, and go on with the new one alone when all hosts have both' },
  ];
}

const ONE_BY_ONE = 'one host at a time';
const VOTERS = '`consul operator raft list-peers` shows all of them as voters';

const serverStep = (hosts: readonly string[]): Step => ({
  do: `replace Consul's servers, ${ONE_BY_ONE}; go on when ${VOTERS}`,
  hosts,
});

function memberSteps({ before, after, hosts, settings, warned }: Found, members: readonly string[]): Step[] {
  const onlySize =
    settings.length === 1 && settings[0]?.key === 'cluster.size' && isSizeAlone(before, after, hosts, members);
  if (onlySize)
    return [
      { do: 'the hosts that run need nothing now: they get the new documents when they are replaced', hosts: members },
    ];
  const healthy = '`quorumgate member list` shows all members as healthy';
  const isServer = after.spec === undefined ? true : after.spec.consul.servers === 'members';
  const until = isServer ? `${healthy} and, where members are Consul's servers, ${VOTERS}` : healthy;
  const emptied = warned.some(({ verdict }) => verdict === 'emptied');
  const way = emptied
    ? 'each by a host with an empty disk'
    : members.some(isReadOnce)
      ? 'each by another host (Ignition reads its document at the first boot only)'
      : 'each by another host, or in place (docs/operations.md, "Upgrade")';
  const together = warned.some(({ verdict }) => verdict === 'together');
  return [
    {
      do: together
        ? `replace the members within a short time, still ${ONE_BY_ONE}, ${way}; go on when ${healthy}`
        : `replace the members, ${ONE_BY_ONE}, ${way}; go on when ${until}`,
      hosts: members,
    },
  ];
}

const isReadOnce = (hosts: string) => /^(container-linux|flatcar|fedora-coreos)\//.test(hosts);

/** The number of members is in two files, and nothing else is other than before. */
function isSizeAlone(before: Side, after: Side, hosts: readonly HostChange[], members: readonly string[]): boolean {
  const own = hosts.filter((one) => members.includes(one.hosts));
  const paths = own.flatMap(({ added, removed, changed }) => [...added, ...removed, ...changed]);
  const bare = ({ hosts: trees }: Side, name: string) =>
    Object.entries({ ...agentOf(trees.get(name)?.tree), bootstrap_expect: 0 }).join('\n');
  return (
    paths.every((path) => ['/etc/quorumgate/cluster.env', AGENT].includes(path)) &&
    members.every((name) => bare(before, name) === bare(after, name))
  );
}

const AGENT = '/etc/quorumgate/consul.d/agent.json';

function agentOf(tree: HostTree | undefined): Record<string, string> {
  const text = new TextDecoder().decode(tree?.files.get(AGENT)?.bytes);
  const rows = Object.entries(JSON.parse(text || '{}') as object).map(([key, value]) => [key, JSON.stringify(value)]);
  return Object.fromEntries(rows) as Record<string, string>;
}

/** A version that comes with the image: the document is the same, the hosts are not. */
function ofImage({ values, hosts }: Found): Step[] {
  const versions = values.filter(({ key, after }) => /^(etcd|consul)\.version$/.test(key) && after !== undefined);
  if (versions.length === 0) return [];
  const programs = versions.map(({ key, after }) => `${key.replace('.version', '')} ${after}`).join(' and ');
  const names = hosts.map((one) => one.hosts);
  return [
    {
      do: `the documents are the same: replace the hosts, ${ONE_BY_ONE}, by hosts whose image has ${programs}`,
      hosts: names,
    },
  ];
}

/** etcd goes one minor version at a time, and not back. */
function minors(values: readonly Value[]): Step[] {
  const { before, after } = values.find(({ key }) => key === 'etcd.version') ?? {};
  if (before === undefined || after === undefined) return [];
  const minor = (version: string) => Number(version.split('.')[1]);
  const [from, to] = [minor(before), minor(after)];
  if (to < from)
    return [
      {
        do: `do not go back from etcd ${before} to ${after}: etcd does not read what a newer minor version has written`,
      },
    ];
  if (to > from + 1)
    return [
      {
        do: `go by every minor version in between first, all members each time: etcd 3.${from + 1} comes next, not ${after}`,
      },
    ];
  if (to === 7 && from === 6)
    return [
      {
        do: 'see first that a snapshot of 3.6 lies in member/snap/*.snap of each member (docs/operations.md, "etcd itself")',
      },
    ];
  return [];
}

function sizes({ settings }: Found): Step[] {
  const size = settings.find(({ key }) => key === 'cluster.size');
  const [old, now] = [Number(size?.before), Number(size?.after)];
  if (size === undefined || Number.isNaN(old) || Number.isNaN(now)) return [];
  const count = Math.abs(now - old);
  const hosts = `${count} ${count === 1 ? 'host' : 'hosts'}`;
  return now > old
    ? [{ do: `boot ${hosts} more with the new documents: they join as learners, one at a time` }]
    : [{ do: `${ONE_BY_ONE}: \`quorumgate member retire\`, then shut the host down; ${hosts} in all` }];
}
