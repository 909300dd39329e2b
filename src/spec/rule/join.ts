import { child, quoted } from '../pointer.ts';
import type { Problem } from '../problem.ts';
import { nearest } from '../suggest.ts';
import type { Rule } from './draft.ts';

/** Providers of hashicorp/go-discover, as of Consul 1.20. A newer Consul may know more: a warning at most. */
const PROVIDERS =
  'aliyun aws azure digitalocean gce hcp k8s linode mdns os packet scaleway softlayer tencentcloud triton vsphere'.split(
    ' ',
  );

/** Consul takes whatever holds `provider=` for cloud auto-join. */
export const isAddress = (entry: string) => !entry.includes('provider=');

export const join: Rule = ({ consul, cluster }) =>
  (consul?.join ?? []).flatMap((entry, index) => {
    if (entry === undefined) return [];
    const pointer = child('/consul/join', index);
    return isAddress(entry) ? address(entry, pointer) : provider(entry, pointer, cluster?.name ?? 'mycluster');
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

function provider(entry: string, pointer: string, cluster: string): Problem[] {
  const words = entry.match(/[^\s"']*("[^"]*"|'[^']*')?\S*/g)?.filter((word) => word !== '') ?? [];
  const malformed = words.find((word) => !/^[a-z][a-z0-9_-]*=./.test(word));
  const name = /^provider=([a-z0-9]+)$/.exec(words[0] ?? '')?.[1];
  if (name === undefined || malformed !== undefined) {
    const part = quoted(malformed ?? words[0] ?? entry);
    const message =
      name === undefined ? '`provider=NAME` must come first.' : `\`${part}\` is not of the form \`key=value\`.`;
    return [{ code: 'join-provider-form', pointer, message, detail: { cluster } }];
  }
  if (!PROVIDERS.includes(name)) {
    const near = nearest(name, PROVIDERS);
    const suggestion = near === undefined ? undefined : entry.replace(`provider=${name}`, `provider=${near}`);
    const message = `Consul knows no provider \`${name}\`.`;
    return [{ code: 'join-provider-unknown', pointer, message, suggestion, detail: { known: PROVIDERS.join(', ') } }];
  }
  const missing = ['tag_key', 'tag_value'].filter((key) => !words.some((word) => word.startsWith(`${key}=`)));
  if (name !== 'aws' || missing.length === 0) return [];
  const message = `\`provider=aws\` has no ${missing.map((key) => `\`${key}\``).join(' and no ')}.`;
  const examples: Record<string, string> = { tag_key: 'tag_key=etcd', tag_value: `tag_value=${cluster}` };
  return [
    { code: 'join-aws-tags', pointer, message, detail: { missing: missing.map((key) => examples[key]).join(' ') } },
  ];
}
