import { type CodeEntry, error } from './entry.ts';

/** Codes of the lock file, and of what only one target cannot do. */
export const OUTPUT = {
  'lock-missing': error('No lock file', 'Run `quorumgate lock {spec}`, and commit what it writes.'),
  'lock-incomplete': error('A release that is not locked', 'Run `quorumgate lock {spec}`, and commit what it writes.'),
  'lock-stale': error('A lock of another version', 'Run `quorumgate lock {spec}`, and commit what it writes.'),
  'lock-nowhere': error(
    'A release in a spec from standard input',
    'Give the path of the spec: the lock file is looked for beside it.',
  ),
  'lock-broken': error(
    'Not what `quorumgate lock` writes',
    'Restore the file, or remove it and run `quorumgate lock {spec}`; it is not to be edited.',
  ),
  'lock-unresolved': error('A release that the index does not give', '{advice}'),
  'lock-hash-changed': error(
    'Other bytes under the version that was locked',
    'Find out why: a released file does not change. If the new one is right, run `quorumgate lock {spec} --replace-hash {program}`.',
  ),

  // The output.
  'target-unknown': error('A target that does not exist', 'Use one of: {allowed}.'),
  'network-missing': error(
    'Hosts without a network of their own',
    'Write `address: {cidr: 192.168.56.0/24}`, or another private network: the target gives its hosts addresses in it.',
  ),
  'metadata-elsewhere': error('A metadata service that is not there', '{advice}'),
  'network-small': error('A network too small for the hosts', 'Use a /25 or wider, for example `{example}`.'),
  'network-taken': error(
    'A network that is in use already',
    'Use a network apart from it, for example `192.168.56.0/24`.',
  ),
  'join-elsewhere': error("Hosts that do not find Consul's servers", 'Write `join: [{addresses}]`.'),
  'target-without-containers': error(
    'A static pod where there is no container runtime for it',
    'Write `runtime: service`, or use another target.',
  ),
  'target-without-proxy': error(
    'A document that no proxy can bring',
    'Remove `documents.baseUrl`, or compile for this target without `environment`.',
  ),
  'compose-base': error(
    'Containers without an image',
    'Write `compose: {base: NAME@sha256:…}`, or `localhost/NAME` for an image that is on the engine already.',
  ),
  'compose-volume': error('A device for containers', 'Remove it: Docker keeps the data in a volume of its own.'),
  'compose-secrets': error(
    'Secrets in containers',
    'Remove it, or compile for another target: containers of one machine reach Consul on a network of their own; certificates of etcd are mounted by the paths in `tls`.',
  ),
  'compose-consul': error(
    'Containers whose Consul is elsewhere',
    'Use `servers: members`, or `role`: the members are in a network of their own, which nobody outside reaches.',
  ),
  'no-package-manager': error(
    'A package where there is no package manager',
    'Give `url` and `sha256`, or `image`; the sidekicks as a single executable need no Node: `npm run build:sea`, and its `url` as `programs.sidekick`.',
  ),
  'output-too-large': error(
    'A document over the limit of the place that takes it',
    'Largest: {largest}. Do one of these: {ways}. The limit: {source}.',
  ),
} satisfies Record<string, CodeEntry>;
