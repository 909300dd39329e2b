import { existsSync, readFileSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { replaceFile } from '../../io/replace-file.ts';
import { run } from '../machine/command.ts';
import { acquireLock } from '../machine/lock.ts';
import { PAUSE } from './pod-image.ts';
import { hashOf, type Served, storeDirectory } from './program/artifacts.ts';
import { readManifest } from './program/manifest.ts';

export interface Kubelet {
  /** The real one, for hosts to fetch; undefined: they have a stand-in for it. */
  program?: Served;
  /** For the user: which of the two. */
  note: string;
}

/** The newest kubelet that `npm run programs` has built, in the store as upstream gives it out: the bare program. */
export async function provideKubelet(cache: string): Promise<Kubelet> {
  const row = readManifest(cache)
    .filter(({ program }) => program === 'kubernetes')
    .at(-1);
  if (row === undefined) {
    return {
      note: 'STAND-IN for the kubelet: it runs manifests by podman, without probes and resources. `npm run programs -- kubernetes` builds the real one, where Go is',
    };
  }
  const store = storeDirectory(cache);
  await mkdir(store, { recursive: true });
  const file = `${row.sha256.slice(0, 12)}-kubelet`;
  const whole = join(store, file);
  const half = `${whole}.new`;
  const hash = `${whole}.sha256`;
  const release = await acquireLock(`${whole}.lock`, true);
  try {
    if (!existsSync(hash) || !existsSync(whole)) {
      await rm(half, { recursive: true, force: true });
      await mkdir(half);
      await run('tar', ['-xzf', join(cache, row.file), '-C', half, '--strip-components=3', '--wildcards', '*/kubelet']);
      await rename(join(half, 'kubelet'), whole);
      await rm(half, { recursive: true });
      await replaceFile(hash, `${await hashOf(whole)}\n`);
    }
    const program = { file, sha256: readFileSync(hash, 'utf8').trim() };
    return { program, note: `the kubelet is a real one, ${row.version}, from ${row.from}` };
  } finally {
    await release?.();
  }
}

/**
 * Needs of a real kubelet, and below of Debian's containerd 1.6, on a host of the lab, besides what the spec gives them. Tried 2026-11-30:
 * no file system of layers lies over one of layers, no controller of cgroups is to be had in version 2, no process may become
 * less likely to be ended when memory is short, and no registry can be reached but the lab's, by plain http.
 */
export const KUBELET_FILES = {
  // In a host of systemd-nspawn the kernel's log is a pipe into which nobody writes; the kubelet looks for it elsewhere.
  '/etc/systemd/system/kubelet.service.d/lab.conf':
    '[Service]\nEnvironmentFile=/etc/quorumgate-lab/kubelet.env\nExecStartPre=/bin/ln -sfn /proc/kmsg /dev/kmsg\n',
  '/etc/quorumgate-lab/kubelet.env':
    'QG_KUBELET_FLAGS=--v=2 --cgroups-per-qos=false --enforce-node-allocatable= --feature-gates=KubeletInUserNamespace=true\n',
};

/** containerd as hosts find it, before Debian's own: with this added to the configuration that its unit names. */
export const CONTAINERD = `#!/bin/sh
set -eu
case \${1-} in
  --config=*) ;;
  *) exec /usr/bin/containerd "$@" ;;
esac
registry=$(sed -n 's|.*"image": "\\([^/"]*\\)/.*|\\1|p' /etc/quorumgate/pods/*.json | head -n 1)
file=/run/containerd-lab.toml
cat "\${1#--config=}" - >$file <<END

[plugins."io.containerd.grpc.v1.cri"]
disable_cgroup = true
restrict_oom_score_adj = true
sandbox_image = "$registry/${PAUSE}"

[plugins."io.containerd.grpc.v1.cri".containerd]
snapshotter = "native"

[plugins."io.containerd.grpc.v1.cri".registry.mirrors."$registry"]
endpoint = ["http://$registry"]
END
shift
exec /usr/bin/containerd --config=$file "$@"
`;
