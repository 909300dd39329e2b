import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { parseUnitFile, unitValues } from '../format/unit-file.ts';
import { dense } from './file.ts';
import { unitRows } from './units.ts';

const folder = fileURLToPath(new URL('../../units/', import.meta.url));
const isUnit = (name: string) => /\.(service|target|path|timer)$/.test(name);
const always = readdirSync(folder).filter(isUnit);
const inPods = readdirSync(`${folder}static-pod`).filter(isUnit);
const units = [...always, ...inPods.map((name) => `static-pod/${name}`)];
const services = units.filter((name) => name.endsWith('.service'));

test('every unit is a row, every row a unit', (t) => {
  t.deepEqual(unitRows.map(({ name, file = name }) => file).sort(), [...units].sort());
});

test('what a row says of its unit is what the unit says', (t) => {
  for (const { name, file = name, user, writesData = false, isRetried = false } of unitRows) {
    if (file !== name || !name.endsWith('.service')) continue;
    const text = readFileSync(folder + file, 'utf8');
    const own = /^User=(.+)$/m.exec(text)?.[1] ?? (/^DynamicUser=yes$/m.test(text) ? 'nobody' : undefined);
    t.is(own, user, `${name}: who runs it`);
    t.is(/^StateDirectory=etcd\b/m.test(text), writesData, `${name}: whether it writes etcd's data`);
    t.is(/^Type=oneshot$/m.test(text) && /^Restart=/m.test(text), isRetried, `${name}: a oneshot that is tried again`);
  }
});

test('every unit starts again for ever: none may end as failed', (t) => {
  for (const name of services) {
    const text = readFileSync(folder + name, 'utf8');
    t.regex(text, /^StartLimitIntervalSec=0$/m, name);
    t.regex(text, /^Restart=(always|on-failure)$/m, name);
    t.regex(text, /^ExecStart=\/(opt\/quorumgate|bin)\//m, name);
  }
});

test('every unit is explained in units/README.md, and carries no comment itself', (t) => {
  const readme = readFileSync(`${folder}README.md`, 'utf8');
  for (const name of units) {
    t.true(readme.includes(`| \`${name}\` |`), name);
    t.notRegex(readFileSync(folder + name, 'utf8'), /^[#;]/m, name);
  }
});

test('etcd requires neither Consul nor the forwarder, nor the kubelet', (t) => {
  for (const name of ['etcd.service', 'static-pod/etcd.service']) {
    const text = readFileSync(folder + name, 'utf8');
    t.notRegex(text, /^(Requires|Requisite|BindsTo|PartOf)=/m);
    t.notRegex(text, /^After=.*kubelet/m, 'the gate waits for no container runtime');
  }
});

/** Files of environment in folders that are root's alone. */
const ROOTS = ['/etc/quorumgate/cluster.env', '/etc/quorumgate/kubelet.env', '/run/quorumgate/host.env'];

test('no step of root’s takes its environment from a file that a lesser user may write', (t) => {
  for (const name of services) {
    const unit = parseUnitFile(readFileSync(folder + name, 'utf8'));
    const values = (key: string) => unitValues(unit, 'Service', key);
    const steps = ['ExecStartPre', 'ExecStart', 'ExecStartPost', 'ExecReload', 'ExecStop', 'ExecStopPost'].flatMap(
      values,
    );
    const isRoots =
      values('User').length + values('DynamicUser').length === 0 || steps.some((step) => /^[-@:]*[+!]/.test(step));
    const others = values('EnvironmentFile').filter((file) => !ROOTS.includes(file));
    if (isRoots) t.deepEqual(others, [], name);
    // Variables that act before a script could unset them.
    if (isRoots && values('EnvironmentFile').includes('/run/quorumgate/host.env')) {
      for (const variable of ['LD_PRELOAD', 'LD_LIBRARY_PATH', 'LD_AUDIT', 'BASH_ENV', 'ENV']) {
        t.true(values('UnsetEnvironment').join(' ').split(' ').includes(variable), `${name}: ${variable}`);
      }
    }
  }
});

test('every script sets its own PATH, before it does anything', (t) => {
  const scripts = ['host', 'program', 'packages', 'dns', 'deliver', 'fetch', 'kubelet', 'secrets', 'static-pod'].map(
    (name) => `../units/scripts/${name}.sh`,
  );
  for (const file of [...scripts, '../templates/first-boot.sh', '../templates/Vagrantfile.provision']) {
    const [, second, third] = dense(readFileSync(folder + file, 'utf8')).split('\n');
    t.is(second, 'set -eu', file);
    t.regex(
      third ?? '',
      /^export PATH=(\/opt\/bin:)?\/usr\/local\/sbin:\/usr\/local\/bin:\/usr\/sbin:\/usr\/bin:\/sbin:\/bin( |$)/,
      file,
    );
  }
});

const hasSystemd = spawnSync('systemd-analyze', ['--version']).status === 0;
const analysed = hasSystemd && process.getuid?.() === 0 ? test : test.skip;

/** In a mount namespace of its own, where each program that the units name is there. */
function inStage(command: string) {
  const stage = `mount -t tmpfs none /opt && mkdir -p /opt/quorumgate/bin &&
    for name in consul etcd socat etcd-ready etcd-register kubelet containerd; do ln -s /bin/true /opt/quorumgate/bin/$name; done`;
  return spawnSync('unshare', ['--mount', 'sh', '-ec', `${stage}\n${command}`], { cwd: folder, encoding: 'utf8' });
}

analysed('systemd-analyze verify has nothing to say about any unit', (t) => {
  const programs = `for name in consul etcd socat sidekick kubelet containerd; do
    cp quorumgate-program@.service /opt/quorumgate-program@$name.service; done`;
  for (const pods of [[], inPods]) {
    const together = [...always.filter((name) => !pods.includes(name)), ...pods.map((name) => `static-pod/${name}`)];
    const { stdout, stderr } = inStage(
      `${programs}\nsystemd-analyze verify --man=no /opt/*.service ${together.join(' ')}`,
    );
    t.is(stdout + stderr, '');
  }
});

analysed('systemd-analyze verify would say something about a mistake', (t) => {
  const { stderr } = inStage(`
    mkdir /opt/wrong && cp *.service /opt/wrong && echo Tyep=exec >>/opt/wrong/consul.service
    systemd-analyze verify --man=no /opt/wrong/consul.service`);
  t.regex(stderr, /Tyep/);
});

const UNCONFINED = [
  'quorumgate-packages.service',
  'quorumgate-volume.service',
  'static-pod/kubelet.service',
  'static-pod/containerd.service',
];

analysed('every service is exposed at most 3.0', (t) => {
  for (const name of services) {
    // A package manager writes everywhere and runs the packages' own scripts as root; a container runtime is root by trade; in a mount namespace of its own a unit mounts nothing for others.
    if (UNCONFINED.includes(name)) continue;
    const { stdout } = spawnSync('systemd-analyze', ['security', '--offline=true', '--no-pager', folder + name], {
      encoding: 'utf8',
    });
    const exposure = Number(/exposure level for \S+: ([0-9.]+)/.exec(stdout)?.[1]);
    t.true(exposure <= 3, `${name}: ${exposure}`);
  }
});
