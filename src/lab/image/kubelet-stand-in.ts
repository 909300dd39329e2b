/**
 * The program at /usr/bin/kubelet on hosts of the lab, for Node 18: of the kubelet's work it does what concerns static pods.
 * It reads every file of the directory but those with a dot; runs each manifest for real, by podman and runc; ends
 * a pod whose manifest is gone or another; runs two of one name one after the other; leaves pods alone when it ends, and
 * knows them again when it starts, but none of before the host's boot. Left out of a manifest, because this machine's
 * cgroups and podman's health checks cannot have them: resources and probes.
 */
export const KUBELET_STAND_IN = String.raw`#!/usr/bin/node
'use strict';
const { spawnSync } = require('node:child_process');
const { createHash } = require('node:crypto');
const fs = require('node:fs');
const path = require('node:path');

if (process.argv.includes('--version')) {
  console.log('Kubernetes v0.0.0-lab');
  process.exit(0);
}
const option = (name) => process.argv.find((word) => word.startsWith('--' + name + '='))?.split('=')[1];
const node = option('hostname-override');
const { staticPodPath, kind } = JSON.parse(fs.readFileSync(option('config'), 'utf8'));
if (kind !== 'KubeletConfiguration') throw new Error('no KubeletConfiguration: ' + option('config'));

// Gone with a boot, as the pods' processes are.
const memory = '/run/kubelet';
const known = new Map();
const fileOf = (name) => path.join(memory, encodeURIComponent(name));

function podman(...args) {
  const { status, stdout, stderr } = spawnSync('podman', args, { encoding: 'utf8' });
  if (status !== 0) throw new Error('podman ' + args.join(' ') + ': ' + stderr.trim());
  return stdout.trim();
}

function read(name) {
  const text = fs.readFileSync(path.join(staticPodPath, name), 'utf8');
  const manifest = JSON.parse(text);
  if (manifest.kind !== 'Pod') throw new Error('no Pod');
  const { uid = createHash('md5').update(name + text).digest('hex'), namespace = 'default' } = manifest.metadata;
  manifest.metadata.name += '-' + node;
  for (const container of manifest.spec.containers) {
    for (const key of ['resources', 'startupProbe', 'livenessProbe', 'readinessProbe']) delete container[key];
  }
  const pod = manifest.metadata.name;
  const logs = path.join('/var/log/pods', [namespace, pod, uid].join('_'));
  return { text, pod, manifest, logs, container: manifest.spec.containers[0] };
}

function end(name) {
  const { pod, logs } = known.get(name);
  console.log('ending pod ' + pod + ' of ' + name);
  podman('pod', 'rm', '--force', '--ignore', '--time', '30', pod);
  fs.rmSync(logs, { recursive: true, force: true });
  fs.rmSync(fileOf(name), { force: true });
  known.delete(name);
}

function begin(name, wanted) {
  const { pod, manifest, logs, container } = wanted;
  console.log('starting pod ' + pod + ' of ' + name);
  podman('pod', 'rm', '--force', '--ignore', pod);
  const registry = container.image.split('/')[0];
  fs.writeFileSync('/etc/containers/registries.conf.d/lab.conf', '[[registry]]\nlocation = "' + registry + '"\ninsecure = true\n');
  const log = path.join(logs, container.name, '0.log');
  fs.mkdirSync('/var/log/pods', { recursive: true, mode: 0o750 });
  fs.mkdirSync(path.dirname(log), { recursive: true });
  // Before it starts: who is killed in the middle knows it again.
  fs.writeFileSync(fileOf(name), JSON.stringify(wanted));
  known.set(name, wanted);
  const file = path.join(memory, '.manifest');
  fs.writeFileSync(file, JSON.stringify(manifest));
  podman('play', 'kube', '--network', 'host', '--log-driver', 'k8s-file', '--log-opt', 'path=' + log, file);
}

function sync() {
  const wanted = new Map();
  for (const name of fs.readdirSync(staticPodPath).sort()) {
    if (name.startsWith('.')) continue;
    try {
      wanted.set(name, read(name));
    } catch (error) {
      console.log('cannot read ' + name + ': ' + error.message);
    }
  }
  for (const name of [...known.keys()]) {
    if (wanted.get(name)?.text !== known.get(name).text) end(name);
  }
  for (const [name, one] of wanted) {
    if (known.has(name) || [...known.values()].some(({ pod }) => pod === one.pod)) continue;
    try {
      begin(name, one);
    } catch (error) {
      console.log('cannot start pod ' + one.pod + ': ' + error.message);
      end(name);
    }
  }
}

if (fs.existsSync(memory)) {
  for (const file of fs.readdirSync(memory).filter((name) => !name.startsWith('.'))) {
    const one = JSON.parse(fs.readFileSync(path.join(memory, file), 'utf8'));
    known.set(decodeURIComponent(file), one);
    const { status, stdout } = spawnSync('podman', ['pod', 'inspect', '--format', '{{.State}}', one.pod], { encoding: 'utf8' });
    if (status !== 0 || stdout.trim() === 'Created') end(decodeURIComponent(file));
  }
} else {
  podman('pod', 'rm', '--force', '--all');
  if (fs.existsSync('/var/log/pods')) for (const name of fs.readdirSync('/var/log/pods')) fs.rmSync('/var/log/pods/' + name, { recursive: true });
  fs.mkdirSync(memory);
}
fs.mkdirSync('/etc/containers/registries.conf.d', { recursive: true });
sync();
setInterval(sync, 500);
`;

/** podman on a host of the lab: no file system of layers over one of layers, and none of the cgroups that Debian's has. */
export const PODMAN_FILES = {
  '/etc/containers/containers.conf': `[containers]
cgroupns = "host"
keyring = false
pids_limit = 0

[engine]
cgroup_manager = "systemd"
events_logger = "none"
runtime = "runc"
`,
  '/etc/containers/storage.conf': `[storage]
driver = "vfs"
graphroot = "/var/lib/containers/storage"
runroot = "/run/containers/storage"
`,
};
