import { parseUnitFile, type UnitFile, unitValue, unitValues, unitWords } from '../../format/unit-file.ts';

/**
 * A service unit as shell, for `container.sh`: what it is part of, its environment, its programs. Only what our own units
 * use is known; anything else throws, so that no container does less than its unit without a word.
 */
export function printUnitScript(name: string, text: string, repeat: number | undefined): string {
  const unit = parseUnitFile(text);
  const value = (key: string) => unitValue(unit, 'Service', key);
  const partOf = unitWords(unit, 'Unit', 'PartOf').map((one) => one.replace(/\.service$/, ''));
  const runtime = value('RuntimeDirectoryPreserve') === 'yes' ? '' : (value('RuntimeDirectory') ?? '');
  const directory = quoted(value('WorkingDirectory') ?? '/');
  const remain = value('RemainAfterExit') === 'yes';
  if (value('Type') === 'oneshot' && !remain) {
    // Docker starts again whatever ends, and nobody would see it done.
    throw new Error(`not known in a container: ${name}.service is a oneshot without RemainAfterExit=yes`);
  }
  const before = unitValues(unit, 'Service', 'ExecStartPre').map((line) => `  ${words(line)} || return`);
  const lines = [
    `# From ${name}.service.`,
    `part_of='${partOf.join(' ')}' runtime='${runtime}' remain='${remain ? 'yes' : ''}' again=${repeat ?? 'infinity'}`,
    `directory=${directory}`,
    ...block('environment', environment(unit)),
    ...block('before', before),
    ...block('main', [`  "$@" ${words(value('ExecStart') ?? '')}`]),
  ];
  return lines.map((line) => `${line}\n`).join('');
}

function block(name: string, body: readonly string[]): string[] {
  return [`${name}() {`, ...(body.length > 0 ? body : ['  :']), '}'];
}

function environment(unit: UnitFile): string[] {
  const own = unitWords(unit, 'Service', 'Environment').map((pair) => `  export ${quoted(pair)}`);
  const files = unitValues(unit, 'Service', 'EnvironmentFile').map((path) =>
    path.startsWith('-')
      ? `  [ ! -e ${quoted(path.slice(1))} ] || file ${quoted(path.slice(1))}`
      : `  file ${quoted(path)}`,
  );
  return [...own, ...files];
}

/** systemd puts a variable's value in place without splitting it: what double quotes do. */
function words(line: string): string {
  return line.split(/\s+/).map(quoted).join(' ');
}

function quoted(word: string): string {
  if (!/^([A-Za-z0-9_@+=:,./-]|\$\{[A-Z_]+\})+$/.test(word)) throw new Error(`not known in a container: ${word}`);
  return word.includes('$') ? `"${word}"` : word;
}
