import type { HostState } from '../host/state.ts';
import { LabError } from '../machine/lab-error.ts';

/**
 * Not possible for one host of the lab, and so refused. CLOCK_REALTIME is one for the whole machine: time namespaces
 * have offsets for CLOCK_MONOTONIC and CLOCK_BOOTTIME alone (time_namespaces(7)), and setting it would move the
 * machine's own clock. A preloaded library (libfaketime) does not reach Consul and etcd: Go asks the vDSO itself.
 */
export function skewClock(host: HostState): never {
  throw new LabError(
    `the clock of ${host.name} cannot be moved: it is the machine's, and no namespace gives a host one of its own`,
    'Try clock skew on virtual machines; etcd and Consul keep their time-outs by the monotonic clock.',
  );
}
