import { type Assets, compile } from '../compile.ts';
import { CODES, type Code } from '../diagnostic/codes.ts';
import type { CodeEntry } from '../diagnostic/entry.ts';
import { render } from '../diagnostic/render.ts';
import { type Example, lockOf, specOf } from './example/example.ts';
import { EXAMPLES } from './example/index.ts';

/** How those come about that no spec shows. */
export const WITHOUT_SPEC: Readonly<Partial<Record<Code, string>>> = {
  'spec-unreadable': 'The path that was given is of no file, of a folder, or of a file that you may not read.',
  'spec-not-utf8': 'An editor has saved the file as UTF-16, or in a code page; what cannot be read is marked.',
  'spec-too-large': 'The path is of another file, an archive say.',
  'spec-control-character': 'The text was copied out of a terminal, with its escapes; the character is marked.',
  'too-many-problems': 'The first of them are listed; often one of these has made the others.',
  'lock-unresolved': '`quorumgate lock` says it: the index is not there, or has no such version, or no hash of it.',
  'lock-hash-changed':
    '`quorumgate lock` says it: the index has another hash than the lock file has for the same version.',
};

const fence = (kind: string, text: string) => `\`\`\`${kind}\n${text.trimEnd()}\n\`\`\``;

function shown(example: Example, assets: Assets): string[] {
  const { lock } = example;
  const [wrong, right] = [specOf(example, 'wrong'), specOf(example, 'right')];
  const file = 'cluster.yaml';
  const { diagnostics } = compile(wrong, { file, assets, lock: lockOf(example, 'wrong') });
  const beside = (text: string | undefined) =>
    text ? ['', 'Beside it `cluster.lock.yaml`:', '', fence('yaml lock', text)] : [];
  return [
    '## Wrong',
    '',
    fence('yaml wrong', wrong),
    ...beside(lock?.wrong),
    '',
    fence('text', render(diagnostics, 'text')),
    '',
    '## Right',
    '',
    fence('yaml right', right),
    ...beside(lock?.right),
  ];
}

/** A page of docs/diagnostics/: what a diagnostic is, and a spec with it and one without. */
export function diagnosticPage(code: Code, assets: Assets): string {
  const { severity, title, remedy, allowable }: CodeEntry = CODES[code];
  const example = EXAMPLES[code];
  const hole = remedy.replace(/\{([a-z]+)\}/g, (_, name: string) => `<${name}>`);
  const lines = [
    `# \`${code}\``,
    '',
    `${title}. ${severity === 'error' ? 'An error: nothing is compiled.' : 'A warning; an error with `--strict`.'}`,
    ...(/^<[a-z]+>\.?$/.test(hole) ? [] : ['', `Remedy: ${hole}`]),
    ...(allowable ? ['', `A spec may say why it is so all the same: \`allow: {${code}: REASON}\`.`] : []),
    '',
    ...(example === undefined ? [WITHOUT_SPEC[code] ?? ''] : shown(example, assets)),
    '',
    'All of them: [diagnostics](README.md).',
  ];
  return `${lines.join('\n')}\n`;
}

/** docs/diagnostics/README.md. */
export function diagnosticIndex(): string {
  const rows = Object.entries<CodeEntry>(CODES).map(([code, { severity, title, allowable }]) => {
    return `| [\`${code}\`](${code}.md) | ${title} | ${severity}${allowable ? ', `allow` lifts it' : ''} |`;
  });
  const head = `# Diagnostics

Everything that \`quorumgate check\` says of a spec, each with a page: a spec that has it, what is said then, and one without. Made from the
compiler by \`npm run docs\`; do not edit. On a terminal: \`quorumgate explain CODE\`.
`;
  return [head, '| code | what | |', '|---|---|---|', ...rows, ''].join('\n');
}
