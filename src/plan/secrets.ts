import type { Spec } from '../spec/defaults.ts';
import { handedFrom, sourceOf, wantedFiles } from '../spec/delivered.ts';
import type { Problem } from '../spec/problem.ts';
import { secretIn } from '../spec/secret.ts';
import { asset, script, text } from './file.ts';
import type { Assets, Plan, PlanFile, Role } from './plan.ts';

/** Seconds that a delivery may take, unless the spec says how many. */
const TIMEOUT = 60;

/** Files that are handed on as they are: by what stands in the list, `OWNER/NAME`. */
function certificates({ tls, consul, ...spec }: Spec, role: Role): [what: string, path: string][] {
  const from = sourceOf(spec);
  const sides = tls === 'off' || role !== 'etcd' ? [] : [tls.peer, tls.client];
  const paths = [...sides, consul.tls ?? {}].flatMap((files) => Object.values<string>(files));
  return paths.flatMap((path): [string, string][] => {
    const { owner, name } = handedFrom(path) ?? {};
    return from === undefined || name === undefined ? [] : [[`${owner}/${name}`, `${from}${name}`]];
  });
}

/** /etc/quorumgate/secrets: what units/scripts/secrets.sh reads. */
export function secretList(spec: Spec, role: Role): string {
  const { encrypt, tokens } = spec.consul;
  const rows: [what: string, path: string | undefined][] = [
    ['gossip', encrypt],
    ['agent', tokens?.agent],
    ['dns', tokens?.dns],
    ['sidekick', role === 'etcd' ? tokens?.sidekick : undefined],
    ...certificates(spec, role),
  ];
  return rows.flatMap(([what, path]) => (path === undefined ? [] : [`${what} ${path}\n`])).join('');
}

/** Whether a host has secrets to hand on. */
export const hasSecrets = (spec: Spec, role: Role): boolean => secretList(spec, role) !== '';

/** Whether a host fetches its secrets. */
export const fetchesSecrets = (spec: Spec, role: Role): boolean =>
  typeof spec.secrets === 'object' && hasSecrets(spec, role);

/** Files that bring secrets to a host, and hand them on. */
export function secretFiles(spec: Spec, role: Role, assets: Assets): PlanFile[] {
  if (!hasSecrets(spec, role)) return [];
  const isOfConsul = [spec.consul.encrypt, spec.consul.tls, spec.consul.tokens].some((one) => one !== undefined);
  return [
    text('/etc/quorumgate/secrets', secretList(spec, role), spec.secrets === undefined ? '/consul' : '/secrets'),
    script('secrets', assets),
    ...(isOfConsul
      ? [
          // Whatever has become of that unit: without its secrets an agent starts in the open.
          text('/etc/systemd/system/consul.service.d/secrets.conf', asset(assets.templates, 'consul-secrets.conf')),
        ]
      : []),
    ...(spec.secrets === 'credentials' ? [credentials(spec, role)] : []),
    ...delivery(spec, assets),
  ];
}

/** Names of system credentials. `ImportCredential=` also decrypts, and is of systemd 254; before it a name without a path is looked up where they lie in plain (251). */
function credentials(spec: Spec, role: Role): PlanFile {
  const names = wantedFiles(spec, role === 'etcd').map((name) => `LoadCredential=quorumgate.${name}\n`);
  const lines = ['[Service]\n', ...names, 'ImportCredential=quorumgate.*\n'];
  return text('/etc/systemd/system/quorumgate-secrets.service.d/credentials.conf', lines.join(''), '/secrets');
}

/** Of units/scripts/deliver.sh: where the archive is, and the user's own command. */
function delivery({ secrets }: Spec, assets: Assets): PlanFile[] {
  if (typeof secrets !== 'object') return [];
  const { url = '-', sha256 = '-', command, timeout = TIMEOUT } = secrets;
  return [
    text('/etc/quorumgate/delivery', `${timeout} ${sha256} ${url}\n`, '/secrets'),
    ...(command === undefined ? [] : [text('/etc/quorumgate/deliver', `${command.trimEnd()}\n`, '/secrets/command')]),
    script('deliver', assets),
  ];
}

/** Secrets by their form in what would land on hosts, whichever way they came: by a lock file, or put together of parts that are none. */
export function secretsShown(plans: readonly Plan[]): Problem[] {
  const texts = plans.flatMap(({ files, units }) => [
    ...files,
    ...units.map(({ name, content, pointer = '' }) => ({ path: `/etc/systemd/system/${name}`, content, pointer })),
  ]);
  const found = texts.flatMap(({ path, content, pointer }): Problem[] => {
    const what = secretIn(content);
    return what === undefined ? [] : [{ code: 'spec-secret', pointer, message: `There is ${what} in \`${path}\`.` }];
  });
  return found.filter(({ message }, index) => index === found.findIndex((one) => one.message === message));
}
