import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { compile } from '../../../compile.ts';
import { loadAssets } from '../../../io/assets.ts';
import { STAND_INS } from '../../compile/overlay.ts';
import type { Lab } from '../../lab.ts';
import { etcdOf, eventually, labSpec, labTest, memberIds, operate, output } from '../lab-testing.ts';
import { assertNoSecretShows } from '../secured-testing.ts';
import { assertServing, holds, recheck, rowsIn, runsNone, someoneSays, statuses, wipeData } from './trust-testing.ts';

const spec = labSpec({
  consul: '{servers: members, join: [10.77.0.101, 10.77.0.102, 10.77.0.103], version: 2.1.0}',
  etcd: '{version: 3.5.16, replaceDeadAfter: 10}',
  secrets: 'image',
});
/** Of this lab alone: it lives as long as the lab's Consul does. */
const TOKEN = '66666666-7777-8888-9999-000000000000';
const POLICY = 'of-one-host';

/** Rules of the policy that `compile` writes for sidekicks, by what each is about. */
const RIGHTS = await rulesFor('sidekick');

async function rulesFor(holder: string): Promise<Map<string, string>> {
  const { files } = compile(spec, { file: 'test.yaml', assets: await loadAssets(), excuse: STAND_INS });
  const found = files.find(({ path }) => path === `consul/policies/${holder}.hcl`);
  const rules = new TextDecoder().decode(found?.bytes).match(/^.* \{\n.*\n\}\n/gm) ?? [];
  return new Map(rules.map((rule) => [/^[a-z]+/.exec(rule)?.[0] ?? '', rule]));
}

/** As the operator who has the first token. */
async function consul(lab: Lab, method: string, path: string, body: object): Promise<string> {
  const token = readFileSync(join(lab.layout.secrets, 'management'), 'utf8').trim();
  const args = ['-sS', '-m', '10', '-X', method, '-H', `X-Consul-Token: ${token}`, '-d', '@-'];
  const input = JSON.stringify(body);
  return (await lab.exec('etcd-1', ['curl', ...args, `http://127.0.0.1:8500/v1/${path}`], { input })).stdout;
}

const { row } = rowsIn(
  async () => ({ text: spec }),
  async (lab) => {
    const Rules = [...RIGHTS.values()].join('');
    await consul(lab, 'PUT', 'acl/policy', { Name: POLICY, Rules });
    await consul(lab, 'PUT', 'acl/token', { SecretID: TOKEN, Policies: [{ Name: POLICY }] });
  },
);

/** A policy has these rules, from now on. */
async function setRules(lab: Lab, name: string, rules: Iterable<string>): Promise<void> {
  const policies = JSON.parse(await consul(lab, 'GET', 'acl/policies', {})) as { ID: string; Name: string }[];
  const id = policies.find(({ Name }) => Name === name)?.ID;
  await consul(lab, 'PUT', `acl/policy/${id}`, { ID: id, Name: name, Rules: [...rules].join('') });
}

/** The token of one host has these rights, from now on. */
const grant = (lab: Lab, rights: readonly string[]): Promise<void> =>
  setRules(
    lab,
    POLICY,
    rights.map((one) => RIGHTS.get(one) ?? ''),
  );

const all = [...RIGHTS.keys()];
/** By the way on which secrets come to hosts. */
const useToken = (lab: Lab, host: string) =>
  output(lab, host, `echo ${TOKEN} >/etc/quorumgate-secrets/sidekick; systemctl restart quorumgate-secrets`);

/** A host without data and without this right: it says which, and starts nothing by the empty answers that it may get. */
async function assertNames(t: ExecutionContext, lab: Lab, right: string, named: RegExp): Promise<void> {
  await grant(
    lab,
    all.filter((one) => one !== right),
  );
  await useToken(lab, 'etcd-3');
  await wipeData(lab, 'etcd-3');
  t.regex(await someoneSays(lab, 'etcd-3', named), named, await statuses(lab));
  // No answer that the gate decides by is hidden without it: a host that is registered still may join.
  if (right === 'agent') return;
  await holds(5, async () => {
    t.true(await runsNone(lab, ['etcd-3']), `${right}: it starts on an empty answer`);
  });
}

