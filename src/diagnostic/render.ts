import type { Diagnostic } from './diagnostic.ts';
import { excerpt } from './excerpt.ts';

/** Blocks for people, or workflow commands for GitHub. */
export type Format = 'text' | 'github';
type Part = 'error' | 'warning' | 'place' | 'mark' | 'remedy';
/** Colours one part of the text rendering; the caller knows whether the terminal wants it. */
export type Paint = (part: Part, text: string) => string;

const plain: Paint = (_part, text) => text;

/**
 * Renders diagnostics for `format`, with a final line break; `''` for none.
 * Control characters out of the spec never reach the output.
 */
export function render(diagnostics: readonly Diagnostic[], format: Format, paint: Paint = plain): string {
  if (format === 'github') return diagnostics.map((diagnostic) => `${annotation(diagnostic)}\n`).join('');
  if (diagnostics.length === 0) return '';
  return `${diagnostics.map((diagnostic) => block(diagnostic, paint)).join('\n')}\n${summary(diagnostics)}\n`;
}

function block(diagnostic: Diagnostic, paint: Paint): string {
  const { code, severity, message, remedy, place, suggestion } = diagnostic;
  const where = place === undefined ? '' : paint('place', visible(`${place.file}:${place.line}:${place.column}:`));
  const lines = [`${where}${where && ' '}${paint(severity, `${severity}[${code}]:`)} ${visible(message)}`];
  if (place !== undefined) {
    const { line, mark } = excerpt(place);
    lines.push(`  ${line}`, `  ${mark.replace(/\S+$/, (carets) => paint('mark', carets))}`);
  }
  lines.push(`  ${paint('remedy', 'remedy:')} ${visible(remedy)}`);
  if (suggestion !== undefined) lines.push(`  did you mean \`${visible(suggestion)}\`?`);
  return `${lines.join('\n')}\n`;
}

function summary(diagnostics: readonly Diagnostic[]): string {
  const count = (severity: Diagnostic['severity']) => {
    const number = diagnostics.filter((diagnostic) => diagnostic.severity === severity).length;
    return number === 0 ? [] : [`${number} ${severity}${number === 1 ? '' : 's'}`];
  };
  return [...count('error'), ...count('warning')].join(', ');
}

/** A workflow command of GitHub for what has no place in a spec. */
export const complaint = (message: string, remedy: string): string =>
  `::error title=quorumgate::${data(`${visible(message)}\nremedy: ${visible(remedy)}`)}\n`;

/** A workflow command of GitHub: shown beside the line in the change under review. */
function annotation({ code, severity, message, remedy, place, suggestion }: Diagnostic): string {
  const where =
    place === undefined
      ? []
      : [
          `file=${property(place.file)}`,
          `line=${place.line}`,
          `col=${place.column}`,
          `endColumn=${place.column + Math.max(1, place.length)}`,
        ];
  const hint = suggestion === undefined ? '' : `\ndid you mean ${JSON.stringify(suggestion)}?`;
  const text = `${visible(message)}\nremedy: ${visible(remedy)}${hint}`;
  return `::${severity} ${[...where, `title=${property(code)}`].join(',')}::${data(text)}`;
}

const data = (text: string) => text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
const property = (text: string) => data(text).replaceAll(':', '%3A').replaceAll(',', '%2C');

/** Messages quote the user's text: no escape sequence of a terminal may come through. */
const visible = (text: string) => text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu, '\u{fffd}');
