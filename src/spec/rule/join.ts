import { type AutoJoin, isAddress, parseAutoJoin } from '../auto-join.ts';
import { child, quoted } from '../pointer.ts';
import type { Problem } from '../problem.ts';
import { nearest } from '../suggest.ts';
import type { Draft, Rule } from './draft.ts';

/** Providers of hashicorp/go-discover, as of Consul 1.20. A newer Consul may know more: a warning at most. */
const PROVIDERS =
  'aliyun aws azure digitalocean gce hcp k8s linode mdns os packet scaleway softlayer tencentcloud triton vsphere'.split(
    ' ',
  );

export const join: Rule = (draft) =>
  (draft.consul?.join ?? []).flatMap((entry, index) => {
    if (entry === undefined) return [];
    const pointer = child('/consul/join', index);
    return isAddress(entry) ? address(entry, pointer) : provider(entry, pointer, draft);
  });

function address(entry: string, pointer: string): Problem[] {
  const shown = `\`${quoted(entry)}\``;
  if (/^\[|^[0-9a-f]*:[0-9a-f.]*:/i.test(entry)) {
    return [{ code: 'join-ipv6', pointer, message: `${shown} is an IPv6 address.` }];
  }
  const { host, port } =
    /^(?<host>[A-Za-z0-9_]([A-Za-z0-9._-]*[A-Za-z0-9])?)(:(?<port>\d{1,5}))?$/.exec(entry)?.groups ?? {};
  const isNumeric = /^[\d.]+$/.test(host ?? '');
  const isIpv4 =
    /^\d{1,3}(\.\d{1,3}){3}$/.test(host ?? '') && (host ?? '').split('.').every((part) => Number(part) <= 255);
  const isHost = host !== undefined && !host.includes('..') && (!isNumeric || isIpv4);
  const isPort = port === undefined || (Number(port) >= 1 && Number(port) <= 65535);
  if (isHost && isPort) return [];
  return [{ code: 'join-address', pointer, message: `${shown} is neither an address nor a host name.` }];
}

function provider(entry: string, pointer: string, { cluster, consul }: Draft): Problem[] {
  // Before anything that would repeat it.
  const [, secret] = /\b([a-z_]*(?:secret|password|token|api_key)[a-z_]*)=/.exec(entry) ?? [];
  if (secret !== undefined) return [{ code: 'join-secret', pointer, message: `\`${secret}\` is a secret.` }];
  const malformed = (message: string): Problem[] => [
    { code: 'join-provider-form', pointer, message, detail: { cluster: cluster?.name ?? 'mycluster' } },
  ];
  if (!entry.startsWith('provider=')) return malformed('`provider=NAME` must come first.');
  const options = parseAutoJoin(entry);
  if ('malformed' in options) {
    return malformed(`\`${quoted(options.malformed)}\` is not of the form \`key=value\`, or stands there twice.`);
  }
  const name = options.get('provider') ?? '';
  if (name === 'aws') return aws(entry, options, pointer, { cluster, consul });
  if (PROVIDERS.includes(name)) return [];
  const near = nearest(name, PROVIDERS);
  const suggestion = near === undefined ? undefined : entry.replace(`provider=${name}`, `provider=${near}`);
  const message = `Consul knows no provider \`${quoted(name)}\`.`;
  return [{ code: 'join-provider-unknown', pointer, message, suggestion, detail: { known: PROVIDERS.join(', ') } }];
}

/** Options of go-discover's provider `aws`, and the values of those that are words (its `Help()`, 2026-11-25). */
const AWS_OPTIONS: Readonly<Record<string, readonly string[] | undefined>> = {
  provider: undefined,
  region: undefined,
  tag_key: undefined,
  tag_value: undefined,
  addr_type: ['private_v4', 'public_v4', 'public_v6'],
  access_key_id: undefined,
  service: ['ec2', 'ecs'],
  ecs_cluster: undefined,
  ecs_family: undefined,
  endpoint: undefined,
};

function aws(entry: string, options: AutoJoin, pointer: string, { cluster, consul }: Draft): Problem[] {
  const missing = ['tag_key', 'tag_value'].filter((key) => (options.get(key) ?? '') === '');
  if (missing.length > 0) {
    const message = `\`provider=aws\` has no ${missing.map((key) => `\`${key}\``).join(' and no ')}.`;
    const examples: Record<string, string> = {
      tag_key: 'tag_key=etcd',
      tag_value: `tag_value=${cluster?.name ?? 'mycluster'}`,
    };
    // Misspelt, it is there.
    const [slip] = [...options.keys()].filter(
      (key) => !(key in AWS_OPTIONS) && missing.includes(nearest(key, missing) ?? ''),
    );
    const meant = slip && nearest(slip, missing);
    const suggestion = slip && meant && missing.length === 1 ? entry.replace(`${slip}=`, `${meant}=`) : undefined;
    return [
      {
        code: 'join-aws-tags',
        pointer,
        message,
        suggestion,
        detail: { missing: missing.map((key) => examples[key]).join(' ') },
      },
    ];
  }
  if (options.get('addr_type') === 'public_v6') {
    return [{ code: 'join-ipv6', pointer, message: '`addr_type=public_v6` finds IPv6 addresses.' }];
  }
  if (options.get('service') === 'ecs' && (consul?.servers === 'members' || consul?.servers === 'role')) {
    const message = `\`service=ecs\` finds tasks; with \`servers: ${consul.servers}\` Consul's servers are instances.`;
    return [{ code: 'join-aws-ecs', pointer, message }];
  }
  return [...options].flatMap(([key, value]): Problem[] => {
    const keys = Object.keys(AWS_OPTIONS);
    if (!keys.includes(key)) return [ignored(entry, key, keys, pointer, `an option \`${key}\``)];
    const values = AWS_OPTIONS[key];
    if (values === undefined || values.includes(value)) return [];
    return [ignored(entry, value, values, pointer, `a value \`${quoted(value)}\` of \`${key}\``)];
  });
}

/** go-discover says nothing of it, and takes its default instead. */
function ignored(entry: string, word: string, known: readonly string[], pointer: string, what: string): Problem {
  const near = nearest(word, known);
  const suggestion = near === undefined ? undefined : entry.replace(word, near);
  const message = `Consul's \`provider=aws\` does not know ${what}: it would pass over it.`;
  return { code: 'join-aws-option', pointer, message, suggestion, detail: { known: known.join(', ') } };
}
