import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { copyFile, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { compile } from '../../../compile.ts';
import { toNetwork } from '../../../format/ipv4.ts';
import { loadAssets } from '../../../io/assets.ts';
import { writeOutput } from '../../../io/write.ts';
import { type NumberedHost, numberedHosts } from '../../../plan/hosts.ts';
import { STAND_INS } from '../../compile/overlay.ts';
import { storeDirectory } from '../../image/program/artifacts.ts';
import { ensureArtifact, OFFERS } from '../../image/program/debian.ts';
import { ensureImage, layoutOf, prepareMachine, throwawayCertificates } from '../../lab.ts';
import { downloadPackages } from '../../machine/apt.ts';
import { removeCgroup } from '../../machine/cgroup.ts';
import { type Finished, finish, run } from '../../machine/command.ts';
import type { Layout } from '../../machine/layout.ts';
import { acquireLock } from '../../machine/lock.ts';
import { runSteps, undoSteps } from '../../machine/steps.ts';
import { clusterId } from '../../members/cluster-id.ts';
import { parseEndpointHealth, parseEndpointStatus, parseMemberList } from '../../members/etcd-json.ts';
import { networkStep } from '../../network/network.ts';
import { besideEngine, docker, enginePaths, engineStep, importImage, startEngine } from '../../target/docker.ts';
import { eventually } from '../lab-testing.ts';

const network = { cidr: '10.77.0.0/24', prefix: 24, gateway: '10.77.0.1' };
const say = () => {};
const BASE = 'localhost/lab-base';

/** Compose as two Debian releases have it: the one in Python is in the engine's image, the other is put beside it. */
export type Dialect = '1.29' | '2.26';

async function ensureComposeTwo(cache: string): Promise<string> {
  const file = join(cache, 'compose-2/docker-compose');
  await mkdir(dirname(file), { recursive: true });
  const release = await acquireLock(`${file}.lock`, true);
  const work = join(cache, 'compose-2/work');
  try {
    if (existsSync(file)) return file;
    await rm(work, { recursive: true, force: true });
    await mkdir(work, { recursive: true });
    await downloadPackages(work, 'trixie', ['docker-compose']);
    await run('sh', ['-c', 'exec dpkg-deb -x docker-compose_*.deb tree'], { cwd: work });
    await rename(join(work, 'tree/usr/libexec/docker/cli-plugins/docker-compose'), file);
    return file;
  } finally {
    await rm(work, { recursive: true, force: true });
    await release?.();
  }
}

/** A spec as a user writes it for target `compose`, of the lab's artifacts; with changes. */
async function specText(cache: string, { sidekick = 'inline', ...changes }: Record<string, string>): Promise<string> {
  const source = async (program: 'consul' | 'etcd') => {
    const { sha256 } = await ensureArtifact(cache, OFFERS[program][0], say);
    return `{url: "https://example.com/${program}.tar.gz", sha256: ${sha256}}`;
  };
  const keys = {
    version: '1',
    cluster: '{name: mycluster, size: 3}',
    targets: '[compose]',
    address: '{cidr: 10.78.0.0/24}',
    consul: '{servers: members, join: [10.78.0.101, 10.78.0.102, 10.78.0.103]}',
    etcd: '{version: 3.5.16}',
    tls: 'off',
    programs: `{consul: ${await source('consul')}, etcd: ${await source('etcd')}, socat: image, node: image, sidekick: ${sidekick}}`,
    compose: `{base: ${BASE}}`,
    ...changes,
  };
  return Object.entries(keys)
    .map(([key, value]) => `${key}: ${value}\n`)
    .join('');
}

/** Answers of each member, and the record in Consul. */
export interface View {
  /** Of each host by its name: the ID of its member. */
  members: Map<string, string>;
  /** Names in the cluster's own list, sorted; one that is not started or has no vote is marked. */
  listed: string[];
  predicted: string;
  actual: string[];
  healthy: string[];
  one: boolean;
}

const UNWELL = /unhealthy|starting|Exited|Restarting|Created/;

/** A cluster made by Compose in a lab's engine. */
export class Composed {
  readonly folder: string;
  readonly hosts: NumberedHost[];
  private readonly layout: Layout;
  private readonly image: string;
  private readonly dialect: Dialect;
  private readonly tls: string[];

  constructor(layout: Layout, image: string, dialect: Dialect, hosts: NumberedHost[], tls: string[]) {
    this.layout = layout;
    this.image = image;
    this.dialect = dialect;
    this.hosts = hosts;
    this.tls = tls;
    this.folder = join(enginePaths(layout).base, 'project');
  }

  get memberHosts(): NumberedHost[] {
    return this.hosts.filter(({ role }) => role === 'etcd');
  }

  docker(...args: string[]): Promise<string> {
    return docker(this.layout, args);
  }

  /** Runs Compose to its end, whatever that is. */
  compose(...args: string[]): Promise<Finished> {
    const program = this.dialect === '1.29' ? 'docker-compose' : join(this.folder, 'docker-compose');
    const [command = '', ...rest] = besideEngine(this.layout, [program, ...args], {
      cwd: join(this.folder, 'compose'),
      env: { PYTHONDONTWRITEBYTECODE: '1' },
    });
    return finish(command, rest);
  }

  /** Runs Compose; it must succeed. */
  async must(...args: string[]): Promise<void> {
    const { exitCode, stdout, stderr } = await this.compose(...args);
    if (exitCode !== 0) throw new Error(`compose ${args.join(' ')}: ${exitCode}: ${stdout}${stderr}`.slice(-4000));
  }

  async container(service: string): Promise<string> {
    const filter = `label=com.docker.compose.service=${service}`;
    return (await this.docker('ps', '-aq', '--no-trunc', '--filter', filter)).trim();
  }

  async inspect(service: string, format: string): Promise<string> {
    return (await this.docker('inspect', '-f', format, await this.container(service))).trim();
  }

  /** Runs a command in a service's container; empty where there is none that runs. */
  async exec(service: string, ...command: string[]): Promise<string> {
    return docker(this.layout, ['exec', await this.container(service), ...command]).catch(() => '');
  }

  private etcdctl(host: NumberedHost, ...args: string[]): Promise<string> {
    const url = `${this.tls.length > 0 ? 'https' : 'http'}://${host.address}:2379`;
    return this.exec(host.name, 'etcdctl', `--endpoints=${url}`, ...this.tls, ...args, '-w', 'json');
  }

  async look(): Promise<View> {
    const rows = await Promise.all(
      this.memberHosts.map(async (host) => {
        const url = `${this.tls.length > 0 ? 'https' : 'http'}://${host.address}:2379`;
        const status = parsed(await this.etcdctl(host, 'endpoint', 'status'), parseEndpointStatus)?.[0];
        const health = parsed(await this.etcdctl(host, 'endpoint', 'health'), parseEndpointHealth)?.get(url);
        const list = parsed(await this.etcdctl(host, 'member', 'list'), parseMemberList);
        return { host: host.name, status, healthy: health === true, list };
      }),
    );
    const record = await this.record();
    const peers = (record?.members ?? []).map((member) => ({ peerUrls: [member.peer_url] }));
    const predicted = record === undefined ? '' : clusterId(peers, record.token);
    const actual = [...new Set(rows.map(({ status }) => status?.clusterId ?? 'none'))];
    const lists = rows.map(({ list }) =>
      (list?.members ?? []).map(({ name, learner }) => `${name || 'not started'}${learner ? ' (learner)' : ''}`).sort(),
    );
    const names = this.memberHosts.map(({ name }) => name);
    return {
      members: new Map(rows.map(({ host, status }) => [host, status?.memberId ?? ''])),
      listed: lists[0] ?? [],
      predicted,
      actual,
      healthy: rows.filter(({ healthy }) => healthy).map(({ host }) => host),
      one:
        predicted !== '' &&
        actual.join() === predicted &&
        rows.every(({ healthy }) => healthy) &&
        lists.every((list) => list.join() === names.join()),
    };
  }

  private async record(): Promise<{ token: string; members: { peer_url: string }[] } | undefined> {
    const url = 'http://127.0.0.1:8500/v1/kv/etcd3/mycluster/bootstrap?raw';
    for (const { name } of this.memberHosts) {
      const record = parsed(await this.exec(`${name}-dns-udp`, 'curl', '-sf', '-m', '3', url), JSON.parse);
      if (record !== undefined) return record;
    }
    return undefined;
  }

  /** One cluster, the predicted one, and every container of it healthy. */
  async sound(t: ExecutionContext, why: string): Promise<View> {
    const view = await eventually(
      () => this.look(),
      ({ one }) => one,
      120,
    );
    t.true(view.one, `${why}: ${JSON.stringify({ ...view, members: [...view.members] })}\n${await this.states()}`);
    const states = await eventually(
      () => this.states(),
      (text) => !UNWELL.test(text),
      60,
    );
    t.notRegex(states, UNWELL, `${why}\n${await this.lastWords(states)}`);
    return view;
  }

  states(): Promise<string> {
    return this.docker('ps', '-a', '--format', '{{.Label "com.docker.compose.service"}} {{.Status}}');
  }

  /** The logs of those services that are not well. */
  private async lastWords(states: string): Promise<string> {
    const services = states.split('\n').filter((line) => UNWELL.test(line));
    const logs = services.map(async (line) => {
      const [service = ''] = line.split(' ');
      const { stdout, stderr } = await this.compose('logs', '--tail', '20', service);
      return `${line}\n${stdout}${stderr}`;
    });
    return (await Promise.all(logs)).join('\n');
  }

  /** Ends the engine and everything in it at once, and starts the engine again. */
  async powerCut(): Promise<void> {
    await removeCgroup(enginePaths(this.layout).cgroup);
    await startEngine(this.layout, this.image);
  }
}

function parsed<T>(text: string, parse: (text: string) => T): T | undefined {
  try {
    return parse(text);
  } catch {
    return undefined;
  }
}

export interface ComposeOptions {
  dialect: Dialect;
  /** Keys of the spec, and `sidekick` of its programs. */
  spec?: Record<string, string>;
}

/** Compiles a spec, has an engine with the base image and the artifacts beside it, and leaves nothing. */
export async function withCompose(
  { dialect, spec: changes = {} }: ComposeOptions,
  use: (composed: Composed) => Promise<void>,
): Promise<void> {
  await prepareMachine(say);
  const directory = mkdtempSync(join(process.env.QUORUMGATE_TEST_ROOT ?? '/var/lib', 'quorumgate-test-'));
  const layout = layoutOf(directory);
  const { cache } = layout;
  const { directory: image } = await ensureImage({ cache, name: 'engine', say });
  const { directory: root } = await ensureImage({ cache, name: 'bookworm', say });
  const { spec, files, diagnostics } = compile(await specText(cache, changes), {
    file: 'x',
    assets: await loadAssets(),
    excuse: STAND_INS,
  });
  if (spec === undefined) throw new Error(JSON.stringify(diagnostics));
  const steps = [networkStep(layout, network, []), engineStep(layout, image)];
  try {
    await runSteps(steps);
    await importImage(layout, root, BASE);
    const hosts = numberedHosts(spec, toNetwork(spec.address.cidr ?? ''));
    const tls =
      spec.tls === 'off'
        ? []
        : [`--cacert=${spec.tls.client.ca}`, `--cert=${spec.tls.client.cert}`, `--key=${spec.tls.client.key}`];
    const composed = new Composed(layout, image, dialect, hosts, tls);
    await writeOutput(composed.folder, files);
    await mkdir(join(composed.folder, 'artifacts'));
    for (const program of ['consul', 'etcd'] as const) {
      const { file } = await ensureArtifact(cache, OFFERS[program][0], say);
      await copyFile(join(storeDirectory(cache), file), join(composed.folder, `artifacts/${program}.tar.gz`));
    }
    for (const { path, bytes } of files.filter((file) => file.path.startsWith('upload/'))) {
      await place(join(composed.folder, path.replace('upload/', 'artifacts/')), bytes);
    }
    if (dialect !== '1.29') await copyFile(await ensureComposeTwo(cache), join(composed.folder, 'docker-compose'));
    for (const [host, list] of await throwawayCertificates(spec, hosts)) {
      for (const { path, content } of list) await place(join(composed.folder, 'tls', host, path), content);
    }
    await use(composed);
  } finally {
    await undoSteps(steps);
    await removeCgroup(layout.prefix);
    rmSync(directory, { recursive: true, force: true });
  }
}

async function place(path: string, content: string | Uint8Array): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, content, { mode: 0o644 });
}
