import type { ExecutionContext } from 'ava';
import type { HostFile } from '../../host/host.ts';
import type { Lab } from '../../lab.ts';
import { etcdOf, eventually, labSpec, memberIds, operate, output } from '../lab-testing.ts';
import { assertServing, holds, rowsIn, runsNone, someoneSays, statuses, wipeData } from './trust-testing.ts';

const spec = labSpec({ etcd: '{version: 3.5.16, replaceDeadAfter: 10}' });
/** Of this lab alone: it lives as long as the lab's Consul does. */
const ROOT = '11111111-2222-3333-4444-555555555555';
const TOKEN = '66666666-7777-8888-9999-000000000000';

/** Consul that denies by default; agents ask for DNS as root, units with the token in /etc/token.env. */
const acl: HostFile[] = [
  {
    path: '/etc/quorumgate/consul.d/zz-acl.json',
    mode: 0o644,
    content: JSON.stringify({
      acl: { enabled: true, default_policy: 'deny', down_policy: 'deny', tokens: { master: ROOT, default: ROOT } },
    }),
  },
  { path: '/etc/token.env', mode: 0o644, content: `CONSUL_HTTP_TOKEN=${ROOT}\n` },
  ...['etcd', 'etcd-register-server', 'etcd-register-client', 'etcd-record'].map((unit) => ({
    path: `/etc/systemd/system/${unit}.service.d/zz-token.conf`,
    mode: 0o644,
    content: '[Service]\nEnvironmentFile=/etc/token.env\n',
  })),
];

/** All that the units of a member need, in Consul's policy language. */
const RIGHTS = {
  key: 'key_prefix "etcd3/mycluster/" { policy = "write" }',
  service: 'service "etcd3" { policy = "write" }',
  node: 'node_prefix "" { policy = "read" }',
  session: 'session_prefix "" { policy = "write" }',
  agent: 'agent_prefix "" { policy = "read" }',
};
type Right = keyof typeof RIGHTS;

async function consul(lab: Lab, method: string, path: string, body: object): Promise<string> {
  const args = ['-sS', '-m', '10', '-X', method, '-H', `X-Consul-Token: ${ROOT}`, '-d', '@-'];
  const input = JSON.stringify(body);
  return (await lab.exec('etcd-1', ['curl', ...args, `http://127.0.0.1:8500/v1/${path}`], { input })).stdout;
}

const { row } = rowsIn(
  async () => ({ text: spec, hostFiles: ({ role }) => (role === 'etcd' ? acl : []) }),
  async (lab) => {
    await consul(lab, 'PUT', 'acl/policy', { Name: 'member', Rules: Object.values(RIGHTS).join('\n') });
    await consul(lab, 'PUT', 'acl/token', { SecretID: TOKEN, Policies: [{ Name: 'member' }] });
  },
);

/** The units' token has these rights, from now on. */
async function grant(lab: Lab, rights: Right[]): Promise<void> {
  const policies = JSON.parse(await consul(lab, 'GET', 'acl/policies', {})) as { ID: string; Name: string }[];
  const id = policies.find(({ Name }) => Name === 'member')?.ID;
  await consul(lab, 'PUT', `acl/policy/${id}`, {
    ID: id,
    Name: 'member',
    Rules: rights.map((one) => RIGHTS[one]).join('\n'),
  });
}

const all = Object.keys(RIGHTS) as Right[];
const useToken = (lab: Lab, host: string) => output(lab, host, `echo CONSUL_HTTP_TOKEN=${TOKEN} >/etc/token.env`);

/** A host without data and without this right: it says which, and starts nothing, whatever it is answered. */
async function assertNames(t: ExecutionContext, lab: Lab, right: Right, named: RegExp): Promise<void> {
  await grant(
    lab,
    all.filter((one) => one !== right),
  );
  await useToken(lab, 'etcd-3');
  await wipeData(lab, 'etcd-3');
  t.regex(await someoneSays(lab, 'etcd-3', named), named, await statuses(lab));
  await holds(5, async () => {
    t.true(await runsNone(lab, ['etcd-3']), `${right}: it starts on an empty answer`);
  });
}

const WHICH: [Right, RegExp][] = [
  ['key', /key(_prefix)? "etcd3\/mycluster\/?/],
  ['service', /service(_prefix)? "etcd3?"/],
  ['node', /node(_prefix)? "/],
  ['session', /session(_prefix)? "/],
];
for (const [right, named] of WHICH) {
  row(
    `W5: a token that lacks the right ${right}: named in the policy’s words; nothing starts; data does`,
    async (t, lab) => {
      const before = await memberIds(lab);
      await assertNames(t, lab, right, named);
      // Rule 1.
      await useToken(lab, 'etcd-2');
      await output(lab, 'etcd-2', 'systemctl restart --no-block etcd');
      const running = () => etcdOf(lab, 'etcd-2');
      t.not(await eventually(running, (pid) => pid !== '', 10), '');
      await grant(lab, all);
      t.is((await lab.wait({ timeoutSeconds: 120 })).outcome, 'up', await statuses(lab));
      const after = await memberIds(lab);
      t.is(after.get('etcd-2'), before.get('etcd-2'));
      await assertServing(t, lab, after);
    },
  );
}

row('W5: an operator whose token may read nothing hears that, never that nothing is there', async (t, lab) => {
  await grant(lab, ['node', 'service']);
  for (const args of [
    ['reset', 'SPEC', '--yes'],
    ['member', 'list', 'SPEC'],
  ]) {
    const told = await operate(lab, 'etcd-1', spec, args, undefined, { CONSUL_HTTP_TOKEN: TOKEN });
    t.notRegex(told.stderr + told.stdout, /nothing to reset|no record/i);
    t.regex(told.stderr + told.stdout, /key(_prefix)? "etcd3\/mycluster\/?/, args.join(' '));
  }
  await grant(lab, all);
});
