import { cutPower, emptyDisk, powerOn } from '../cluster/power.ts';
import type { OnHost } from './fault.ts';
import { killProgram, type OfProgram, PROGRAMS } from './program.ts';

export const kill: OnHost<OfProgram> = {
  help: "cut a host's power, or SIGKILL one program",
  args: ['<host>'],
  options: { program: { help: 'only this program', choices: PROGRAMS } },
  chaos: [
    { name: 'kill-etcd', hit: 'each', options: () => ({ program: 'etcd' }) },
    { name: 'kill-consul', hit: 'each', options: () => ({ program: 'consul' }) },
    { name: 'kill-socat', hit: 'each', options: () => ({ program: 'socat' }) },
    { name: 'power-off', hit: 'each', end: { fault: 'reboot' } },
  ],
  play: async (scene, host, { program } = {}) => {
    if (program !== undefined) return killProgram(scene, host, program);
    await cutPower(scene, host);
    return `${host.name}: power cut; \`lab fault reboot ${host.name}\` boots it again`;
  },
};

export const reboot: OnHost = {
  help: "cut a host's power and boot it with the same disk",
  args: ['<host>'],
  chaos: [{ name: 'reboot', hit: 'each' }],
  play: async (scene, host) => {
    await cutPower(scene, host);
    await powerOn(scene, host);
    return `${host.name}: power cut, booting again with the same disk`;
  },
};

export const wipe: OnHost = {
  help: "cut a host's power and boot it with an empty disk",
  args: ['<host>'],
  chaos: [{ name: 'wipe', hit: 'each', destroys: true }],
  play: async (scene, host) => {
    await emptyDisk(scene, host);
    await powerOn(scene, host);
    return `${host.name}: power cut, booting again with an empty disk`;
  },
};
