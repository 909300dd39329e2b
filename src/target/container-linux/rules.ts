import type { AnyIgnition, AnyNode, Resource } from '../interpret-ignition.ts';
import { unitLineLimit } from './limits.ts';
import { restartsOneshot } from './old-systemd.ts';

/** Demands of spec 2.2.0 and of the system it runs on, as far as validators are silent about it. One line a finding. */
export function checkIgnition2(config: AnyIgnition): string[] {
  const { ignition, storage = {}, systemd = {} } = config;
  const files = storage.files ?? [];
  const nodes = [...files, ...(storage.directories ?? [])];
  const units = systemd.units ?? [];
  return [
    ...(ignition.version === '2.2.0' ? [] : [`version: ${ignition.version}`]),
    ...nodes.flatMap(checkNode),
    // The default was true here and is false in 3.x: said both ways.
    ...files.flatMap(({ path, overwrite, append }) =>
      overwrite === undefined && append === undefined ? [`${path}: overwrite is not said`] : [],
    ),
    ...files.flatMap((file) => checkContents(file.path, file.contents ?? {})),
    ...files.flatMap(({ path }) => checkArchive(path, units)),
    ...checkReference(ignition),
    // A unit's contents come to a file too.
    ...twice([
      ...nodes.map(({ path }) => path),
      ...units.flatMap(({ name, contents }) => (contents ? [`/etc/systemd/system/${name}`] : [])),
    ]),
    ...twice(units.map(({ name }) => name)),
    ...units.flatMap(checkUnit),
    ...unknownKeys(config),
  ];
}

function twice(names: string[]): string[] {
  return [...new Set(names.filter((name, index) => names.indexOf(name) !== index))].map((name) => `${name}: twice`);
}

function checkNode({ path, filesystem, mode, overwrite, append, user }: AnyNode): string[] {
  const findings: string[] = [];
  if (filesystem !== 'root') findings.push('filesystem is not root');
  if (!Number.isInteger(mode)) findings.push('mode is no integer');
  // Octal digits read as a decimal number: 755 is 01363, 644 is 01204.
  else if ((mode ?? 0) > 0o777 || ((mode ?? 0) & 0o444) === 0) findings.push(`mode ${mode} is no plausible mode`);
  if (append !== undefined && append !== true && append !== false) findings.push('append is a list in 3.x alone');
  if (user?.id !== undefined && user.name !== undefined) findings.push('owner by id and name');
  if (append === true && overwrite !== undefined) findings.push('append and overwrite');
  if (/^\/(usr|bin|sbin|lib|lib64)\//.test(path)) findings.push('on a read-only file system');
  if (/^\/(run|tmp|proc|sys|dev)\//.test(path)) findings.push('lost when the host starts');
  return findings.map((finding) => `${path}: ${finding}`);
}

function checkContents(where: string, { source = '', compression, verification }: Resource): string[] {
  const findings: string[] = [];
  if (compression !== undefined && compression !== '' && source.startsWith('data:')) {
    findings.push('compression of a data URL');
  }
  if (/^https?:|^s3:|^tftp:/.test(source) && verification?.hash === undefined) findings.push('fetched without a hash');
  if (verification?.hash !== undefined && !/^sha512-[0-9a-f]{128}$/.test(verification.hash)) {
    findings.push('hash is not sha512');
  }
  return findings.map((finding) => `${where}: ${finding}`);
}

/** A reference to another document. No version of 2.x unpacks it, and without an end Ignition tries for ever. */
function checkReference({ config, timeouts }: AnyIgnition['ignition']): string[] {
  const { replace } = config ?? {};
  if (replace === undefined) return [];
  const where = 'ignition.config.replace';
  const isEndless = /^https?:/.test(replace.source ?? '') && !timeouts?.httpTotal;
  return [
    ...(replace.compression === undefined ? [] : [`${where}: compression of a document`]),
    ...(isEndless ? [`${where}: fetched without an end to the trying`] : []),
    ...checkContents(where, { ...replace, compression: '' }),
  ];
}

/** Ignition unpacks no archive: a unit has to. */
function checkArchive(path: string, units: readonly Unit[]): string[] {
  if (!/\.(tar|tgz|tar\.gz|tar\.xz|zip)$/.test(path)) return [];
  return units.some(({ contents = '' }) => contents.includes(path)) ? [] : [`${path}: an archive that nothing unpacks`];
}

type Unit = NonNullable<NonNullable<AnyIgnition['systemd']>['units']>[number];

function checkUnit({ name, enabled, mask, contents = '' }: Unit): string[] {
  const findings: string[] = [];
  const lines = contents.split(/\r?\n/);
  if (!/\.(service|target|path|timer|socket|mount|slice)$/.test(name)) findings.push('no unit by its name');
  if (lines.some((line) => new TextEncoder().encode(line).length > unitLineLimit.bytes)) findings.push('line too long');
  const goesOn = (index: number) => /\\$/.test(lines[index - 1] ?? '');
  if (lines.some((line, index) => goesOn(index) && /^\s*[#;]/.test(line))) {
    findings.push('comment inside a continued line');
  } else if (lines.some((line, index) => !/^\s*([#;[].*)?$|=/.test(line) && !goesOn(index))) {
    findings.push('line without =');
  }
  if (contents.includes('\r')) findings.push('carriage return');
  if (/systemctl (?!.*--no-block).*\b(re)?start\b/.test(contents)) findings.push('waits for a unit');
  if (enabled === true && !contents.includes('\n[Install]\n')) findings.push('enabled without [Install]');
  if (enabled === true && name.includes('@')) findings.push('enabled template');
  if (enabled === false) findings.push('enabled: false does nothing: mask');
  if (mask === true && contents !== '') findings.push('mask loses the contents');
  if (restartsOneshot(contents)) findings.push('oneshot with Restart=');
  return findings.map((finding) => `${name}: ${finding}`);
}

const KEYS: Record<string, readonly string[]> = {
  config: ['ignition', 'passwd', 'storage', 'systemd'],
  ignition: ['version', 'config', 'timeouts'],
  references: ['replace', 'append'],
  timeouts: ['httpResponseHeaders', 'httpTotal'],
  storage: ['directories', 'files'],
  node: ['filesystem', 'path', 'mode', 'overwrite', 'append', 'user', 'group', 'contents'],
  contents: ['source', 'compression', 'verification'],
  unit: ['name', 'enabled', 'mask', 'contents'],
  passwd: ['users', 'groups'],
  user: ['name', 'uid', 'groups', 'shell', 'sshAuthorizedKeys'],
};

/** Validators warn of them at most: `enable` is one letter short. */
function unknownKeys(config: AnyIgnition): string[] {
  const check = (kind: string, value: object) =>
    Object.keys(value)
      .filter((key) => !KEYS[kind]?.includes(key))
      .map((key) => `${kind}: unknown key ${key}`);
  const files = config.storage?.files ?? [];
  return [
    ...check('config', config),
    ...check('ignition', config.ignition),
    ...check('references', config.ignition.config ?? {}),
    ...check('timeouts', config.ignition.timeouts ?? {}),
    ...check('storage', config.storage ?? {}),
    ...check('passwd', config.passwd ?? {}),
    ...(config.passwd?.users ?? []).flatMap((user) => check('user', user)),
    ...[...files, ...(config.storage?.directories ?? [])].flatMap((node) => check('node', node)),
    ...files.flatMap(({ contents = {} }) => check('contents', contents)),
    ...(config.systemd?.units ?? []).flatMap((unit) => check('unit', unit)),
  ];
}
