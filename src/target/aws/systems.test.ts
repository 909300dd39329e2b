import { readdirSync, readFileSync } from 'node:fs';
import test from 'ava';
import { parseUnitFile } from '../../format/unit-file.ts';
import { OLDEST_NODE, systems } from './systems.ts';

const root = new URL('../../../', import.meta.url);
const oldest = Math.min(...systems.map(({ systemd }) => systemd));

test('every fact has its source and date', (t) => {
  for (const { name, source, date } of systems) {
    t.regex(date, /^20\d\d-\d\d-\d\d$/, name);
    t.true(source.length > 10, name);
  }
});

test("the README's table is that of the facts", (t) => {
  const rows = systems.map(({ name, systemd, cloudInit, packages: { socat, node, etcd = '-' }, resolver, tried }) => {
    const usable = Number.parseInt(node, 10) >= OLDEST_NODE ? node : `${node}: too old`;
    return `| ${name} | ${systemd} | ${cloudInit} | ${socat} | ${usable} | ${etcd} | ${resolver} | ${tried} |\n`;
  });
  const readme = readFileSync(new URL('README.md', import.meta.url), 'utf8');
  const table = /\| system \| systemd \|.*\n\|[-|]+\|\n((?:\|.*\n)+)/.exec(readme)?.[1];
  t.is(table, rows.join(''));
});

test('the oldest Node is the one that the host refuses less than', (t) => {
  const script = readFileSync(new URL('units/scripts/program.sh', root), 'utf8');
  t.regex(script, new RegExp(`parseInt\\(v\\.slice\\(1\\)\\)<${OLDEST_NODE}\\)`));
});

/**
 * systemd's version that a directive came with: "Added in version" of the manual pages of systemd 257 (systemd.unit,
 * .service, .exec, .resource-control, .path, .timer; Debian 257.13-1~deb13u1), read 2026-11-25. Those that the pages give no
 * version for, or 201 (when they began to), are in `always`.
 */
const SINCE: Record<string, number> = {
  AccuracySec: 209,
  AmbientCapabilities: 229,
  Delegate: 218,
  DynamicUser: 232,
  IPAddressAllow: 235,
  IPAddressDeny: 235,
  LockPersonality: 235,
  MemoryDenyWriteExecute: 231,
  MemoryMax: 231,
  NoNewPrivileges: 187,
  PrivateDevices: 209,
  ProtectClock: 245,
  ProtectControlGroups: 232,
  ProtectHome: 214,
  ProtectHostname: 242,
  ProtectKernelLogs: 244,
  ProtectKernelModules: 232,
  ProtectKernelTunables: 232,
  ProtectProc: 247,
  ProtectSystem: 214,
  ReadWritePaths: 231,
  RemoveIPC: 232,
  RestrictAddressFamilies: 211,
  RestrictNamespaces: 233,
  RestrictRealtime: 231,
  RestrictSUIDSGID: 242,
  RuntimeDirectory: 211,
  RuntimeDirectoryMode: 211,
  RuntimeDirectoryPreserve: 235,
  StartLimitIntervalSec: 229,
  StateDirectory: 235,
  StateDirectoryMode: 235,
  SystemCallArchitectures: 209,
  SystemCallErrorNumber: 209,
  SystemCallFilter: 187,
  TasksMax: 227,
  TimeoutStartSec: 188,
  UnsetEnvironment: 235,
};
const ALWAYS = new Set(
  `After Before BindsTo CapabilityBoundingSet Conflicts DefaultDependencies Description Documentation Environment
  EnvironmentFile ExecReload ExecStart ExecStartPre ExecStopPost Group KillMode LimitCORE LimitFSIZE LimitNOFILE LimitNPROC NotifyAccess OOMScoreAdjust OnActiveSec
  OnUnitInactiveSec PartOf PathChanged PrivateNetwork PrivateTmp RemainAfterExit RequiresMountsFor Restart RestartSec Type
  UMask User WantedBy Wants WorkingDirectory`.split(/\s+/),
);

/** Values that are younger than their directives (NEWS of systemd, 2026-11-25). */
const VALUES: readonly { entry: RegExp; since: number }[] = [
  { entry: /^Type=exec$/, since: 240 },
  { entry: /^ProtectSystem=strict$/, since: 232 },
  { entry: /^SystemCallFilter=@system-service$/, since: 239 },
  { entry: /^TimeoutStartSec=infinity$/, since: 229 },
  { entry: /^ProtectProc=invisible$/, since: 247 },
  { entry: /^Exec\w+=!/, since: 235 },
];

function entriesOf(text: string): string[] {
  return parseUnitFile(text).flatMap(({ entries }) => entries.map(({ key, value }) => `${key}=${value}`));
}

/** What systemd of this version would not know. */
function unknownTo(version: number, entries: readonly string[]): string[] {
  return entries.filter((entry) => {
    const key = entry.replace(/=.*/s, '');
    const since = ALWAYS.has(key) ? 0 : (SINCE[key] ?? Number.POSITIVE_INFINITY);
    const values = VALUES.filter((value) => value.entry.test(entry)).map((value) => value.since);
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
    // systemd.service(5): a oneshot may be started again from 244 on.
    if (entries.includes('Type=oneshot') && entries.some((entry) => /^Restart=/.test(entry))) t.true(oldest >= 244);
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
    [...Object.keys(SINCE), ...ALWAYS].filter((key) => !used.has(key)),
    [],
  );
});
