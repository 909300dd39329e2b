/** A room of `src/`: a folder or file, what it is about, and the rooms that it may import. */
export interface Layer {
  room: string;
  about: string;
  uses: readonly string[];
}

/**
 * The way imports run: each room uses rooms above it alone, and exactly these. The nearest row counts for what is in a room. Tests may use
 * besides what is in the same top folder, and whatever makes a spec into files. `architecture.test.ts` holds the sources to it; docs/architecture.md shows it.
 */
export const LAYERS: readonly Layer[] = [
  { room: 'diagnostic', about: 'diagnostics: codes, causes, remedies, and how they are shown', uses: [] },
  { room: 'format', about: 'leaves: unit files, cloud-config, addresses, and other forms of text', uses: [] },
  { room: 'version', about: 'what is so of some versions of a program: facts with date and source', uses: [] },
  {
    room: 'spec',
    about: 'the schema, reading a spec with positions, rules across fields',
    uses: ['diagnostic', 'version'],
  },
  { room: 'plan', about: 'from a spec to what each role has, and the boot graph', uses: ['format', 'spec', 'version'] },
  {
    room: 'testing',
    about: 'servers that fail, a Consul by its documents, real programs and shells, for tests',
    uses: ['plan'],
  },
  {
    room: 'target',
    about: 'from plans to the files of one boot system, and back',
    uses: ['format', 'plan', 'spec', 'version'],
  },
  { room: 'kubernetes', about: 'what an existing cluster needs of the members', uses: ['format', 'spec', 'target'] },
  { room: 'compile', about: 'text in, files and diagnostics out', uses: ['diagnostic', 'plan', 'spec', 'target'] },
  { room: 'sidekick/shared', about: 'contracts of the sidekicks: ports, keys, records', uses: [] },
  { room: 'sidekick/ready', about: 'the gate: what is seen, and what it decides', uses: ['sidekick/shared'] },
  {
    room: 'sidekick/register',
    about: 'registrations, and whether etcd is in the predicted cluster',
    uses: ['sidekick/ready', 'sidekick/shared'],
  },
  { room: 'sidekick/host', about: 'the ports as they really are', uses: ['sidekick/shared', 'version'] },
  {
    room: 'sidekick/fuzz',
    about: 'any answer at all, to each request and to whole programs',
    uses: ['sidekick/host', 'sidekick/ready', 'sidekick/register', 'sidekick/shared'],
  },
  {
    room: 'sidekick/model',
    about: 'the programs in a world of faults and lies',
    uses: ['sidekick/ready', 'sidekick/register', 'sidekick/shared'],
  },
  {
    room: 'sidekick/check',
    about: 'schedules for the model, and the same with each rule taken out',
    uses: ['sidekick/model', 'sidekick/ready', 'sidekick/shared'],
  },
  {
    room: 'sidekick',
    about: 'the one file that runs on hosts',
    uses: ['sidekick/host', 'sidekick/ready', 'sidekick/register', 'sidekick/shared'],
  },
  { room: 'io', about: 'disk: input, output, assets', uses: ['compile', 'diagnostic', 'spec'] },
  { room: 'io/release', about: 'the network: indexes of releases', uses: ['io', 'sidekick/host', 'spec'] },
  {
    room: 'operator/host',
    about: 'what commands ask of Consul and etcd, and how',
    uses: ['sidekick/host', 'sidekick/shared'],
  },
  {
    room: 'operator',
    about: 'commands over a running cluster: list, retire, reset, restore',
    uses: ['format', 'io', 'operator/host', 'plan', 'sidekick/host', 'sidekick/shared', 'spec'],
  },
  { room: 'fuzz', about: '`npm run fuzz:answers`', uses: ['io/release', 'operator', 'sidekick/fuzz', 'spec'] },
  {
    room: 'lab/machine',
    about: 'this machine: processes, cgroups, locks, apt, and where a lab keeps everything',
    uses: [],
  },
  {
    room: 'lab/image/program',
    about: 'programs for hosts: by URL, as `npm run programs` brings them, of Debian',
    uses: ['format', 'io', 'io/release', 'lab/machine'],
  },
  {
    room: 'lab/image',
    about: 'the root filesystems that hosts boot, pods, and the sidekicks as a program',
    uses: ['format', 'io', 'lab/image/program', 'lab/machine'],
  },
  {
    room: 'lab/network',
    about: 'the bridge, addresses, and what hosts may reach: programs, names, metadata',
    uses: ['format', 'lab/image', 'lab/image/program', 'lab/machine', 'plan', 'spec', 'testing'],
  },
  {
    room: 'lab/host',
    about: 'one host: its processes, its state, commands inside it',
    uses: ['lab/image', 'lab/image/program', 'lab/machine', 'lab/network', 'plan'],
  },
  {
    room: 'lab/target',
    about: 'how a host reads what was compiled: cloud-init, EC2, Ignition, Vagrant, kubelet',
    uses: ['lab/host', 'lab/image', 'lab/machine', 'lab/network', 'plan'],
  },
  {
    room: 'lab/compile',
    about: 'a spec as the lab can boot it, with keys and certificates of its own',
    uses: [
      'compile',
      'io',
      'lab/host',
      'lab/image',
      'lab/image/program',
      'lab/machine',
      'lab/network',
      'lab/target',
      'spec',
    ],
  },
  {
    room: 'lab/cluster',
    about: 'hosts of a cluster come and go: boot, grow, remove, power, take down',
    uses: ['lab/compile', 'lab/host', 'lab/machine', 'lab/network', 'lab/target', 'spec'],
  },
  { room: 'lab/members', about: 'what etcd says of its members', uses: ['lab/host', 'lab/machine', 'lab/target'] },
  {
    room: 'lab/view',
    about: 'looking at hosts while they boot, and showing it',
    uses: ['format', 'lab/host', 'lab/machine', 'lab/members', 'lab/target', 'plan'],
  },
  {
    room: 'lab/fault',
    about: 'what can be broken, each one row',
    uses: ['lab/cluster', 'lab/host', 'lab/machine', 'lab/members', 'lab/network', 'lab/target'],
  },
  {
    room: 'lab',
    about: 'a lab that runs: its handle, its start, its status',
    uses: [
      'compile',
      'lab/cluster',
      'lab/compile',
      'lab/fault',
      'lab/host',
      'lab/image',
      'lab/image/program',
      'lab/machine',
      'lab/members',
      'lab/network',
      'lab/target',
      'lab/view',
      'spec',
    ],
  },
  {
    room: 'lab/chaos',
    about: 'random faults beside a client that writes',
    uses: ['lab', 'lab/fault', 'lab/host', 'lab/machine', 'lab/members', 'lab/network', 'lab/view'],
  },
  {
    room: 'lab/lab',
    about: 'the front door',
    uses: [
      'lab',
      'lab/chaos',
      'lab/cluster',
      'lab/compile',
      'lab/fault',
      'lab/host',
      'lab/image',
      'lab/machine',
      'lab/network',
      'lab/target',
      'lab/view',
    ],
  },
  {
    room: 'lab/attack',
    about: 'liars on the network, and disks that go back',
    uses: ['io', 'lab/chaos', 'lab/fault', 'lab/host', 'lab/lab', 'lab/machine', 'lab/members', 'lab/network'],
  },
  {
    room: 'lab/bench',
    about: 'how long a boot and a gate take',
    uses: ['compile', 'io', 'lab/host', 'lab/image/program', 'lab/lab', 'lab/machine', 'lab/view', 'spec'],
  },
  {
    room: 'lab/scenario',
    about: 'tests that boot hosts: boot, heal, change, targets, trust, mixed',
    uses: [
      'compile',
      'format',
      'io',
      'lab/attack',
      'lab/chaos',
      'lab/cluster',
      'lab/compile',
      'lab/host',
      'lab/image',
      'lab/image/program',
      'lab/lab',
      'lab/machine',
      'lab/members',
      'lab/network',
      'lab/target',
      'plan',
      'sidekick/shared',
      'spec',
      'testing',
    ],
  },
  {
    room: 'cli',
    about: 'the command line',
    uses: [
      'compile',
      'diagnostic',
      'io',
      'io/release',
      'kubernetes',
      'lab/lab',
      'operator',
      'operator/host',
      'spec',
      'target',
    ],
  },
];
