import { KUBELET_STAND_IN } from '../image/kubelet-stand-in.ts';
import { aws } from './aws.ts';
import type { LabTarget } from './lab-target.ts';

/**
 * Hosts of `aws` for specs with static pods: containerd is Debian's, the kubelet is stood in for. What runc asks of the
 * kernel is more than a host of the lab may do otherwise: programs that decide about devices.
 */
export const kubelet: LabTarget = {
  ...aws,
  name: 'kubelet',
  about: 'as `aws`, with a container runtime and a stand-in for the kubelet: for specs with static pods',
  image: 'kubelet',
  runsPods: true,
  seed: (host, outputs) => [
    ...aws.seed(host, outputs),
    { path: '/usr/bin/kubelet', mode: 0o755, bytes: new TextEncoder().encode(KUBELET_STAND_IN) },
  ],
  nspawn: () => ['--capability=CAP_BPF', '--system-call-filter=bpf'],
  environment: { SYSTEMD_NSPAWN_UNIFIED_HIERARCHY: '1' },
};
