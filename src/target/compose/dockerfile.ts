import { programList, programSources, wantsPackages } from '../../plan/environment.ts';
import type { Plan, PlanFile, Role } from '../../plan/plan.ts';
import type { Spec } from '../../spec/defaults.ts';
import { users } from './limits.ts';

interface LocalArtifact {
  /** Name in the folder `artifacts`: of the program, with the ending that says how it is unpacked, or what it is. */
  file: string;
  url: string;
  sha256: string;
}

/** Files that a role's image is built from, beside its base: nothing is fetched while it is built. */
function localArtifacts(spec: Spec, role: Role): LocalArtifact[] {
  return programSources(spec, role).flatMap(([name, source]) =>
    typeof source === 'string'
      ? []
      : [
          {
            file: `${name}${/\.(tar\.gz|tgz|tar\.xz|zip|cjs)$/.exec(source.url.replace(/[?#].*/, ''))?.[0] ?? ''}`,
            ...source,
          },
        ],
  );
}

const ARTIFACTS = '/opt/quorumgate/artifacts';

/** /etc/quorumgate/programs while the image is built: the artifacts by their paths. */
export function buildPrograms(spec: Spec, role: Role): string {
  return localArtifacts(spec, role).reduce(
    (text, { file, url, sha256 }) =>
      text.replace(` url ${url} ${sha256}\n`, ` url file://${ARTIFACTS}/${file} ${sha256}\n`),
    programList(spec, role),
  );
}

/** The image of a role: the plan's files and programs on the spec's base. Built in the folder that holds `compose/`. */
export function printDockerfile({ role }: Plan, spec: Spec, files: readonly PlanFile[]): string {
  const artifacts = localArtifacts(spec, role);
  const packages =
    role === 'etcd' ? wantsPackages(spec) : programSources(spec, role).some(([, from]) => from === 'package');
  const root = `COPY compose/${role}/root/ /`;
  const programs = `COPY compose/${role}/programs /etc/quorumgate/programs`;
  const base = packages ? 'packaged' : (spec.compose?.base ?? '');
  const names = programSources(spec, role).map(([name]) => (/^(node|etcd-sidekick)$/.test(name) ? 'sidekick' : name));
  const wanted = [...new Set(names)];
  const executables = files.filter(({ mode }) => mode === 0o755).map(({ path }) => path);
  const owned = (directory: string, user: keyof typeof users) =>
    `install -d -m 0700 -o ${users[user]} -g ${users[user]} ${directory}`;
  return [
    '# Made by quorumgate: change the spec and compile again. Built by compose.yaml, in the folder above its own.',
    ...(artifacts.length > 0 ? ['# Wanted there:'] : []),
    ...artifacts.map(({ file, url }) => `#   artifacts/${file}: ${url}`),
    ...(packages
      ? [`FROM ${spec.compose?.base} AS packaged`, root, 'RUN /bin/sh /opt/quorumgate/libexec/packages', '']
      : []),
    `FROM ${base} AS programs`,
    ...(packages ? [] : [root]),
    programs,
    ...(artifacts.length > 0
      ? [
          `COPY ${artifacts.map(({ file }) => `artifacts/${file}`).join(' ')} ${ARTIFACTS}/`,
          // Said at once; what puts them in place asks again, and again.
          run([
            `cd ${ARTIFACTS}`,
            ...artifacts.map(({ file, sha256 }) => `echo '${sha256}  ${file}' | sha256sum -c -`),
          ]),
        ]
      : []),
    run(wanted.map((name) => `timeout 300 /bin/sh /opt/quorumgate/libexec/program ${name}`)),
    '',
    `FROM ${base}`,
    'COPY --from=programs /opt/quorumgate/bin/ /opt/quorumgate/bin/',
    root,
    run([
      `chmod 0755 ${executables.join(' ')}`,
      owned('/var/lib/consul', 'consul'),
      ...(role === 'etcd' ? [owned(`${spec.etcd.dataDirectory} /run/etcd /var/lib/quorumgate-etcd`, 'etcd')] : []),
      'ln -sfn /var/lib/quorumgate/machine-id /etc/machine-id',
    ]),
    // For `docker compose exec`.
    'ENV PATH=/opt/quorumgate/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    'ENTRYPOINT ["/bin/sh", "/opt/quorumgate/libexec/container"]',
  ]
    .map((line) => `${line}\n`)
    .join('');
}

function run(commands: readonly string[]): string {
  return `RUN ${commands.join(' \\\n && ')}`;
}
