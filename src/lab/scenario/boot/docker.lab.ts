import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { ensureImage, layoutOf, prepareMachine } from '../../lab.ts';
import { processesIn } from '../../machine/cgroup.ts';
import type { Layout } from '../../machine/layout.ts';
import { runSteps, undoSteps } from '../../machine/steps.ts';
import { namespacesOf, networkStep } from '../../network/network.ts';
import { besideEngine, docker, enginePaths, engineStep, importImage } from '../../target/docker.ts';
import { eventually, labTest } from '../lab-testing.ts';

const network = { cidr: '10.77.0.0/24', prefix: 24, gateway: '10.77.0.1' };
const say = () => {};

/** Things that an engine could leave in the machine's own namespaces; other labs' mounts come and go. */
function machine({ directory }: Layout): string[] {
  const mounts = readFileSync('/proc/self/mountinfo', 'utf8').split('\n');
  return [
    ...execFileSync('ip', ['-o', 'link']).toString().split('\n'),
    ...mounts.filter((line) => line.includes(`${directory}/`)),
  ];
}

/** Cgroups in the lab's, in whatever tree. */
function cgroupsOf({ prefix }: Layout): string[] {
  const trees = ['.', ...readdirSync('/sys/fs/cgroup')].map((tree) => join('/sys/fs/cgroup', tree, prefix));
  const inside = trees.filter(existsSync).flatMap((tree) => readdirSync(tree, { withFileTypes: true }));
  return inside.filter((entry) => entry.isDirectory()).map(({ name }) => name);
}

async function withEngine(t: ExecutionContext, use: (layout: Layout, root: string) => Promise<void>): Promise<void> {
  t.timeout(300_000);
  await prepareMachine(say);
  const directory = mkdtempSync('/var/lib/quorumgate-test-');
  t.teardown(() => rmSync(directory, { recursive: true, force: true }));
  const layout = layoutOf(directory);
  const { directory: engine } = await ensureImage({ cache: layout.cache, name: 'engine', say });
  const { directory: root } = await ensureImage({ cache: layout.cache, name: 'bookworm', say });
  const before = machine(layout);
  const steps = [networkStep(layout, network, []), engineStep(layout, engine)];
  await runSteps(steps);
  try {
    await use(layout, root);
    t.deepEqual(machine(layout), before, 'all that is the engine’s is in namespaces of the lab');
  } finally {
    await undoSteps(steps);
  }
  t.deepEqual(machine(layout), before);
  t.deepEqual(processesIn(layout.prefix), []);
  t.deepEqual(cgroupsOf(layout), []);
  t.deepEqual(namespacesOf(layout), []);
  t.false(existsSync(enginePaths(layout).base));
}

labTest('an image from a directory runs, reaches the lab’s network and nothing else', async (t) => {
  await withEngine(t, async (layout, root) => {
    await importImage(layout, root, 'lab-box', ['LABEL from=lab']);
    t.regex(await docker(layout, ['images', '--filter', 'label=from=lab']), /lab-box/);
    t.regex(await docker(layout, ['run', '--rm', 'lab-box', 'cat', '/etc/os-release']), /bookworm/);
    // Owners and modes are the directory's.
    t.regex(await docker(layout, ['run', '--rm', 'lab-box', 'stat', '-c', '%U %a', '/etc/shadow']), /^root 640$/);
    const bridge = [
      '--opt',
      'com.docker.network.bridge.name=br0',
      '--subnet',
      network.cidr,
      '--gateway',
      network.gateway,
    ];
    await docker(layout, ['network', 'create', ...bridge, 'lab']);
    const ip = await docker(layout, [
      'run',
      '--rm',
      '--network=lab',
      '--ip=10.77.0.101',
      'lab-box',
      'ping',
      '-c1',
      '10.77.0.1',
    ]);
    t.regex(ip, /1 received/);
    const pulled = await t.throwsAsync(docker(layout, ['pull', 'debian']));
    t.truthy(pulled, 'nothing can be pulled');
    await docker(layout, ['run', '-d', '--name=kept', 'lab-box', 'sleep', '1000']);
    const id = await docker(layout, ['inspect', '-f', '{{.Id}}', 'kept']);
    t.is(processesIn(join(enginePaths(layout).containers, id)).length, 1, 'a container is in a cgroup of the lab');
  });
});

labTest('an engine that was killed leaves nothing that is not found', async (t) => {
  await withEngine(t, async (layout, root) => {
    await importImage(layout, root, 'lab-box');
    await docker(layout, ['run', '-d', '--name=orphan', 'lab-box', 'sleep', '1000']);
    const engine = JSON.parse(readFileSync(enginePaths(layout).identity, 'utf8')) as { pid: number };
    process.kill(engine.pid, 'SIGKILL');
    await eventually(
      async () => existsSync(`/proc/${engine.pid}`),
      (there) => !there,
    );
    t.throws(() => besideEngine(layout, ['docker', 'ps']), { message: /no Docker engine that runs/ });
    t.true(processesIn(enginePaths(layout).containers).length > 0, 'its container goes on');
  });
});

labTest('an engine that cannot start says why, and nothing is left', async (t) => {
  const directory = mkdtempSync('/var/lib/quorumgate-test-');
  t.teardown(() => rmSync(directory, { recursive: true, force: true }));
  const layout = layoutOf(directory);
  const steps = [networkStep(layout, network, []), engineStep(layout, '/nonexistent')];
  const error = await t.throwsAsync(runSteps(steps));
  t.regex(error?.message ?? '', /starting the Docker engine: it ended: .*(mount|nonexistent)/s);
  t.deepEqual(
    [processesIn(layout.prefix), namespacesOf(layout), existsSync(enginePaths(layout).base)],
    [[], [], false],
  );
});
