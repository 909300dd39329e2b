import { shellWord } from '../../plan/extra-script.ts';
import { fill } from '../../plan/fill.ts';
import type { Owner, PlanExtra } from '../../plan/plan.ts';

/** A file as it lies on a host. */
export interface HostFile {
  path: string;
  mode: number;
  content: string;
  /** Root, where it is not said. */
  owner?: Owner;
}

const END = 'QG-END';

/**
 * The provisioner: each file in a here-document, as it is where that is safe, else base64. There is no carriage return
 * in it, so Vagrant's repair of line ends changes nothing but what an editor or git on Windows did.
 */
export function printScript(template: string, files: readonly HostFile[], extra: readonly string[] = []): string {
  return fill(template, { files: [...extra, ...files.map(printFile)].join('\n') });
}

/** Users and groups, made by functions of their own: before the files, which may be theirs. */
export function printAccounts(functions: string, { users, groups }: PlanExtra): string[] {
  return [
    functions.trimEnd(),
    ...groups.map((name) => `group ${name}`),
    ...users.map(({ name, uid = '-', groups: others, shell, keys }) => {
      const lines = keys.map((key) => `${key}\n`).join('');
      return `account ${name} ${uid} '${others.join(',')}' ${shell} <<'${END}'\n${lines}${END}`;
    }),
  ];
}

function printFile({ path: plain, mode, content, owner }: HostFile): string {
  if (!/^\/[A-Za-z0-9._/@+\\-]+$/.test(plain)) throw new Error(`not a plain path: ${plain}`);
  const path = shellWord(plain);
  if (owner !== undefined) {
    return `owned ${mode.toString(8)} ${path} ${owner.user}:${owner.group} <<'${END}'\n${base64(content)}${END}`;
  }
  const isPlain = /^[\t\n -~\u00a0-\u{10ffff}]*\n$/u.test(content) && !content.split('\n').includes(END);
  const [command, body] = isPlain ? ['text', content] : ['bytes', base64(content)];
  return `${command} ${mode.toString(8)} ${path} <<'${END}'\n${body}${END}`;
}

function base64(content: string): string {
  const bytes = new TextEncoder().encode(content);
  const binary = Array.from(bytes, (byte) => String.fromCharCode(byte)).join('');
  return btoa(binary).replace(/.{1,76}/g, '$&\n');
}
