import { child, spoken } from '../pointer.ts';
import type { Problem } from '../problem.ts';
import { secretIn } from '../secret.ts';
import type { Rule } from './draft.ts';
import { hasCredentials, PROGRAMS } from './program.ts';

type Program = (typeof PROGRAMS)[number];

/** Where the version of a program that is taken by `release` stands in the spec. */
export const versionPointer = (program: Program) =>
  program === 'consul' || program === 'etcd' ? `/${program}/version` : `/releases/versions/${program}`;

const examples: Record<Program, string> = {
  consul: '2.1.0',
  etcd: '3.7.3',
  socat: '1.8.0.3',
  node: '20.19.5',
  sidekick: '0.1.0',
};

/** The lines that are missing, and the mapping that has to have them: one that is there is not to be written twice. */
function missing(program: Program, isWritten: (pointer: string) => boolean): string {
  const [, ...keys] = versionPointer(program).split('/');
  const first = keys.findIndex((_, index) => !isWritten(`/${keys.slice(0, index + 1).join('/')}`));
  const own = keys.slice(first);
  const snippet = own
    .slice(0, -1)
    .reduceRight((inner, key) => `${key}: {${inner}}`, `${own.at(-1)}: ${examples[program]}`);
  return first === 0 ? `\`${snippet}\`` : `\`${snippet}\` under \`${keys.slice(0, first).join('.')}\``;
}

export const releases: Rule = (draft, { isWritten }) => {
  const { programs, releases: section } = draft;
  return PROGRAMS.filter((name) => programs?.[name] === 'release').flatMap((program): Problem[] => {
    const pointer = `/programs/${program}`;
    const problems: Problem[] = [];
    const index = section?.index;
    const isMissing = typeof index === 'object' && !isWritten(`/releases/index/${program}`);
    if (!isWritten('/releases') || isMissing) {
      const where = isMissing ? '`releases.index` names none for it' : 'there is no `releases`';
      const message = `\`programs.${program}\` is \`release\`, and ${where}.`;
      problems.push({ code: 'release-without-index', pointer, message, detail: { program } });
    }
    if (!isWritten(versionPointer(program))) {
      const message = `\`programs.${program}\` is \`release\`, and nothing says of which version.`;
      problems.push({
        code: 'release-without-version',
        pointer,
        message,
        detail: { lines: missing(program, isWritten) },
      });
    }
    return problems;
  });
};

export const unneededReleases: Rule = ({ programs, releases: section }, { isWritten }) => {
  // A value that is written and undefined has an error of its own.
  const isTaken = (name: Program) =>
    programs?.[name] === 'release' ||
    (isWritten(programs === undefined ? '/programs' : `/programs/${name}`) && programs?.[name] === undefined);
  if (isWritten('/releases') && !PROGRAMS.some(isTaken)) {
    const message = 'There is `releases`, and no program is taken by `release`.';
    return [{ code: 'release-unneeded', pointer: '/releases', on: 'key', message, detail: { program: 'etcd' } }];
  }
  const index = typeof section?.index === 'object' ? section.index : {};
  const named = [
    ...PROGRAMS.filter((name) => index[name] !== undefined).map((name) => ['/releases/index', name] as const),
    ...(['socat', 'node', 'sidekick'] as const)
      .filter((name) => section?.versions?.[name] !== undefined)
      .map((name) => ['/releases/versions', name] as const),
  ];
  return named
    .filter(([, name]) => !isTaken(name))
    .map(([holder, name]) => {
      const pointer = child(holder, name);
      const message = `\`${spoken(pointer)}\` is given, and \`programs.${name}\` is not \`release\`.`;
      return { code: 'release-unneeded', pointer, on: 'key', message, detail: { program: name } };
    });
};

export const indexCredentials: Rule = ({ releases: section }) => {
  const index = section?.index;
  const all =
    typeof index === 'string'
      ? [['/releases/index', index] as const]
      : PROGRAMS.map((name) => [`/releases/index/${name}`, index?.[name] ?? ''] as const);
  return all
    .filter(([, text]) => hasCredentials(text) || secretIn(text) !== undefined)
    .map(([pointer]) => {
      const message = `\`${spoken(pointer)}\` holds credentials.`;
      return { code: 'index-credentials', pointer, message };
    });
};
