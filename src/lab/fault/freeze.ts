import { cgroupOf } from '../host/host.ts';
import { isUp } from '../host/inside.ts';
import type { HostState } from '../host/state.ts';
import { freezeCgroup } from '../machine/cgroup.ts';
import { LabError } from '../machine/lab-error.ts';
import type { OnHost } from './fault.ts';
import { goOn, type OfProgram, PROGRAMS, stopProgram } from './program.ts';

function running(host: HostState): void {
  if (!isUp(host)) throw new LabError(`host ${host.name} does not run`, `\`lab fault reboot ${host.name}\` boots it.`);
}

const options = { program: { help: 'only this program', choices: PROGRAMS } };

/** Stops one program, or the whole host as a paused virtual machine does: its kernel side still answers pings. */
export const freeze: OnHost<OfProgram> = {
  help: 'freeze a host, or SIGSTOP one program',
  args: ['<host>'],
  options,
  chaos: [
    { name: 'freeze-etcd', hit: 'each', options: () => ({ program: 'etcd' }), end: { fault: 'thaw' } },
    { name: 'freeze-consul', hit: 'each', options: () => ({ program: 'consul' }), end: { fault: 'thaw' } },
    { name: 'freeze-host', hit: 'each', end: { fault: 'thaw' } },
  ],
  play: async (scene, host, { program } = {}) => {
    if (program !== undefined) return stopProgram(scene, host, program);
    running(host);
    await freezeCgroup(cgroupOf(scene.layout, host), true);
    return `${host.name}: all its processes are frozen; \`lab fault thaw ${host.name}\` lets them go on`;
  },
};

export const thaw: OnHost<OfProgram> = {
  help: 'let a frozen host or program continue',
  args: ['<host>'],
  options,
  play: async (scene, host, { program } = {}) => {
    running(host);
    // A stopped program of a frozen host goes on only once the host does.
    if (program === undefined) await freezeCgroup(cgroupOf(scene.layout, host), false);
    const count = await goOn(scene, host, program);
    return `${host.name}: ${program ?? 'thawed'}${program === undefined ? '' : ' goes on'} (${count} stopped processes)`;
  },
};
