import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { readSeeds, writeSeeds } from '../../cluster/seeds.ts';
import type { HostFile } from '../../host/host.ts';
import { type Lab, start } from '../../lab.ts';
import { run } from '../../machine/command.ts';
import {
  assertSound,
  assertWhole,
  eventually,
  inLab,
  labSpec,
  labTest,
  operate,
  output,
  PROGRAM,
} from '../lab-testing.ts';
import { besideWriter } from '../mixed/mixed-testing.ts';

const ON_HOSTS = ['gossip', 'agent', 'dns', 'sidekick'];
const ADDRESSES = [1, 2, 3].map((n) => `etcd-${n}=10.77.0.10${n}`);

const SPEC = labSpec({
  consul: '{servers: members, version: 2.1.0, join: [10.77.0.101, 10.77.0.102, 10.77.0.103]}',
  etcd: '{version: 3.7.3}',
  secrets: 'image',
}).replace('tls: off\n', '');

/** Keys and certificates that a user has made away from the hosts, and a command that brings them to one. */
class Safe {
  readonly directory = mkdtempSync(join(tmpdir(), 'quorumgate-rotation-'));
  readonly pki = join(this.directory, 'pki');
  readonly secrets = join(this.directory, 'secrets');
  readonly spec = join(this.directory, 'cluster.yaml');

  async make(): Promise<void> {
    writeFileSync(this.spec, SPEC);
    await this.own('pki', 'init', '--dir', this.pki, '--name', 'mycluster');
    const hosts = ADDRESSES.flatMap((one) => ['--host', one]);
    await this.own('pki', 'issue', this.spec, '--dir', this.pki, ...hosts, '--client', 'ops');
    await this.own('consul', 'secrets', '--dir', this.secrets);
  }

  /** A command that touches no host; what it said. */
  own(...args: string[]): Promise<string> {
    return run(process.execPath, [PROGRAM, ...args]);
  }

  /** By their paths, all that a host has now. */
  files(name: string): Map<string, string> {
    const own = join(this.pki, 'hosts', name);
    return new Map([
      ...readdirSync(own).map((file) => [file, join(own, file)] as const),
      ...ON_HOSTS.map((file) => [file, join(this.secrets, file)] as const),
    ]);
  }

  /** None for a host that there is not yet. */
  hostFiles(name: string): HostFile[] {
    if (!existsSync(join(this.pki, 'hosts', name))) return [];
    return [...this.files(name)].map(([file, from]) => {
      return { path: `/etc/quorumgate-secrets/${file}`, mode: 0o600, content: readFileSync(from, 'utf8') };
    });
  }

  /** Brings what a host has now, as `--run` of a rollout; each file is there as a whole. */
  bring(lab: Lab, afterwards: string): string {
    const to = join(lab.layout.hosts, '$QG_NAME/root/etc/quorumgate-secrets');
    const copy = `for file in "${this.pki}/hosts/$QG_NAME"/* ${ON_HOSTS.map((name) => `"${this.secrets}/${name}"`).join(' ')}; do install -m 600 "$file" "${to}/.new" && mv "${to}/.new" "${to}/\${file##*/}" || exit; done`;
    const inside = `systemctl restart quorumgate-secrets && systemctl reload consul${afterwards}`;
    const lab_ = `QUORUMGATE_LAB_DIR='${lab.layout.directory}' '${process.execPath}' '${PROGRAM}' lab`;
    return `${copy}; ${lab_} exec "$QG_NAME" -- sh -c '${inside}'`;
  }

  operator(): Record<string, string> {
    const client = join(this.pki, 'clients/ops');
    return {
      CONSUL_HTTP_TOKEN_FILE: join(this.secrets, 'operator'),
      ETCDCTL_CERT: join(client, 'client.crt'),
      ETCDCTL_KEY: join(client, 'client.key'),
      ETCDCTL_CACERT: join(client, 'client-ca.crt'),
    };
  }
}

const RESTART = ' && systemctl restart --no-block etcd';

