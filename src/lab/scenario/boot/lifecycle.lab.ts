import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { hostLog } from '../../host/journal.ts';
import { readState, writeState } from '../../host/state.ts';
import { boot, compileForLab, down, LabError, layoutOf, start } from '../../lab.ts';
import { processesIn } from '../../machine/cgroup.ts';
import type { Layout } from '../../machine/layout.ts';
import { labOptions, labTest, PROGRAM } from '../lab-testing.ts';
import { securedOptions } from '../secured-testing.ts';

/** Remains of a lab in the kernel and on the disk. */
function traces(layout: Layout): string[] {
  const netns = existsSync('/run/netns') ? readdirSync('/run/netns') : [];
  const mounts = readFileSync('/proc/self/mountinfo', 'utf8').split('\n');
  const commands = execFileSync('ps', ['-eo', 'args']).toString().split('\n');
  return [
    ...netns.filter((name) => name.startsWith(layout.prefix)),
    ...mounts.filter((line) => line.includes(`${layout.directory}/`)),
    ...commands.filter((line) => line.includes(layout.prefix)),
    ...processesIn(layout.prefix).map(String),
    ...['.', 'systemd', 'unified'].map((tree) => `/sys/fs/cgroup/${tree}/${layout.prefix}`).filter(existsSync),
    ...readdirSync(layout.directory).filter((name) => name !== 'lock'),
  ];
}

labTest('down leaves nothing; a lab beside a running one is refused; exec, logs, kill and wipe', async (t) => {
  t.timeout(300_000);
  const { options: all, end } = await securedOptions(await labOptions({}), PROGRAM);
  t.teardown(() => rmSync(all.directory, { recursive: true, force: true }));
  const layout = layoutOf(all.directory);
  const lab = await start(all);
  try {
    const refused = await t.throwsAsync(start(all), { instanceOf: LabError });
    t.regex(refused.message, /running already/);
    t.is((await lab.exec('etcd-1', ['sh', '-c', 'exit 7'])).exitCode, 7);
    t.is((await lab.exec('etcd-1', ['uname', '-n'])).stdout, 'etcd-1');
    t.is((await lab.exec('etcd-1', ['ip', 'route', 'show', 'default'])).stdout, '', 'no route out');
    // Each host is a process tree of its own: none can kill what another runs.
    t.true(lab.hosts.every(({ name }) => processesIn(`${layout.prefix}/${name}`).length > 0));
    t.is((await lab.wait({ timeoutSeconds: 120 })).outcome, 'up');
    const page = join(all.directory, 'report.html');
    const env = { ...process.env, QUORUMGATE_LAB_DIR: all.directory };
    const said = execFileSync(process.execPath, [PROGRAM, 'lab', 'report', '-o', page, '--format', 'json'], { env });
    const { hosts } = JSON.parse(said.toString()) as { hosts: { name: string; steps: object }[] };
    t.deepEqual(hosts.map(({ name }) => name).sort(), ['etcd-1', 'etcd-2', 'etcd-3']);
    for (const { name, steps } of hosts)
      t.true(Object.keys(steps).length >= 7, `${name}: ${JSON.stringify(steps)}, of real journals`);
    t.regex(readFileSync(page, 'utf8'), /Critical chain/);
    rmSync(page);

    await lab.exec('etcd-2', ['sh', '-c', 'echo kept >/etc/marker; sync']);
    await lab.kill('etcd-2');
    t.is((await lab.wait({ timeoutSeconds: 30 })).outcome, 'dead');
    t.regex(await hostLog(layout, lab.host('etcd-2'), 1000), /etcd/, 'a dead host still has its journal');
    await t.throwsAsync(lab.exec('etcd-2', ['true']), { message: /does not run/ });
    await lab.start('etcd-2');
    t.is((await lab.wait({ timeoutSeconds: 120 })).outcome, 'up');
    t.is((await lab.exec('etcd-2', ['cat', '/etc/marker'])).stdout, 'kept');
    await lab.kill('etcd-2');
    await lab.start('etcd-2', { wipe: true });
    t.not((await lab.exec('etcd-2', ['cat', '/etc/marker'])).exitCode, 0, 'a wiped host has an empty disk');
  } finally {
    await end();
    await lab.down();
  }
  t.deepEqual(traces(layout), []);
  t.false(await down(layout), 'a second down finds nothing');
});

labTest('a crashed lab is cleaned up by the next up, and so is one that fails half-way', async (t) => {
  t.timeout(300_000);
  const said: string[] = [];
  const all = await labOptions({ say: (line) => said.push(line) });
  t.teardown(() => rmSync(all.directory, { recursive: true, force: true }));
  const layout = layoutOf(all.directory);
  const lab = await start(all);
  // As SIGKILL leaves it: everything runs, but the file says that it was not finished.
  await writeState(layout, { ...lab.state, phase: 'starting', hosts: [] });
  const { compiled } = await compileForLab(all);
  if (compiled.spec === undefined) throw new Error('the spec does not compile');
  const broken = boot(compiled.files, compiled.spec, { ...all, serveCommand: ['/bin/false'] });
  await t.throwsAsync(broken, { message: /starting the artifact server: it ended/ });
  t.true(said.some((line) => line.includes('cleaning up after it')));
  t.is(readState(layout), undefined);
  t.deepEqual(traces(layout), []);
});

labTest('interrupting while hosts still wait for their turn starts none of them', async (t) => {
  const controller = new AbortController();
  const all = await labOptions({ signal: controller.signal, startSpread: 60, seed: 3 });
  t.teardown(() => rmSync(all.directory, { recursive: true, force: true }));
  const layout = layoutOf(all.directory);
  const starting = start(all);
  const watch = setInterval(() => {
    if (existsSync(`${layout.directory}/servers-ready`)) controller.abort();
  }, 20);
  await t.throwsAsync(starting, { message: /^interrupted while/ });
  clearInterval(watch);
  t.deepEqual(traces(layout), []);
});
