import { readFileSync } from 'node:fs';
import { consulPort } from '../host/consul.ts';
import { dnsPort } from '../host/dns.ts';
import { etcdPort } from '../host/etcd.ts';
import { settings } from '../host/server-testing.ts';
import { REQUESTS, unsoundness } from './requests.ts';

/** Where to ask, and for what: by its name in REQUESTS, or `dns udp`, `dns tcp`. */
export interface Errand {
  id: number;
  name: string;
  port: number;
  /** Of the sockets. */
  directory: string;
}

export interface Done {
  id: number;
  /** Its flaw, if it has one. */
  wrong: string | undefined;
  /** Whether there was something that one can go on with. */
  resolved: boolean;
  milliseconds: number;
  /** The most that this process has had, in bytes. */
  memory: number;
}

const sound = (value: unknown) =>
  Array.isArray(value) ? value.every((one) => /^\d+\.\d+\.\d+\.\d+:\d+$/.test(one)) : Number.isInteger(value);

/** Bytes. Not what `resourceUsage` says: that is of the process, too, that this one was made of. */
function most(): number {
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]) * 1024;
}

async function run({ id, name, port, directory }: Errand): Promise<Done> {
  const there = { ...settings, clientPort: port, peerPort: port, metricsPort: port };
  const began = performance.now();
  const dns = dnsPort({ host: '127.0.0.1', port });
  const asked = REQUESTS.find((one) => one.name === name) ?? {
    ...(REQUESTS[0] as (typeof REQUESTS)[number]),
    run: () => (name === 'dns udp' ? dns.srv('a.b') : dns.countOverTcp('a.b')),
    isSound: sound as never,
    error: Error,
  };
  const ports = {
    consul: consulPort(there, { CONSUL_HTTP_ADDR: `127.0.0.1:${port}` }),
    etcd: etcdPort(there, directory),
    via: `http://127.0.0.1:${port}`,
  };
  const [outcome] = await Promise.allSettled([asked.run(ports)]);
  const memory = most();
  const resolved = outcome?.status === 'fulfilled';
  return {
    id,
    wrong: outcome && unsoundness(asked, outcome),
    resolved,
    milliseconds: performance.now() - began,
    memory,
  };
}

/** A process of its own, as small as a sidekick: what it takes of memory is what answers make a sidekick take. */
process.on('message', (errand: Errand) => {
  run(errand).then(
    (done) => process.send?.(done),
    (error: Error) => process.send?.({ id: errand.id, wrong: String(error.stack) }),
  );
});
