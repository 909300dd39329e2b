/** True answers, as they came from Consul 1.8.7 and etcd 3.4 to 3.7 on 2026-11-28, shortened where nothing looks. */
export const instance = {
  Node: {
    ID: 'bb0ac212-069e-05e7-f310-7cf2672acffc',
    Node: 'etcd-1',
    Address: '10.0.0.1',
    Datacenter: 'dc1',
    TaggedAddresses: { lan: '10.0.0.1', wan: '10.0.0.1' },
    Meta: { 'consul-network-segment': '' },
    CreateIndex: 10,
    ModifyIndex: 12,
  },
  Service: {
    ID: 'etcd-1-server',
    Service: 'etcd3',
    Tags: ['_etcd-server._tcp.mycluster'],
    Address: '10.0.0.1',
    Meta: { incarnation: 'disk-1', state: 'empty', size: '3', scheme: 'http', cid: '' },
    Port: 2380,
    Weights: { Passing: 1, Warning: 1 },
    EnableTagOverride: false,
    Proxy: { MeshGateway: {}, Expose: {} },
    Connect: {},
    CreateIndex: 72,
    ModifyIndex: 72,
  },
  Checks: [
    {
      Node: 'etcd-1',
      CheckID: 'serfHealth',
      Name: 'Serf Health Status',
      Status: 'passing',
      Output: 'Agent alive and reachable',
      ServiceTags: [],
      Definition: {},
    },
  ],
};

export const entries = [
  {
    LockIndex: 0,
    Key: 'etcd3/mycluster/bootstrap',
    Flags: 0,
    Value: 'eyJnZW5lcmF0aW9uIjoxfQ==',
    CreateIndex: 46,
    ModifyIndex: 48,
  },
  { LockIndex: 2, Key: 'etcd3/mycluster/lock', Flags: 0, Value: null, CreateIndex: 48, ModifyIndex: 55 },
];

export const lock = [
  {
    LockIndex: 1,
    Key: 'etcd3/mycluster/lock',
    Flags: 0,
    Value: 'ZGlzay0y',
    Session: '9c82e239-e9e3-2416-59e0-133b28005b8b',
    CreateIndex: 48,
    ModifyIndex: 55,
  },
];

export const services = {
  'etcd-1-server': {
    ID: 'etcd-1-server',
    Service: 'etcd3',
    Tags: ['_etcd-server._tcp.mycluster'],
    Meta: { incarnation: 'disk-1' },
    Port: 2380,
    Address: '10.0.0.1',
    Weights: { Passing: 1, Warning: 1 },
    EnableTagOverride: false,
  },
};

export const node = { Node: instance.Node, Services: { consul: { ID: 'consul', Service: 'consul', Tags: [] } } };

export const agent = {
  Config: {
    Datacenter: 'dc1',
    NodeName: 'etcd-1',
    NodeID: '11111111-069e-05e7-f310-7cf2672acffc',
    Revision: '',
    Server: true,
    Version: '1.8.7',
  },
  DebugConfig: { ACLDatacenter: 'dc1', ACLDefaultPolicy: 'allow' },
};

export const session = { ID: '9c82e239-e9e3-2416-59e0-133b28005b8b' };

const header = { cluster_id: '18228474418268373744', member_id: '13272128411404309305', raft_term: '2' };
export const status = {
  header: { ...header, revision: '1' },
  version: '3.5.16',
  dbSize: '20480',
  leader: '6499',
  raftIndex: '8',
};
export const range = { header: { ...header, revision: '1' } };
export const memberList = {
  header,
  members: [
    {
      ID: '6496877417839779515',
      name: 'etcd-3',
      peerURLs: ['http://10.0.0.3:2380'],
      clientURLs: ['http://10.0.0.3:2379'],
    },
    { ID: '13272128411404309305', name: '', peerURLs: ['http://10.0.0.1:2380'], isLearner: true },
  ],
};
export const added = {
  header,
  member: { ID: '17966116782779262425', peerURLs: ['http://10.0.0.4:2380'], isLearner: true },
};
/** IDs are numbers here, beyond what JavaScript's can be. */
export const members =
  '[{"id":6496877417839779515,"peerURLs":["http://10.0.0.3:2380"],"name":"etcd-3","clientURLs":["http://10.0.0.3:2379"]},' +
  '{"id":13272128411404309305,"peerURLs":["http://10.0.0.1:2380"],"name":"","isLearner":true}]\n';
export const clusterId = 'fcf88ce7a22e82f0';
export const refusal = { code: 14, message: 'etcdserver: request timed out' };
export const nameless = { code: 3, message: 'etcdserver: user name is empty' };

/** The machines that Consul's agents know of. */
export const machines = [
  ...[1, 2, 3].map((n) => ({ Name: `etcd-${n}`, Addr: `10.0.0.${n}`, Port: 8301, Status: 1 })),
  { Name: 'etcd-9', Addr: '10.0.0.9', Port: 8301, Status: 4 },
];