/** Everything that is secret, changed once, on a cluster that is born secured. */
async function rotateAll(t: ExecutionContext, lab: Lab, safe: Safe): Promise<void> {
  const consul = (...args: string[]) => operate(lab, 'etcd-1', SPEC, ['consul', ...args, '--dir', safe.secrets]);
  const rollout = async (command: string, ...more: string[]) =>
    operate(
      lab,
      'etcd-1',
      SPEC,
      ['rollout', 'SPEC', '--yes', '--settle', '3', '--run', command, ...more],
      undefined,
      safe.operator(),
    );
  const bring = async (afterwards = '') => {
    const { exitCode, stdout, stderr } = await rollout(safe.bring(lab, afterwards), '--pki', safe.pki);
    t.is(exitCode, 0, `${stdout}\n${stderr}`);
    t.regex(stdout, /done: all members of mycluster are healthy$/);
  };

  t.regex(await safe.own('pki', 'rotate', 'certificates', '--dir', safe.pki, '--within', '400'), /hosts\/etcd-1\/peer/);
  // A command that brings nothing: the first host does not show what it should, and no other is touched.
  const idle = await rollout('true', '--pki', safe.pki, '--timeout', '5');
  t.is(idle.exitCode, 1);
  t.regex(idle.stderr, /shows another certificate than peer\.crt .*\n.*no host is done; left: /);
  await bring();

  for (const authority of ['peers', 'clients', 'consul']) {
    for (const step of ['1 of 3', '2 of 3', '3 of 3']) {
      const said = await safe.own('pki', 'rotate', authority, '--dir', safe.pki);
      t.true(said.startsWith(step), said);
      // etcd reads CAs when it starts.
      await bring(authority === 'consul' || step === '2 of 3' ? '' : RESTART);
    }
  }

  for (const what of ['gossip', 'tokens']) {
    const first = await consul('rotate', what, 'SPEC');
    t.regex(first.stdout, /^1 of 2/m, first.stderr);
    await bring();
    const second = await consul('rotate', what, 'SPEC', '--finish');
    t.regex(second.stdout, /^2 of 2/m, second.stderr);
  }
}

labTest('certificates, each CA, the gossip key and the tokens are changed under a client that writes', async (t) => {
  t.timeout(1_800_000);
  const safe = new Safe();
  try {
    await safe.make();
    const former = new Map(ADDRESSES.map((one) => [one.slice(0, 6), safe.hostFiles(one.slice(0, 6))]));
    await inLab(
      { text: SPEC, hostFiles: ({ name }) => safe.hostFiles(name) },
      async (lab) => {
        const bootstrap = () => operate(lab, 'etcd-1', SPEC, ['consul', 'bootstrap', 'SPEC', '--dir', safe.secrets]);
        const told = await eventually(bootstrap, ({ exitCode }) => exitCode === 0, 120);
        t.is(told.exitCode, 0, told.stderr);
        t.is((await lab.wait({ timeoutSeconds: 240 })).outcome, 'up');
        const before = await assertWhole(t, lab);

        await besideWriter(t, lab, () => rotateAll(t, lab, safe));
        await assertSound(t, lab);
        t.deepEqual(await assertWhole(t, lab), before);

        // None of what was before opens anything.
        const old = former.get('etcd-1') ?? [];
        const place = '/run/former';
        await output(lab, 'etcd-1', `mkdir -p ${place}`);
        for (const { path, content } of old) {
          writeFileSync(join(lab.layout.hosts, 'etcd-1/root/tmp.former'), content);
          await output(lab, 'etcd-1', `install -m 600 /tmp.former ${place}/${path.split('/').at(-1)}`);
        }
        const ask = (port: number, pair: string, ca: string) =>
          output(
            lab,
            'etcd-1',
            `curl -sS --http1.1 -m 5 --cacert /etc/quorumgate-secrets/${ca} --cert ${place}/${pair}.crt --key ${place}/${pair}.key https://10.77.0.102:${port}/version`,
          );
        t.regex(await ask(2379, 'server', 'client-ca.crt'), /^curl: \(\d+\)[^{]*$/);
        t.regex(await ask(2380, 'peer', 'peer-ca.crt'), /^curl: \(\d+\)[^{]*$/);
        for (const name of ['agent', 'dns', 'sidekick']) {
          const said = await output(
            lab,
            'etcd-1',
            `curl -sS -m 5 -H "X-Consul-Token: $(cat ${place}/${name})" http://127.0.0.1:8500/v1/acl/token/self`,
          );
          t.regex(said, /ACL not found|token does not exist/i, name);
        }

        // A host that begins with an empty disk has the new ones alone.
        const own = new Map(lab.hosts.map(({ name }) => [name, safe.hostFiles(name)]));
        await writeSeeds(lab.layout, { ...readSeeds(lab.layout), own });
        await lab.fault.wipe('etcd-3');
        t.is((await lab.wait({ timeoutSeconds: 240 })).outcome, 'up');
        await assertSound(t, lab);
        await assertWhole(t, lab);
      },
      start,
    );
  } finally {
    rmSync(safe.directory, { recursive: true, force: true });
  }
});
