import { inside } from '../host/inside.ts';
import { writeState } from '../host/state.ts';
import { LabError } from '../machine/lab-error.ts';
import type { OnHost } from './fault.ts';

/** Fifty years: RTC and kernel take dates of this century. */
const MOST = 50 * 366 * 86_400;

/**
 * Sets the clock of a virtual machine, and of its life to come. In namespaces CLOCK_REALTIME is one for the whole machine: time namespaces
 * have offsets for CLOCK_MONOTONIC and CLOCK_BOOTTIME alone (time_namespaces(7)), and setting it would move the
 * machine's own clock. A preloaded library (libfaketime) does not reach Consul and etcd: Go asks the vDSO itself.
 */
export const skewClock: OnHost<{ seconds?: number }> = {
  help: "set a virtual machine's clock ahead of this machine's; 0 ends it",
  args: ['<host>'],
  options: { seconds: { help: 'seconds ahead; below 0: behind', number: '<n>', required: true, signed: true } },
  play: async ({ layout, state }, host, { seconds = 0 } = {}) => {
    if (Math.abs(seconds) > MOST)
      throw new LabError(`--seconds ${seconds} is out of range`, `Use ${-MOST} to ${MOST}.`);
    if (host.agent === undefined) {
      throw new LabError(
        `the clock of ${host.name} cannot be moved: it is the machine's, and no namespace gives a host one of its own`,
        'Use virtual machines: `quorumgate lab up SPEC --vm`; etcd and Consul keep their time-outs by the monotonic clock.',
      );
    }
    const { exitCode, stderr } = await inside(host, ['date', '--set', `@${(Date.now() / 1000 + seconds).toFixed(3)}`]);
    if (exitCode !== 0) throw new LabError(`${host.name} does not set its clock: ${stderr}`, 'Try again.');
    if (seconds === 0) delete host.clockAhead;
    else host.clockAhead = seconds;
    await writeState(layout, state);
    const behind = seconds < 0 ? 'behind' : 'ahead of';
    return `${host.name}: its clock is ${Math.abs(seconds)} s ${behind} this machine's, after a reboot too`;
  },
};
