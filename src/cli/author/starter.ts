import { dump } from 'js-yaml';
import { toNetwork } from '../../format/ipv4.ts';
import { numberedHosts } from '../../plan/hosts.ts';
import { schemaAt, specSchema } from '../../spec/schema/tree.ts';
import { NEWEST } from '../../version/facts.ts';

/** Everything that a first spec is made of. */
export interface Answers {
  name: string;
  size: number;
  target: string;
  servers: string;
  address: { metadata: string } | { cidr: string } | { interface: string };
  join: string[];
  /** How secrets reach hosts, or `off`. */
  secrets: string;
  /** URL of `etcd-sidekick.cjs`; undefined where the document has room for it. */
  sidekick?: string | undefined;
  /** Of target compose: the image that containers are built from. */
  base?: string | undefined;
}

/** Targets that give their hosts addresses themselves, in `address.cidr`, and whose documents have room for all. */
export const NUMBERED: readonly string[] = ['vagrant', 'compose'];
/** Systems without a package manager: what they run comes with the image, or by URL. */
const FIXED: readonly string[] = ['container-linux', 'flatcar', 'fedora-coreos'];

/** How Consul's servers are found, where nobody has said it; undefined where it cannot be known. */
export function joinOf({
  name,
  size,
  target,
  servers,
  address,
}: Omit<Answers, 'join' | 'secrets'>): string[] | undefined {
  if (NUMBERED.includes(target) && 'cidr' in address && isNetwork(address.cidr) && servers !== 'existing') {
    const counts = { cluster: { size: Math.min(size, 9) }, consul: { count: servers === 'role' ? 3 : 0 } };
    const role = servers === 'role' ? 'consul-server' : 'etcd';
    const hosts = numberedHosts(counts, toNetwork(address.cidr));
    return hosts.filter((host) => host.role === role).map((host) => host.address);
  }
  return target === 'aws'
    ? [`provider=aws tag_key=${servers === 'members' ? 'etcd' : 'consul'} tag_value=${name}`]
    : undefined;
}

/** As far as to count in it: the compiler says what else is wrong. */
const isNetwork = (text: string) => /^\d{1,3}(\.\d{1,3}){3}\/\d{1,2}$/.test(text);

/** A spec with comments, as text: each key with the words of the schema. It compiles if the answers are right. */
export function starter(answers: Answers): string {
  const { name, size, target, servers, address, join, secrets, sidekick, base } = answers;
  const [from = ''] = Object.keys(address);
  return [
    '# A cluster spec of quorumgate. `quorumgate explain KEY` says more of a key; docs/spec.md has all.',
    'version: 1',
    'cluster:',
    ...key('/cluster/name', name),
    ...key('/cluster/size', size),
    ...key('/targets', [target]),
    ...comment('/address'),
    'address:',
    ...key(`/address/${from}`, Object.values(address)[0]),
    ...comment('/consul'),
    'consul:',
    ...key('/consul/servers', servers),
    ...key('/consul/join', join),
    ...key('/consul/version', NEWEST.Consul.version),
    'etcd:',
    ...key('/etcd/version', NEWEST.etcd.version),
    ...key('/secrets', secrets),
    ...programs(target, sidekick),
    ...(base === undefined ? [] : ['compose:', ...key('/compose/base', base)]),
    '',
  ].join('\n');
}

/** Consul and etcd by their default, the image; a comment says what else there is. */
function programs(target: string, sidekick: string | undefined): string[] {
  const isFixed = FIXED.includes(target);
  const rest = isFixed ? 'socat and Node' : "the distribution's packages bring socat and Node";
  const image = isFixed ? `The image has Consul, etcd, ${rest}` : `The image has Consul and etcd, ${rest}`;
  return [
    ...wrapped(
      `${image}. For a stock image write \`release\`, or \`{url: …, sha256: …}\`, for a program (docs/artifacts.md).`,
    ),
    'programs:',
    '  consul: image',
    '  etcd: image',
    ...(isFixed ? ['  socat: image', '  node: image'] : []),
    ...(sidekick === undefined
      ? ['  sidekick: inline']
      : [
          '  # A place of yours: `compile` writes the file that belongs there to out/upload/.',
          '  sidekick:',
          `    url: ${scalar(sidekick)}`,
        ]),
  ];
}

function key(pointer: string, value: unknown): string[] {
  const name = pointer.split('/').at(-1) ?? '';
  const indent = '  '.repeat(pointer.split('/').length - 2);
  return [...comment(pointer), `${indent}${name}: ${scalar(value)}`];
}

const WIDTH = 100;

/** The schema's description, before its key. */
function comment(pointer: string): string[] {
  const indent = `${'  '.repeat(pointer.split('/').length - 2)}# `;
  return wrapped(schemaAt(specSchema(), pointer)?.description ?? '', indent);
}

function wrapped(text: string, indent = '# '): string[] {
  const lines = [''];
  for (const word of text.split(' ')) {
    const last = lines.at(-1) ?? '';
    if (last !== '' && indent.length + last.length + word.length >= WIDTH) lines.push(word);
    else lines[lines.length - 1] = last === '' ? word : `${last} ${word}`;
  }
  return lines.map((line) => `${indent}${line}`);
}

/** On one line, in quotes where YAML wants them. */
const scalar = (value: unknown) => dump(value, { flowLevel: 0, lineWidth: -1 }).trim();
