/** A setting that a living cluster does not simply take on. */
export interface Change {
  /** Keys of the spec, as `settingsIn` names them. */
  keys: readonly string[];
  /** Its name in documents. */
  called: string;
  /** `never`: the cluster would be another one. `emptied`: by hosts with an empty disk. `in place`: by none with an empty disk. */
  verdict: 'never' | 'emptied' | 'in place' | 'together' | 'one by one' | 'free';
  how: string;
  /** Left out where it changes nothing. */
  when?: (settings: ReadonlyMap<string, string>) => boolean;
}

const byReplacing = 'by replacing hosts, one at a time';

/** The one list of them: docs/operations.md shows it, `explain` and `diff` tell it, and the gate names some of it (`settingOf`). */
export const CHANGES: readonly Change[] = [
  {
    keys: ['cluster.name'],
    called: '`cluster.name`',
    verdict: 'never',
    how: 'never: another name is another cluster. Restore a snapshot into hosts that were booted with the new name',
  },
  {
    keys: ['tls'],
    called: '`tls` on or off',
    verdict: 'never',
    how: 'never: members would be at other URLs, and so another cluster. Restore a snapshot into hosts that were booted with it',
  },
  {
    keys: ['consul.encrypt', 'consul.tls', 'consul.tokens'],
    called: '`consul.encrypt`, `consul.tls`, `consul.tokens` on or off',
    verdict: 'in place',
    how: 'on all hosts within a short time, in place and with their disks: agents that have it and agents that have not do not work together, so no host joins meanwhile. etcd goes on without Consul',
  },
  {
    keys: ['etcd.dataDirectory'],
    called: '`etcd.dataDirectory`',
    verdict: 'emptied',
    how: `${byReplacing}: on a host with data the gate would miss the data`,
  },
  {
    keys: ['etcd.peerPort', 'etcd.discovery'],
    called: '`etcd.peerPort`, `etcd.discovery`',
    verdict: 'emptied',
    how: byReplacing,
  },
  {
    keys: ['consul.datacenter', 'consul.domain'],
    called: 'with `discovery: srv` also `consul.datacenter` and `consul.domain`',
    verdict: 'emptied',
    how: byReplacing,
    when: (settings) => settings.get('etcd.discovery') === 'srv',
  },
  {
    keys: ['etcd.clientPort'],
    called: '`etcd.clientPort`',
    verdict: 'together',
    how: 'on all hosts within a short time: until then members ask each other at the wrong port, and nobody joins',
  },
  {
    keys: ['address'],
    called: "the host's address",
    verdict: 'one by one',
    how: 'on one host at a time: its gate tells a quorum (`member update`), then etcd starts',
  },
  {
    keys: ['cluster.operatorKeys'],
    called: '`cluster.operatorKeys`',
    verdict: 'free',
    how: 'at any time; hosts believe the keys that they were booted with',
  },
];

/** The row for a key of the spec, or for what holds it. */
export const changeOf = (key: string): Change | undefined => CHANGES.find(({ keys }) => keys.includes(key));

/** The table in docs/operations.md. */
export const changeTable = (): string =>
  [
    '| setting | while the cluster lives |',
    '|---|---|',
    ...CHANGES.map(({ called, how }) => `| ${called} | ${how} |`),
  ].join('\n');

const NAMES: Readonly<Record<string, string>> = {
  QG_CLUSTER: 'cluster.name',
  QG_SIZE: 'cluster.size',
  QG_DATACENTER: 'consul.datacenter',
  QG_DOMAIN: 'consul.domain',
  QG_PEER_PORT: 'etcd.peerPort',
  QG_CLIENT_PORT: 'etcd.clientPort',
  QG_METRICS_PORT: 'etcd.metricsPort',
  QG_DATA_DIR: 'etcd.dataDirectory',
  QG_DISCOVERY: 'etcd.discovery',
  QG_REPLACE_DEAD_AFTER: 'etcd.replaceDeadAfter',
  QG_OPERATOR_KEYS: 'cluster.operatorKeys',
};

/** Settings of Consul's agents by the keys of the spec, out of /etc/quorumgate/secrets and the agent's own file, as a member has them. */
export function agentSettings(secrets: string, agent: string): Map<string, string> {
  const on = (is: boolean) => (is ? 'on' : 'off');
  return new Map([
    ['consul.encrypt', on(/^gossip /m.test(secrets))],
    ['consul.tls', on(/"verify_outgoing"/.test(agent))],
    ['consul.tokens', on(/^agent /m.test(secrets))],
  ]);
}

/** Settings of a cluster by the keys of the spec, out of a member's /etc/quorumgate/cluster.env. */
export function settingsIn(environment: string): Map<string, string> {
  const values = new Map<string, string>();
  for (const [, name = '', value = ''] of environment.matchAll(/^([A-Z0-9_]+)=(.*)$/gm)) values.set(name, value);
  const settings = new Map<string, string>();
  for (const [name, key] of Object.entries(NAMES)) {
    const value = values.get(name);
    if (value !== undefined) settings.set(key, value);
  }
  settings.set('tls', values.get('QG_SCHEME') === 'https' ? 'on' : 'off');
  settings.set('address', [values.get('QG_ADDRESS_FROM'), values.get('QG_ADDRESS_ARGUMENT')].join(': '));
  return settings;
}
