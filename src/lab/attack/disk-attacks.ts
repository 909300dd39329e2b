import type { HostFile } from '../host/host.ts';
import { inside } from '../host/inside.ts';
import type { HostState } from '../host/state.ts';
import { LabError } from '../lab.ts';
import type { Layout } from '../machine/layout.ts';
import { clusterEnvironment } from '../members/etcdctl.ts';

/** A script inside a host; its output, whatever became of it. */
async function script(host: HostState, ...lines: string[]): Promise<string> {
  return (await inside(host, ['sh', '-c', lines.join('\n')])).stdout.trim();
}

/** Shown to peers by the host's own certificate, where there are any. */
function peerFlags(environment: ReadonlyMap<string, string>): Record<string, string> {
  const file = (name: string) => environment.get(`ETCD_PEER_${name}_FILE`) ?? '';
  if (environment.get('QG_SCHEME') !== 'https') return {};
  return {
    'peer-cert-file': file('CERT'),
    'peer-key-file': file('KEY'),
    'peer-trusted-ca-file': file('TRUSTED_CA'),
    'peer-client-cert-auth': 'true',
  };
}

/**
 * Another etcd at a host's own peer port, again and again, as soon as the port is free; `end` ends it. That host's own
 * etcd is killed once it is ready.
 */
export async function foreignEtcd(layout: Layout, host: HostState): Promise<{ end(): Promise<void> }> {
  const environment = await clusterEnvironment(layout, host);
  const scheme = environment.get('QG_SCHEME') ?? 'http';
  const url = `${scheme}://${host.address}:2380`;
  const client = 'http://127.0.0.1:12379';
  const flags = {
    name: 'f',
    'data-dir': '/tmp/f',
    'initial-cluster-token': 'other',
    'listen-peer-urls': `${scheme}://0.0.0.0:2380`,
    'initial-advertise-peer-urls': url,
    'initial-cluster': `f=${url}`,
    'listen-client-urls': client,
    'advertise-client-urls': client,
    ...peerFlags(environment),
  };
  const again = ['Restart=always', 'RestartSec=100ms', 'StartLimitIntervalSec=0', 'KillSignal=SIGKILL'];
  const run = ['systemd-run', '--unit=foreign', '--collect', ...again.map((one) => `-p${one}`)];
  const program = ['/opt/quorumgate/bin/etcd', ...Object.entries(flags).map(([name, value]) => `--${name}=${value}`)];
  const started = await inside(host, [...run, ...program]);
  if (started.exitCode !== 0) throw new LabError(`${host.name}: ${started.stderr.trim()}`, 'Has it ended?');
  await script(host, 'systemctl kill -s KILL --kill-who=main etcd');
  return {
    end: async () => {
      await script(host, 'systemctl stop foreign', 'rm -rf /tmp/f');
    },
  };
}

/** Puts a disk back to a copy that was made before the first launch, as a machine's snapshot does: never below an etcd that runs. */
export async function rollBack(host: HostState): Promise<void> {
  const stopped = await inside(host, ['sh', '-c', `systemctl stop etcd && ! pgrep -f '${ETCD}'`]);
  if (stopped.exitCode !== 0) {
    throw new LabError(`${host.name}: etcd has not stopped`, `${stopped.stdout} ${stopped.stderr}`.trim());
  }
  await script(
    host,
    'rm -rf /var/lib/etcd/member',
    `sed -i 's/"phase":"launched".*/"phase":"fresh"}/' /var/lib/etcd/quorumgate.json`,
    'systemctl restart etcd-register-server',
    'systemctl start --no-block etcd',
  );
}

/** The command line of an etcd that serves, the member's or any: not that of a gate that asks for its version. */
export const ETCD = '^([^ ]*/)?etcd --[^v]';

/** Whether etcd runs there. */
export async function runsEtcd(host: HostState): Promise<boolean> {
  return (await inside(host, ['pgrep', '-f', ETCD])).exitCode === 0;
}

/** etcd's directory is a volume, there before the first launch; once it is detached it is not there at boot. */
export const VOLUME: HostFile[] = [
  {
    path: '/etc/systemd/system/var-lib-etcd.mount',
    mode: 0o644,
    content: '[Unit]\nConditionPathExists=!/absent\n[Mount]\nWhat=/vol\nWhere=/var/lib/etcd\nType=none\nOptions=bind\n',
  },
  {
    path: '/etc/systemd/system/local-fs.target.d/vol.conf',
    mode: 0o644,
    content: '[Unit]\nWants=var-lib-etcd.mount\n',
  },
  { path: '/vol/lost+found/.keep', mode: 0o600, content: '' },
];

/** From the next boot on the volume is not there. */
export const detachVolume = (host: HostState) => script(host, 'touch /absent', 'sync');

/** It is there again, at once. */
export const attachVolume = (host: HostState) => script(host, 'rm -f /absent', 'mount --bind /vol /var/lib/etcd');
