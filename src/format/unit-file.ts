/** systemd's unit file syntax (systemd.syntax(7)), read into sections and keys in the order of the text. */
interface UnitEntry {
  key: string;
  value: string;
  /** Where the entry begins, from 1. */
  line: number;
}

interface UnitSection {
  name: string;
  entries: UnitEntry[];
}

/** One section per name: systemd, too, merges a section that is opened twice. */
export type UnitFile = UnitSection[];

export class UnitFileError extends Error {
  readonly line: number;

  constructor(line: number, message: string) {
    super(`line ${line}: ${message}`);
    this.line = line;
  }
}

export function parseUnitFile(text: string): UnitFile {
  const unit: UnitFile = [];
  let section: UnitSection | undefined;
  for (const { content, line } of logicalLines(text)) {
    const name = /^\[(.*)\]$/.exec(content)?.[1];
    if (name !== undefined) {
      section = unit.find((other) => other.name === name);
      if (section === undefined) {
        section = { name, entries: [] };
        unit.push(section);
      }
      continue;
    }
    const equals = content.indexOf('=');
    if (equals <= 0) throw new UnitFileError(line, `neither [Section] nor Key=value: ${content}`);
    if (section === undefined) throw new UnitFileError(line, `outside of any section: ${content}`);
    section.entries.push({
      key: content.slice(0, equals).trimEnd(),
      value: content.slice(equals + 1).trimStart(),
      line,
    });
  }
  return unit;
}

/** All values of a key; an empty assignment forgets those before it, as systemd does for lists. */
export function unitValues(unit: UnitFile, section: string, key: string): string[] {
  let values: string[] = [];
  for (const entry of unit.find(({ name }) => name === section)?.entries ?? []) {
    if (entry.key !== key) continue;
    values = entry.value === '' ? [] : [...values, entry.value];
  }
  return values;
}

/** The last value of a key: what counts where systemd wants one. */
export function unitValue(unit: UnitFile, section: string, key: string): string | undefined {
  return unitValues(unit, section, key).at(-1);
}

/** The words of a space-separated list such as `After=`, each once. */
export function unitWords(unit: UnitFile, section: string, key: string): string[] {
  const words = unitValues(unit, section, key).flatMap((value) => value.split(/\s+/));
  return [...new Set(words.filter((word) => word !== ''))];
}

/** Comments and empty lines left out; a backslash at the end of a line joins it with the next one by a space. */
function* logicalLines(text: string): Generator<{ content: string; line: number }> {
  let pending: { content: string; line: number } | undefined;
  for (const [index, raw] of text.split(/\r?\n/).entries()) {
    const trimmed = raw.trim();
    // Also in the middle of a continued line, where a comment is skipped and the continuation goes on.
    if (/^[#;]/.test(trimmed)) continue;
    const start: { content: string; line: number } = pending ?? { content: '', line: index + 1 };
    if (trimmed.endsWith('\\')) {
      pending = { ...start, content: `${start.content}${trimmed.slice(0, -1)} ` };
      continue;
    }
    pending = undefined;
    const content = `${start.content}${trimmed}`.trim();
    if (content !== '') yield { content, line: start.line };
  }
  if (pending !== undefined && pending.content.trim() !== '') yield { ...pending, content: pending.content.trim() };
}
