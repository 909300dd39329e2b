import { allowable, type CodeEntry, error, warning } from './entry.ts';
import { EXTRA } from './extra-codes.ts';
import { OUTPUT } from './output-codes.ts';

/** Every code of the front end. Codes are stable: scripts and documents refer to them. */
export const CODES = {
  // The file.
  'spec-unreadable': error('The spec cannot be read', 'Give the path of a readable file, or `-` for standard input.'),
  'spec-not-utf8': error('The spec is not UTF-8 text', 'Save the file as UTF-8.'),
  'spec-too-large': error(
    'The spec is larger than 256 KiB',
    'Check that this is the right file: a spec has about a hundred lines.',
  ),
  'spec-empty': error('The spec is empty', 'Start from the example in docs/spec.md.'),
  'spec-control-character': error(
    'A character that does not belong into text',
    'Delete the character; it usually comes from copying out of a terminal, or from a damaged file.',
  ),
  'spec-blank': error('A blank that is not a plain space', 'Write a space instead; such blanks come from copied text.'),
  'too-many-problems': error('More problems than are worth listing', 'Repair the ones above first.'),

  // YAML.
  'yaml-syntax': error('The text is not YAML', '{hint}'),
  'yaml-tab': error('A tab indents a line', 'Indent with spaces: YAML allows no tab there.'),
  'yaml-too-deep': error(
    'Brackets or blocks are nested too deeply',
    'A spec has at most five levels: remove the extra ones.',
  ),
  'yaml-several-documents': error(
    'More than one YAML document',
    'Keep one document: remove the `---` and what follows it.',
  ),
  'yaml-anchor': error('An anchor', 'Write the value out where it is used; a spec has no anchors and aliases.'),
  'yaml-alias': error('An alias', 'Write the value out here; a spec has no anchors and aliases.'),
  'yaml-tag': error('A YAML tag', 'Remove the tag; put the value into quotes if it must be a string.'),
  'yaml-merge-key': error('A merge key', 'Write the keys out; a spec has no merge keys.'),
  'yaml-key': error('A key that is not plain text', 'Write the key as one plain word.'),
  'duplicate-key': error('A key written twice', 'Keep one of the two.'),

  // The schema.
  'spec-not-mapping': error(
    'The top level is not a mapping',
    'Start with `version: 1`; see the example in docs/spec.md.',
  ),
  'unknown-key': error('A key that the spec does not have', '{advice}'),
  'missing-key': error('A required key is missing', 'Add it, for example `{snippet}`. {what}'),
  'wrong-type': error('A value of the wrong type', '{advice}'),
  'not-one-of': error('A value outside the list', '{advice}'),
  'bad-format': error('A value in the wrong form', 'Write {expected}.'),
  'out-of-range': error('A number outside its range', '{advice}'),
  'too-long': error('A value that is too long', 'Shorten it to at most {limit} characters.'),
  'empty-list': error('An empty list', 'Name at least one.'),
  'too-many-items': error('A list that is too long', 'Keep at most {limit}.'),
  'repeated-item': error('An item listed twice', 'Remove one of the two.'),
  'choose-one': error('Not exactly one choice', '{verb} one of: {allowed}.'),

  // Rules across fields.
  'size-even': error('An even number of members', 'Use {below} or {above} members.'),
  'name-without-metadata': error(
    "An instance's ID that no metadata service tells",
    'Write `address: {metadata: ec2}`, or that of another platform, or another `name`.',
  ),
  'operator-key-invalid': error(
    "No public half of an operator's key",
    'Write the one that `quorumgate key generate` has printed.',
  ),
  'consul-count-without-role': error(
    'A number of Consul servers that nobody would start',
    'Remove `count`, or set `servers: role`.',
  ),
  'consul-count-even': error('An even number of Consul servers', 'Use {below} or {above} servers.'),
  'port-clash': error('Two programs on one port', 'Choose a free port, for example {free}.'),
  'cidr-invalid': error(
    'Not an IPv4 network',
    'Write four numbers from 0 to 255 and a prefix length from 0 to 32: `10.0.0.0/16`.',
  ),
  'cidr-ipv6': error('An IPv6 network', 'Use an IPv4 network: quorumgate gives hosts IPv4 peers only.'),
  'cidr-special': error(
    'A network in which no peer can reach a host',
    'Use the network that the hosts share, for example `10.0.0.0/16`.',
  ),
  'cidr-host-bits': error('An address where a network is meant', 'Write the network: `{network}`.'),
  'join-provider-form': error(
    'Malformed cloud auto-join',
    'Write `provider=NAME key=value …`, for example `provider=aws tag_key=etcd tag_value={cluster}`.',
  ),
  'join-provider-unknown': warning('A cloud that Consul does not know', 'Use a provider of your Consul: {known}.'),
  'join-aws-tags': error(
    'Cloud auto-join without tags',
    'Add `{missing}`: Consul on EC2 finds its servers by a tag of the instances.',
  ),
  'join-aws-ecs': error(
    'Consul servers looked for among tasks',
    'Remove `service=ecs`: instances are found by their tags; tasks can be joined with `servers: existing`.',
  ),
  'join-aws-option': warning('An option that Consul does not know', 'Use one of: {known}.'),
  'join-secret': error(
    'A secret in cloud auto-join',
    'Remove it: every user of a host can read user-data. On EC2 give the instances a role; elsewhere set it in the environment of `consul.service` by a drop-in of your image.',
  ),
  'setting-owned': error('A setting that is not for the spec', 'Remove it.'),
  'setting-unknown': error('A flag that this etcd does not have', 'Use etcd {from} or newer, or remove it.'),
  'election-timeout': error(
    'Elections that come too soon or too late',
    'Set `election-timeout` to at least {least} and at most {most}.',
  ),
  'spec-secret': error(
    'A secret in the spec',
    'Remove it, and make it anew: what is in a spec is in files that every user of a host can read. A host gets secrets with its image, or by a role of its instance.',
  ),
  'join-ipv6': error('An IPv6 address', 'Use an IPv4 address or a host name: quorumgate gives hosts IPv4 peers only.'),
  'join-address': error(
    'Neither an address nor a host name',
    'Write `ADDRESS`, `HOST` or either with `:PORT`, for example `10.0.0.5`.',
  ),
  'join-longer-than-cluster': warning(
    'More addresses than members',
    'With `servers: members` list members only: at most {size} addresses.',
  ),
  'srv-needs-tls': error(
    'etcd 3.4 cannot start from plain-http SRV records',
    'Use etcd {good} or newer, or TLS, or `discovery: committed`.',
  ),
  'etcd-corrupts': error('An etcd that corrupts data', 'Use etcd {good} or newer.'),
  'etcd-too-old': error('An etcd that is too old', '{advice}'),
  'etcd-unsupported': allowable('An etcd past the end of its support', '{advice}'),
  'etcd-insecure': allowable('An etcd with security faults', '{advice}'),
  'etcd-faulty': allowable('An etcd with faults in what a cluster here needs', '{advice}'),
  'consul-dns-broken': error('A Consul whose DNS ignores tags', 'Use Consul {good} or newer, or 1.18.'),
  'consul-too-old': error('A Consul that is too old', '{advice}'),
  'consul-unsupported': allowable('A Consul past the end of its support', '{advice}'),
  'consul-insecure': allowable('A Consul with security faults', '{advice}'),
  'datacenter-reserved': error("A word of Consul's DNS as datacenter", 'Choose another name for the datacenter.'),
  'tls-file-shared': error('One file as key and certificate', 'Name the file that holds the private key alone.'),
  'tls-ca-shared': error(
    'One CA for members and clients',
    'Give members a CA of their own, or name what their certificates alone have: `tls.peer.allowedHostname` or `tls.peer.allowedCommonName`.',
  ),
  'tls-peer-names': error('Two ways to tell members from clients', 'Remove one of the two.'),
  'tls-file-hidden': error(
    'A file where its program cannot read it',
    'Bring the file to a place that its unit sees, for example `{example}`.',
  ),
  'secrets-source': error('Secrets that come from nowhere', '{advice}.'),
  'secrets-off': error('Files of a cluster that is not secured', 'Remove `secrets: off`, or remove `{key}`.'),
  'secrets-unneeded': error('Secrets that nothing uses', 'Remove `secrets`, or what says something else.'),
  'consul-token-dns': error('No token for DNS', 'Add `dns: PATH` under `consul.tokens`.'),
  'consul-tls-version': error(
    'TLS for a Consul of which the version is not known',
    'Add `version: {version}` under `consul`, or the version that hosts run.',
  ),
  'consul-tls-half': error(
    'A certificate without its key, or a key alone',
    'Add `{missing}: PATH` under `consul.tls`, or remove the other.',
  ),
  'consul-tls-server': error(
    'A Consul server without a certificate',
    'Add `cert` and `key` under `consul.tls`; `quorumgate pki issue` makes them.',
  ),
  'path-not-plain': error('A path with `.`, `..` or `//`', 'Write `{plain}`: systemd ignores other spellings.'),
  'program-archive': error(
    'A file that hosts cannot unpack',
    'Use an archive that ends with {archives}, or the plain executable.',
  ),
  'program-system': error('A program for another system', 'Give the URL of the one for Linux.'),
  'program-architecture': warning(
    'Programs for two kinds of machine',
    'Give the URLs of one architecture: a host has one.',
  ),
  'program-credentials': error(
    'A URL with credentials',
    'Remove them: the URL stands in a file that every user of a host can read. Serve the file without a password.',
  ),
  'version-contradicts-url': warning(
    'A version that is not the one in the URL',
    'Write `{found}`, if that is what the URL holds, or change the URL.',
  ),
  'sidekick-without-hash': error(
    'A program without a hash',
    'Add `sha256: …`, as `sha256sum` prints it for the executable; only that of `etcd-sidekick.cjs` is known here.',
  ),
  'node-unneeded': warning(
    'A Node that nothing would run',
    'Remove `programs.node`, or give the URL of `etcd-sidekick.cjs`, which Node runs.',
  ),
  'release-without-index': error(
    'A release without an index to look it up in',
    'Add `releases: {index: URL-OR-PATH}` with an index that has {program}; see docs/artifacts.md.',
  ),
  'release-without-version': error('A release without a version', 'Add {lines}.'),
  'release-unneeded': warning(
    'A setting for releases that no release needs',
    'Remove it, or write `{program}: release` under `programs`.',
  ),
  'proxy-credentials': error(
    'A proxy with credentials',
    'Remove them: the URL stands in a file that every user of a host can read. Let the proxy take the hosts by their addresses.',
  ),
  'proxy-unneeded': warning('A proxy that nothing would use', 'Remove `environment`.'),
  'index-credentials': error(
    'An index with credentials',
    'Remove them: spec and lock file are committed. Give the path of a copy of the index, or serve it without a password.',
  ),
  'program-unneeded': warning('A program that nothing would run', 'Remove `programs.{name}`.'),
  'image-missing': error(
    'A static pod without an image',
    'Add `image: "NAME@sha256:…"` beside it, or write `runtime: service`.',
  ),
  'image-unneeded': error('An image that nothing would run', 'Remove it, or write `runtime: static-pod`.'),
  'image-without-digest': error(
    'An image that is not named by its digest',
    'Write `{name}@sha256:…`; `docker buildx imagetools inspect {bare}` prints the digest.',
  ),
  'pod-asks-dns': error(
    'A pod that has to find its peers by DNS',
    'Write `discovery: committed`, or `runtime: service`.',
  ),
  'pod-tls-folder': error(
    'A TLS file in a folder that is not for it alone',
    'Bring the file to a folder of its own kind, for example `{example}`.',
  ),
  'kubernetes-unneeded': warning(
    'Settings for a kubelet that does not exist',
    'Remove it, or write `runtime: static-pod`.',
  ),
  'kubelet-stands-alone': error('A setting that only a joined kubelet has', 'Remove it, or write `mode: joined`.'),
  'node-label-reserved': error(
    "A label under Kubernetes' own name",
    'Use a name of your own, for example `example.com/role`, or set the label with `kubectl label node`.',
  ),
  'sha256-shared': warning('Two programs with one hash', 'Check the hash: two downloads are hardly ever the same.'),
  'data-directory-hidden': error(
    'A data directory that etcd cannot see',
    'Use a directory outside /home, /root and /run/user, for example `/var/lib/etcd`: the units hide these.',
  ),
  'data-directory-taken': error(
    'A data directory inside that of another program',
    'Use a directory of its own, for example `/var/lib/etcd`.',
  ),
  'data-directory-system': error(
    'A data directory that belongs to the system',
    'Use a directory of its own, for example `/var/lib/etcd`.',
  ),
  'volume-unneeded': error('A filesystem that the host does not make', 'Remove it, or name the `device`.'),

  // Reasons of the user (`allow`).
  'allow-impossible': error(
    'A diagnostic that cannot be allowed',
    'Remove it here, and mend what it is about. These can be allowed: {allowed}.',
  ),
  'allow-unneeded': warning('A reason for what is not there', 'Remove it.'),

  ...EXTRA,
  ...OUTPUT,
} satisfies Record<string, CodeEntry>;

export type Code = keyof typeof CODES;

/** The codes that a spec may lift. */
export const ALLOWABLE: readonly Code[] = (Object.keys(CODES) as Code[]).filter(isAllowable);

export function isAllowable(code: Code): boolean {
  const entry: CodeEntry = CODES[code];
  return entry.allowable === true;
}
