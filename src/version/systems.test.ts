import { readdirSync, readFileSync } from 'node:fs';
import test from 'ava';
import { parseUnitFile } from '../format/unit-file.ts';
import { DIRECTIVES, VALUES } from './directives.ts';
import { VERSIONS } from './facts.ts';
import { isIn } from './range.ts';
import { systems } from './systems.ts';

const root = new URL('../../', import.meta.url);
const oldest = Math.min(...systems.map(({ systemd }) => systemd));

test("the table in aws's README is that of the facts", (t) => {
  const rows = systems.map(({ name, systemd, cloudInit, packages: { socat, node, etcd = '-' }, resolver, tried }) => {
    const usable = isIn(node, VERSIONS.nodeTooOld) ? `${node}: too old` : node;
    return `| ${name} | ${systemd} | ${cloudInit} | ${socat} | ${usable} | ${etcd} | ${resolver} | ${tried} |\n`;
  });
  const readme = readFileSync(new URL('src/target/aws/README.md', root), 'utf8');
  const table = /\| system \| systemd \|.*\n\|[-|]+\|\n((?:\|.*\n)+)/.exec(readme)?.[1];
  t.is(table, rows.join(''));
});

function entriesOf(text: string): string[] {
  return parseUnitFile(text).flatMap(({ entries }) => entries.map(({ key, value }) => `${key}=${value}`));
}

/** Directives that systemd of this version would not know. */
function unknownTo(version: number, entries: readonly string[]): string[] {
  return entries.filter((entry) => {
    const key = entry.replace(/=.*/s, '');
    const since = DIRECTIVES.always.has(key) ? 0 : (DIRECTIVES.since[key] ?? Number.POSITIVE_INFINITY);
    const values = VALUES.since.filter((value) => value.entry.test(entry)).map((value) => value.since);
    return Math.max(since, ...values) > version;
  });
}

const unitFiles = [
  ...readdirSync(new URL('units/', root), { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.(service|target|path|timer)$/.test(name))
    .map((name) => `units/${name}`),
  'templates/data-directory.conf',
];

test(`every directive of the units is known to systemd ${oldest}`, (t) => {
  for (const name of unitFiles) {
    const entries = entriesOf(readFileSync(new URL(name, root), 'utf8'));
    t.deepEqual(unknownTo(oldest, entries), [], name);
    if (entries.includes('Type=oneshot') && entries.some((entry) => /^Restart=/.test(entry))) {
      t.false(isIn(String(oldest), VERSIONS.systemdRefusesRetries), name);
    }
  }
});

test('a directive that is younger is found, and so is one that is nowhere', (t) => {
  t.deepEqual(unknownTo(246, ['ProtectProc=invisible', 'User=etcd']), ['ProtectProc=invisible']);
  t.deepEqual(unknownTo(239, ['Type=exec', 'Type=notify']), ['Type=exec']);
  t.deepEqual(unknownTo(257, ['RestartStep=5']), ['RestartStep=5']);
});

test('no fact stands here for a directive that no unit has', (t) => {
  const used = new Set(
    unitFiles.flatMap((name) =>
      entriesOf(readFileSync(new URL(name, root), 'utf8')).map((entry) => entry.replace(/=.*/s, '')),
    ),
  );
  t.deepEqual(
    [...Object.keys(DIRECTIVES.since), ...DIRECTIVES.always].filter((key) => !used.has(key)),
    [],
  );
});
