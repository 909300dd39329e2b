import { renameSync, writeFileSync } from 'node:fs';
import type { Fault } from '../../../testing/faulty-answer.ts';
import { start } from '../../lab.ts';
import { faultsFile } from '../../network/serve.ts';
import { serversReady } from '../../network/servers.ts';
import { assertSound, inLab, labTest, output, says } from '../lab-testing.ts';

/** The words of the host for each fault. */
const causes: Record<Fault, RegExp> = {
  missing: /curl: \(22\) .*404/,
  broken: /curl: \(22\) .*500/,
  moved: /curl: \(22\) .*404/,
  wrong: /has SHA-256 [0-9a-f]{64}, the spec says [0-9a-f]{64}: not used/,
  cut: /curl: \(18\) .*\d+ bytes remaining/,
  trickle: /curl: \(28\) Operation too slow/,
  hang: /curl: \(28\) Operation too slow/,
};

/** One after the other, for each of the three hosts. */
const rounds: Fault[][] = [
  ['wrong', 'cut', 'missing'],
  ['moved', 'hang', 'trickle'],
  ['broken', 'wrong', 'wrong'],
];
const hosts = ['etcd-1', 'etcd-2', 'etcd-3'];

labTest(
  'an artifact server that fails in every way: causes are named, nothing wrong lands, then one cluster',
  async (t) => {
    t.timeout(600_000);
    const misbehave = (directory: string, faults: Fault[]) => {
      const file = faultsFile(serversReady({ directory }));
      const each = faults.map((fault, index) => [`10.77.0.${101 + index}`, fault]);
      writeFileSync(`${file}.new`, JSON.stringify(Object.fromEntries(each)));
      renameSync(`${file}.new`, file);
    };
    const bring = (all: Parameters<typeof start>[0] & { directory: string }) => {
      misbehave(all.directory, rounds[0] ?? []);
      return start(all);
    };
    await inLab(
      {},
      async (lab) => {
        for (const faults of rounds) {
          misbehave(lab.layout.directory, faults);
          await Promise.all(
            faults.map(async (fault, index) => {
              const host = hosts[index] ?? '';
              const unit = 'quorumgate-program@consul.service';
              t.regex(await says(lab, host, causes[fault], unit), causes[fault], `${host}: ${fault}`);
              const status = await output(lab, host, `systemctl status ${unit} --no-pager`);
              t.regex(status, /Status: "waiting: consul: http:\/\/10\.77\.0\.1\/[^ ]*consul[^ ]+/);
              t.regex(status, causes[fault]);
              t.is(await output(lab, host, 'ls /opt/quorumgate/bin | grep -E "^(consul|etcd|etcdctl)$"'), '', host);
              t.is(await output(lab, host, 'pgrep -x "consul|etcd"'), '', host);
            }),
          );
        }
        misbehave(lab.layout.directory, []);
        t.is((await lab.wait({ timeoutSeconds: 180 })).outcome, 'up');
        await assertSound(t, lab);
      },
      bring,
    );
  },
);
