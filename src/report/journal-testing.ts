/** Lines of journals as hosts of Debian 12 write them (systemd 252, Consul 1.8.7, etcd 3.5.16), for tests. */
const STARTING = '7d4958e842da4a758f6c1cdc7b36dcc5';
const RESTARTED = '5eb03494b6584870a536b337290809b3';
const STARTED = '39f53479d3a045ac8e11786248231fbf';

type Fields = Record<string, unknown>;

/** One host that boots: a method for each thing that its journal gets, at a second after its start. */
export class TestJournal {
  readonly lines: string[] = [];
  readonly #host: string;
  readonly #begin: number;
  readonly #zero: number;
  readonly #boot: string;

  /**
   * @param begin its start in seconds since 1970
   * @param zero what its monotonic clock shows then
   */
  constructor(host: string, begin = 1_796_000_000, zero = 0) {
    this.#host = host;
    this.#begin = begin;
    this.#zero = zero;
    this.#boot = Buffer.from(`${host} ${begin}`).toString('hex').padEnd(32, '0').slice(-32);
  }

  raw(at: number, fields: Fields): this {
    const micro = (seconds: number) => String(Math.round(seconds * 1e6));
    const entry = {
      __CURSOR: `s=0123456789abcdef;i=${this.lines.length};b=${this.#boot}`,
      __REALTIME_TIMESTAMP: micro(this.#begin + at),
      __MONOTONIC_TIMESTAMP: micro(this.#zero + at),
      _BOOT_ID: this.#boot,
      _MACHINE_ID: Buffer.from(this.#host).toString('hex').padEnd(32, '0'),
      _HOSTNAME: this.#host,
      ...fields,
    };
    this.lines.push(JSON.stringify(entry));
    return this;
  }

  #systemd(at: number, unit: string, kind: string, text: string): this {
    const by = {
      _PID: '1',
      _COMM: 'systemd',
      _SYSTEMD_UNIT: 'init.scope',
      SYSLOG_IDENTIFIER: 'systemd',
      PRIORITY: '6',
    };
    return this.raw(at, { ...by, UNIT: unit, MESSAGE_ID: kind, JOB_TYPE: 'start', MESSAGE: text });
  }

  starting(at: number, unit: string): this {
    return this.#systemd(at, unit, STARTING, `Starting ${unit}...`);
  }

  started(at: number, unit: string): this {
    return this.#systemd(at, unit, STARTED, unit.endsWith('.target') ? `Reached target ${unit}.` : `Started ${unit}.`);
  }

  restarts(at: number, unit: string): this {
    return this.#systemd(at, unit, RESTARTED, `${unit}: Scheduled restart job, restart counter is at 1.`);
  }

  says(at: number, unit: string, text: unknown, program = 'sh'): this {
    const by = { _PID: '412', _TRANSPORT: 'stdout', _SYSTEMD_UNIT: unit, SYSLOG_IDENTIFIER: program, PRIORITY: '6' };
    return this.raw(at, { ...by, MESSAGE: text });
  }

  get text(): string {
    return this.lines.map((line) => `${line}\n`).join('');
  }
}

/** When a member of the example came to each step, in seconds after its start. */
interface Times {
  configured: number;
  consul: number;
  programs: number;
  leader: number;
  registered: number;
  gate: number;
  etcd: number;
  up: number;
}

const CLUSTER = '26acdb9bcb6894b3';

/** The boot of `etcd-NUMBER`, as that of the README. */
export function memberJournal(number: number, times: Times, begin?: number, zero?: number): TestJournal {
  const name = `etcd-${number}`;
  const { configured, consul, programs, leader, registered, gate, etcd, up } = times;
  const fetching = 'https://artifacts.example.com/etcd-v3.7.3-linux-amd64.tar.gz';
  const clock = '2026-12-01T10:11:12.131Z';
  return new TestJournal(name, begin, zero)
    .raw(0.9, { _TRANSPORT: 'kernel', SYSLOG_IDENTIFIER: 'kernel', MESSAGE: 'Linux version 6.1.0-27-amd64' })
    .raw(2.1, {
      _PID: '1',
      _SYSTEMD_UNIT: 'init.scope',
      MESSAGE: 'Queued start job for default target graphical.target.',
    })
    .starting(configured, 'quorumgate-host.service')
    .says(configured + 0.1, 'quorumgate-host.service', 'waiting: no address from metadata ec2 yet')
    .says(configured + 0.4, 'quorumgate-host.service', `this host is ${name} at 10.77.0.10${number}`)
    .started(configured + 0.45, 'quorumgate-host.service')
    .starting(configured + 0.5, 'quorumgate-program@consul.service')
    .says(consul - 0.2, 'quorumgate-program@consul.service', 'consul is there')
    .started(consul - 0.1, 'quorumgate-program@consul.service')
    .started(consul, 'consul.service')
    .starting(consul + 0.05, 'quorumgate-program@etcd.service')
    .says(consul + 0.1, 'consul.service', `    ${clock} [INFO]  agent.server: initializing acls`, 'consul')
    .says(
      consul + 0.3,
      'quorumgate-program@etcd.service',
      `waiting: etcd: ${fetching}: curl: (7) Failed to connect; next try in 5 s`,
    )
    .says(programs - 0.1, 'quorumgate-program@etcd.service', `etcd: fetched from ${fetching}`)
    .says(programs - 0.05, 'quorumgate-program@etcd.service', 'etcd is there')
    .started(programs, 'quorumgate-program@etcd.service')
    .says(leader - 0.6, 'etcd-register-server.service', 'waiting: Consul has no leader', 'etcd-register')
    .says(leader, 'consul.service', `    ${clock} [INFO]  agent.server: New leader elected: payload=etcd-2`, 'consul')
    .says(
      registered,
      'etcd-register-server.service',
      `registered ${name}-mycluster-server at 10.77.0.10${number}:2380`,
      'etcd-register',
    )
    .starting(Math.max(programs, registered) + 0.02, 'etcd.service')
    .says(
      Math.max(programs, registered) + 0.1,
      'etcd.service',
      'waiting: 2 of 3 registered: etcd-1, etcd-2',
      'etcd-ready',
    )
    .says(gate, 'etcd.service', `starting as one of 3 new members of cluster ${CLUSTER}`, 'etcd-ready')
    .says(
      etcd - 0.1,
      'etcd.service',
      `{"level":"info","ts":"${clock}","logger":"raft","caller":"etcdserver/zap_raft.go:77","msg":"raft.node: 1c1277aec4c22fab elected leader c8b6476af5259266 at term 2"}`,
    )
    .started(etcd, 'etcd.service')
    .starting(etcd + 0.01, 'etcd-register-client.service')
    .says(
      up - 0.02,
      'etcd-register-client.service',
      `member of cluster ${CLUSTER}, as predicted; registered ${name}-mycluster-client`,
      'etcd-register',
    )
    .started(up - 0.01, 'etcd-register-client.service')
    .started(up, 'etcd-cluster.target');
}

/** Three members: etcd-3 begins last, and its program of etcd comes late. */
export function exampleJournals(): TestJournal[] {
  const begin = 1_796_000_000;
  return [
    memberJournal(
      1,
      {
        configured: 7.1,
        consul: 9.2,
        programs: 12.8,
        leader: 13.2,
        registered: 13.3,
        gate: 19.2,
        etcd: 20.3,
        up: 20.6,
      },
      begin,
    ),
    memberJournal(
      2,
      {
        configured: 7.0,
        consul: 9.0,
        programs: 12.9,
        leader: 13.1,
        registered: 13.2,
        gate: 19.3,
        etcd: 20.4,
        up: 20.5,
      },
      begin + 0.1,
    ),
    memberJournal(
      3,
      {
        configured: 7.5,
        consul: 10.2,
        programs: 16.9,
        leader: 11.2,
        registered: 16.8,
        gate: 17.3,
        etcd: 18.5,
        up: 18.9,
      },
      begin + 2,
    ),
  ];
}
