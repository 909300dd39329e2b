import { basename } from 'node:path';
import { realPorts } from './host/ports.ts';
import { say, sayMeanwhile } from './host/say.ts';
import { gate } from './ready/gate.ts';
import { assertCluster } from './register/assert.ts';
import { registerClient } from './register/client.ts';
import { registerServer } from './register/server.ts';
import type { Ports } from './shared/ports.ts';
import { readSettings, type Settings } from './shared/settings.ts';

/**
 * Both sidekicks in one file, which is each by the name it is called by: what they share is carried once.
 *
 *     etcd-ready             the readiness gate
 *     etcd-register server   this host is there, before etcd runs
 *     etcd-register client   the running cluster is the predicted one, and found by clients
 *     etcd-register assert   the same, of a cluster that etcd has found by DNS, before it is ready
 */
const programs = new Map<string, (settings: Settings, ports: Ports) => Promise<void>>([
  ['etcd-ready', gate],
  ['etcd-register server', registerServer],
  ['etcd-register client', registerClient],
  ['etcd-register assert', assertCluster],
]);

const called = [basename(process.argv[1] ?? ''), ...process.argv.slice(2)].join(' ');
const program = programs.get(called);
if (program === undefined) {
  console.error(`no program "${called}"; there are: ${[...programs.keys()].join(', ')}`);
  process.exitCode = 2;
} else {
  setTimeout(sayMeanwhile, 5000, 'waiting: asking Consul, and nothing has come of it yet').unref();
  Promise.resolve()
    .then(() => {
      const settings = readSettings(process.env);
      return program(settings, realPorts(settings));
    })
    .catch((error: Error) => {
      // systemd starts it again; the cause belongs into the status all the same.
      say(`failed: ${error.message}`);
      process.exitCode = 1;
    });
}
