import { CONTAINERD, KUBELET_FILES } from '../image/kubelet-program.ts';
import { KUBELET_STAND_IN } from '../image/kubelet-stand-in.ts';
import { aws } from './aws.ts';
import type { LabTarget } from './lab-target.ts';

const seeded = (path: string, mode: number, text: string) => ({ path, mode, bytes: new TextEncoder().encode(text) });

/**
 * Hosts of `aws` for specs with static pods: containerd is Debian's, the kubelet is fetched where the lab has one, else stood in
 * for. What runc asks of the kernel is more than a host of the lab may do otherwise: programs that decide about devices, and
 * keyrings.
 */
export const kubelet: LabTarget = {
  ...aws,
  name: 'kubelet',
  about: 'as `aws`, with containerd and a kubelet, or what stands in for it: for specs with static pods',
  image: 'kubelet',
  runsPods: true,
  seed: (host, outputs) => [
    ...aws.seed(host, outputs),
    seeded('/usr/bin/kubelet', 0o755, KUBELET_STAND_IN),
    seeded('/usr/local/bin/containerd', 0o755, CONTAINERD),
    ...Object.entries(KUBELET_FILES).map(([path, text]) => seeded(path, 0o644, text)),
  ],
  nspawn: () => ['--capability=CAP_BPF', '--system-call-filter=bpf @keyring'],
  environment: { SYSTEMD_NSPAWN_UNIFIED_HIERARCHY: '1' },
};