const WHICH: [string, RegExp][] = [
  ['key', /key(_prefix)? "etcd3\/mycluster\/?/],
  ['service', /service(_prefix)? "etcd3?"/],
  ['node', /node(_prefix)? "/],
  ['session', /session(_prefix)? "/],
  ['agent', /agent(_prefix)? "/],
];
labTest('each rule of the policy that is emitted for sidekicks is tried', (t) => {
  t.deepEqual(WHICH.map(([right]) => right).sort(), [...all].sort());
});
row('a token in a command line would be seen at the end of a scenario', async (t, lab) => {
  const token = readFileSync(join(lab.layout.secrets, 'sidekick'), 'utf8').trim();
  await output(lab, 'etcd-2', `sh -c 'sleep 20; :' ${token} >/dev/null 2>&1 &`);
  await t.throwsAsync(assertNoSecretShows(lab), { message: /^etcd-2 shows a secret: / });
  const shows = () => assertNoSecretShows(lab).then(Boolean, () => true);
  t.false(await eventually(shows, (is) => !is, 40));
});

for (const [right, named] of WHICH) {
  row(
    `W5: a token that lacks the right ${right}: named in the policy’s words; nothing starts by what it hides; data does`,
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

for (const right of ['node', 'service']) {
  row(`the token for DNS lacks the right ${right}: each member says so, and goes on`, async (t, lab) => {
    const rules = await rulesFor('dns');
    const policy = 'quorumgate-mycluster-dns';
    const before = await memberIds(lab);
    await setRules(
      lab,
      policy,
      [...rules].filter(([about]) => about !== right).map(([, rule]) => rule),
    );
    const told = async () => {
      await recheck(lab);
      return someoneSays(lab, 'etcd-2', /token for DNS/, 10);
    };
    // Agents keep a policy for half a minute.
    t.regex(await eventually(told, (text) => /token for DNS/.test(text), 120), /may the token for DNS read services/);
    await setRules(lab, policy, rules.values());
    t.notRegex(await eventually(told, (text) => !/token for DNS/.test(text), 120), /token for DNS/);
    await assertServing(t, lab, before);
  });
}

row(
  'the token of agents lacks the right node: a host that is new to the catalog joins by that of its sidekicks',
  async (t, lab) => {
    const rules = await rulesFor('agent');
    const policy = 'quorumgate-mycluster-agent';
    await setRules(
      lab,
      policy,
      [...rules].filter(([about]) => about !== 'node').map(([, rule]) => rule),
    );
    await output(lab, 'etcd-3', 'systemctl stop etcd; rm -rf /var/lib/etcd/*; systemctl restart consul');
    await consul(lab, 'PUT', 'catalog/deregister', { Node: 'etcd-3' });
    await output(lab, 'etcd-3', 'systemctl start --no-block etcd');
    t.is((await lab.wait({ timeoutSeconds: 180 })).outcome, 'up', await statuses(lab));
    await setRules(lab, policy, rules.values());
  },
);

row('W5: an operator whose token may read nothing hears that, never that nothing is there', async (t, lab) => {
  await grant(lab, ['node', 'service']);
  for (const args of [
    ['reset', 'SPEC', '--yes'],
    ['member', 'list', 'SPEC'],
  ]) {
    const told = await operate(lab, 'etcd-1', spec, args, undefined, {
      CONSUL_HTTP_TOKEN: TOKEN,
      CONSUL_HTTP_TOKEN_FILE: '',
    });
    t.notRegex(told.stderr + told.stdout, /nothing to reset|no record/i);
    t.regex(told.stderr + told.stdout, /key(_prefix)? "etcd3\/mycluster\/?/, args.join(' '));
  }
  await grant(lab, all);
});
