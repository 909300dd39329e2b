import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { readSeeds, writeSeeds } from '../../cluster/seeds.ts';
import { type Lab, start } from '../../lab.ts';
import { assertSound, assertWhole, inLab, labSpec, labTest, operate, output, PROGRAM } from '../lab-testing.ts';
import { besideWriter } from '../mixed/mixed-testing.ts';
import { ON_HOSTS, Safe } from '../safe-testing.ts';

const HOSTS = ['etcd-1', 'etcd-2', 'etcd-3'];
const HOLDERS = HOSTS.flatMap((name, index) => ['--host', `${name}=10.77.0.10${index + 1}`]);

const SPEC = labSpec({
  consul: '{servers: members, version: 2.1.0, join: [10.77.0.101, 10.77.0.102, 10.77.0.103]}',
  etcd: '{version: 3.7.3}',
  secrets: 'image',
});

/** Brings what a host has now, as `--run` of a rollout; each file is there as a whole. */
function bringing({ pki, secrets }: Safe, lab: Lab, afterwards: string): string {
  const to = join(lab.layout.hosts, '$QG_NAME/root/etc/quorumgate-secrets');
  const copy = `for file in "${pki}/hosts/$QG_NAME"/* ${ON_HOSTS.map((name) => `"${secrets}/${name}"`).join(' ')}; do install -m 600 "$file" "${to}/.new" && mv "${to}/.new" "${to}/\${file##*/}" || exit; done`;
  const inside = `systemctl restart quorumgate-secrets && systemctl reload consul${afterwards}`;
  const lab_ = `QUORUMGATE_LAB_DIR='${lab.layout.directory}' '${process.execPath}' '${PROGRAM}' lab`;
  return `${copy}; ${lab_} exec "$QG_NAME" -- sh -c '${inside}'`;
}

function operatorOf({ pki, secrets }: Safe): Record<string, string> {
  const client = join(pki, 'clients/ops');
  return {
    CONSUL_HTTP_TOKEN_FILE: join(secrets, 'operator'),
    ETCDCTL_CERT: join(client, 'client.crt'),
    ETCDCTL_KEY: join(client, 'client.key'),
    ETCDCTL_CACERT: join(client, 'client-ca.crt'),
  };
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
      operatorOf(safe),
    );
  const bring = async (afterwards = '') => {
    const { exitCode, stdout, stderr } = await rollout(bringing(safe, lab, afterwards), '--pki', safe.pki);
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
  await Safe.with(SPEC, [...HOLDERS, '--client', 'ops'], async (safe) => {
    const former = safe.hostFiles('etcd-1');
    await inLab(
      { text: SPEC, ownSecrets: true, hostFiles: ({ name }) => safe.hostFiles(name) },
      async (lab) => {
        await safe.bootstrap(t, lab, 'etcd-1');
        t.is((await lab.wait({ timeoutSeconds: 240 })).outcome, 'up');
        const before = await assertWhole(t, lab);

        await besideWriter(t, lab, () => rotateAll(t, lab, safe));
        await assertSound(t, lab);
        t.deepEqual(await assertWhole(t, lab), before);

        // None of what was before opens anything.
        const place = '/run/former';
        await output(lab, 'etcd-1', `mkdir -p ${place}`);
        for (const { path, content } of former) {
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
  });
});
