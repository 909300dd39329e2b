/** Text that is HTML already. Only `html` makes it. */
export class Markup {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

type Part = string | number | Markup | readonly Markup[];

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Escaped for text and for attributes in quotes. Signs that no document may hold, or that turn round what follows, are replaced. */
function escaped(text: string): string {
  return text.replace(/(?!\n)[\p{Cc}\p{Cf}\p{Cs}]/gu, '\u{fffd}').replace(/[&<>"']/g, (sign) => ESCAPES[sign] ?? '');
}

function shown(part: Part): string {
  if (part instanceof Markup) return part.text;
  if (typeof part === 'object') return part.map(({ text }) => text).join('');
  return escaped(String(part));
}

/** HTML with whatever is put into it escaped: in text and in attributes with quotes, never elsewhere. */
export function html(strings: TemplateStringsArray, ...parts: Part[]): Markup {
  return new Markup(
    strings.map((text, index) => text + (index < parts.length ? shown(parts[index] ?? '') : '')).join(''),
  );
}

export const none = new Markup('');
