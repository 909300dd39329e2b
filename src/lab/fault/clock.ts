import { LabError } from '../machine/lab-error.ts';
import type { OnHost } from './fault.ts';

/**
 * Refused. CLOCK_REALTIME is one for the whole machine: time namespaces
 * have offsets for CLOCK_MONOTONIC and CLOCK_BOOTTIME alone (time_namespaces(7)), and setting it would move the
 * machine's own clock. A preloaded library (libfaketime) does not reach Consul and etcd: Go asks the vDSO itself.
 */
export const skewClock: OnHost = {
  help: 'not possible in this lab: says why',
  args: ['<host>'],
  play: (_, host) =>
    Promise.reject(
      new LabError(
        `the clock of ${host.name} cannot be moved: it is the machine's, and no namespace gives a host one of its own`,
        'Try clock skew on virtual machines; etcd and Consul keep their time-outs by the monotonic clock.',
      ),
    ),
};
