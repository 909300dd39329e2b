import type { DnsPort, Ports } from '../shared/ports.ts';
import { makeConsulPort } from './consul.ts';
import { makeDiskPort } from './disk.ts';
import { srvUrls } from './etcd.ts';
import { makeEtcdPort } from './etcd-port.ts';
import { ask, nap, type Program } from './program.ts';
import { EPOCH, next, type World } from './world.ts';

/** The second that the clock of the model begins with. */

function makeDnsPort(world: World, program: Program): DnsPort {
  const { host } = program;
  const look = () => {
    if (host.net !== 0 || !world.consul.hasLeader) throw new Error('SERVFAIL');
    return srvUrls(world, host, false);
  };
  return {
    srv: () =>
      ask(world, program, 'asks DNS', () =>
        look()
          .map((url) => `${addressOf(url)}:2380`)
          .sort(),
      ),
    // Nothing is decided by it.
    flaw: () => Promise.resolve(''),
    countOverTcp: () => ask(world, program, 'asks DNS over TCP', () => look().length),
  };
}

/** The address in a peer URL of the model. */
function addressOf(url: string): string {
  const host = url.slice(url.indexOf('//') + 2, url.lastIndexOf(':'));
  const [hex = '', kind] = host.split('.');
  return kind === 'addr' ? [...Buffer.from(hex, 'hex')].join('.') : host;
}

/** All that a program of a host touches. */
export function makePorts(world: World, program: Program): Ports {
  const now = () => Math.max(program.time, world.clock);
  return {
    consul: makeConsulPort(world, program),
    etcd: makeEtcdPort(world, program),
    disk: makeDiskPort(world, program),
    dns: makeDnsPort(world, program),
    clock: {
      now,
      date: () => EPOCH + Math.floor(world.clock / 1000),
      sleep: (milliseconds) => nap(world, program, milliseconds),
    },
    say: (line) => {
      if (!program.isAlive || program.host.said.get(program.kind) === line) return;
      program.host.said.set(program.kind, line);
      world.story?.push(`${program.host.name} ${program.kind}: ${line}`);
    },
    random: () => `n${next(world)}`,
  };
}
